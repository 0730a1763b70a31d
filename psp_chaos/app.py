"""The PSP as one ASGI application with its books, its faults and its control plane."""

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from psp_chaos.books import Books
from psp_chaos.control import Control
from psp_chaos.faults.installed import Faults
from psp_chaos.journal import Journal
from psp_chaos.parts import Parts, compose
from psp_chaos.ports import Clock, Ids, Randomness
from psp_chaos.settings import PspSettings
from psp_chaos.webhooks import Webhooks
from psp_chaos.wire.routes import UNKNOWN_URL_STATUSES, unknown_url, wire_routes


class Psp:
    """A payment provider.

    Given equal settings, clock, identifiers, random streams and order of requests, it behaves equally. The server that
    runs it must offer the ASGI extension `paystorm.abort`, a callable that cuts the connection of the request.
    """

    def __init__(
        self, *, settings: PspSettings, clock: Clock, ids: Ids, random: Randomness, http: httpx.AsyncClient
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._random = random
        self._http = http
        self._begin()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; this is the ASGI application, and it survives a reset."""
        await self._asgi(scope, receive, send)

    @property
    def books(self) -> Books:
        """Where the money is."""
        return self._parts.books

    @property
    def journal(self) -> Journal:
        """What was asked and told."""
        return self._parts.journal

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._parts.faults

    @property
    def webhooks(self) -> Webhooks:
        """What is on its way to the merchant."""
        return self._parts.webhooks

    def idle(self) -> bool:
        """Tell whether no delivery and no late effect is pending."""
        return self._parts.tasks.idle()

    async def reset(self) -> None:
        """Drop what is under way and start anew; requests that are being served end in the old books."""
        ended = self._parts
        self._begin()
        await ended.tasks.cancel()

    async def close(self) -> None:
        """Drop deliveries and late effects that are still pending."""
        await self._parts.tasks.cancel()

    def _begin(self) -> None:
        self._parts = compose(
            settings=self._settings, clock=self._clock, ids=self._ids, random=self._random, http=self._http
        )
        self._asgi = _asgi(
            self._parts,
            control=Control(diary=self, token=self._settings.control_token, idle=self.idle, reset=self.reset),
        )


def create_psp(*, settings: PspSettings, clock: Clock, ids: Ids, random: Randomness, http: httpx.AsyncClient) -> Psp:
    """Create a PSP with empty books.

    `random` gives a stream by name; `http` delivers the webhooks and is closed by whoever opened it.
    """
    return Psp(settings=settings, clock=clock, ids=ids, random=random, http=http)


def _asgi(parts: Parts, *, control: Control) -> Starlette:
    return Starlette(
        routes=[*wire_routes(parts.offers, parts.desk), *control.routes()],
        exception_handlers=dict.fromkeys(UNKNOWN_URL_STATUSES, unknown_url),
    )
