"""The PSP as one ASGI application with its books and its faults; `control` adds the way in for an operator."""

import asyncio

import httpx
from starlette.types import Receive, Scope, Send

from psp_chaos.agenda import Sleep
from psp_chaos.delivery.targets import AnyTarget, Targets
from psp_chaos.faults.installed import Faults
from psp_chaos.journal import Journal
from psp_chaos.keeping.archive import Archive, MemoryArchive
from psp_chaos.money.books import Books
from psp_chaos.money.ledger import Ledger
from psp_chaos.parts import World, compose, resume
from psp_chaos.ports import Clock, Ids, Randomness
from psp_chaos.settings import PspSettings
from psp_chaos.wire.realms import Realms
from psp_chaos.wire.routes import wire_framework


class Psp:
    """A payment provider.

    Given equal settings, clock, identifiers, random streams and order of requests, it behaves equally. The server that
    runs it must offer the ASGI extension `paystorm.abort`, a callable that cuts the connection of the request.
    """

    def __init__(self, settings: PspSettings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._parts = compose(settings, world)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; this is the ASGI application, and it survives a reset."""
        state = {**scope.get("state", {}), "desk": self._parts.desk}
        await wire_framework()({**scope, "state": state}, receive, send)

    @property
    def realms(self) -> Realms:
        """Every account in each mode."""
        return self._parts.realms

    @property
    def books(self) -> Books:
        """The payments of the first realm."""
        return self.realms.first.books

    @property
    def ledger(self) -> Ledger:
        """Where the money of the first realm is."""
        return self.realms.first.ledger

    @property
    def journal(self) -> Journal:
        """What was asked and told."""
        return self._parts.journal

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._parts.faults

    def idle(self) -> bool:
        """Tell whether no delivery and no late effect is pending."""
        return self._parts.tasks.idle() and not any(realm.queue.has_held for realm in self.realms.all)

    @property
    def pending(self) -> int:
        """How many deliveries and late effects are under way or waited for."""
        return len(self._parts.tasks)

    def resume(self) -> None:
        """Go on with what an earlier process left in the archive, and with what happens by itself."""
        resume(self._parts)

    async def reset(self) -> None:
        """Drop what is under way and start anew; requests that are being served end in the old books."""
        ended = self._parts
        self._world.archive.clear()
        self._parts = compose(self._settings, self._world)
        await ended.tasks.cancel()

    async def close(self) -> None:
        """Drop deliveries and late effects that are still pending."""
        await self._parts.tasks.cancel()


def create_psp(
    *,
    settings: PspSettings,
    clock: Clock,
    ids: Ids,
    random: Randomness,
    http: httpx.AsyncClient,
    sleep: Sleep = asyncio.sleep,
    archive: Archive | None = None,
    targets: Targets | None = None,
) -> Psp:
    """Create a PSP with what its archive holds; without one it forgets everything when it ends.

    `random` gives a stream by name; `sleep` waits so many seconds of the clock; `http` delivers the webhooks and is
    closed by whoever opened it. Without `targets` webhooks may go anywhere, which is for those who are alone with it.
    """
    world = World(
        clock=clock,
        sleep=sleep,
        ids=ids,
        random=random,
        http=http,
        archive=archive or MemoryArchive(),
        targets=targets or AnyTarget(),
    )
    return Psp(settings, world)
