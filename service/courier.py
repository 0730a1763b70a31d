"""The engine's `Courier`: events over HTTP to endpoints that strangers have chosen.

Each try has a connection of its own, to an address that has just been checked; no redirect is followed, and of the
answer nothing is read but its status. Whatever a merchant or the network does becomes an `Echo`.
"""

import asyncio
from http import HTTPStatus

import httpx

from engine.errors import TargetRefused
from engine.outgoing import Delivery, Echo, EchoKind
from engine.ports import Clock
from service.outgoing_schemas import EventBody
from service.seal import seal
from service.targets import Destination, PublicTargets

_ADDRESSES_MAX = 3  # of one name, tried one after the other while they cannot be reached


class HttpCourier:
    """Sends events."""

    def __init__(self, http: httpx.AsyncClient, *, targets: PublicTargets, clock: Clock, timeout_s: float) -> None:
        """Take the client, which is opened and closed elsewhere and must keep no connections; see `merchant_http`."""
        self._http = http
        self._targets = targets
        self._clock = clock
        self._timeout_s = timeout_s

    async def deliver(self, delivery: Delivery) -> Echo:
        """Send an event to an endpoint once, and return what came back within `timeout_s`."""
        assert delivery.endpoint.url is not None, "nothing is sent to what is deleted"
        body = EventBody.of(delivery.event).model_dump_json().encode()
        try:
            async with asyncio.timeout(self._timeout_s):
                destination = await self._targets.destination(delivery.endpoint.url)
                return _echo(await self._status(destination, self._headers(delivery, body), body))
        except TargetRefused as error:
            return Echo(kind=EchoKind.BARRED, note=f"not sent: {error}")
        except TimeoutError:
            return Echo(kind=EchoKind.UNANSWERED, note=f"no answer within {self._timeout_s:g} s")
        except httpx.HTTPError as error:
            # Its own words may have addresses in them that are none of the merchant's business.
            return Echo(kind=EchoKind.UNANSWERED, note=type(error).__name__)

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        now_us = self._clock.now_us()
        secrets = delivery.endpoint.secrets(now_us=now_us)
        return {
            "Content-Type": "application/json",
            "User-Agent": "paystorm-events/1",
            **seal(body, event_id=delivery.event.id, secrets=secrets, at_us=now_us),
        }

    async def _status(self, destination: Destination, headers: dict[str, str], body: bytes) -> int:
        *others, last = destination.addresses[:_ADDRESSES_MAX]
        for address in others:
            try:
                return await self._answered(destination, address, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._answered(destination, last, headers, body)

    async def _answered(self, destination: Destination, address: str, headers: dict[str, str], body: bytes) -> int:
        """Send it to this address, in the name of the host."""
        extensions = {"sni_hostname": destination.url.host} if destination.is_named else {}
        async with self._http.stream(
            "POST",
            destination.url.copy_with(host=address),
            content=body,
            headers=headers | {"Host": destination.url.netloc.decode("ascii")},
            extensions=extensions,
            follow_redirects=False,
            timeout=self._timeout_s,
        ) as answer:
            return answer.status_code


def merchant_http(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return a client for merchants.

    It keeps no connection: one that was opened for a name would serve any other name at the same address. It goes
    nowhere through a proxy that the environment happens to name, since that would look names up once more.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(transport=transport, trust_env=False, limits=limits)


def _echo(status: int) -> Echo:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Echo(kind=EchoKind.ACCEPTED, status=status)
    return Echo(kind=EchoKind.GONE if status == HTTPStatus.GONE else EchoKind.REFUSED, status=status)
