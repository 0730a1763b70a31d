"""The simulated network as an httpx transport, for programs that are handed their client.

Timeouts pass in virtual time, and the exceptions are those of a real client of HTTP/1.1 over TCP: `ConnectError` where
nobody listens, `ConnectTimeout` where nobody reacts, `ReadError` for a connection that was reset, `RemoteProtocolError`
for one that was closed before the answer or within its body, `ReadTimeout` for silence.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import httpx

from scenarios.virtual.asgi import Answer, Request
from scenarios.virtual.errors import (
    AnswerTruncated,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    ConnectionReset,
    Unreachable,
)
from scenarios.virtual.exchange import Exchange
from scenarios.virtual.network import Network

_ERRORS: Mapping[type[ConnectionFailed], type[httpx.TransportError]] = MappingProxyType(
    {
        ConnectionRefused: httpx.ConnectError,
        Unreachable: httpx.ConnectTimeout,
        ConnectionLost: httpx.RemoteProtocolError,
        ConnectionReset: httpx.ReadError,
        AnswerTruncated: httpx.RemoteProtocolError,
    }
)


class NetworkTransport(httpx.AsyncBaseTransport):
    """Carries one party's requests; the host of a URL is the host's name in the network."""

    def __init__(self, *, network: Network, source: str) -> None:
        self._network = network
        self._source = source

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for its answer."""
        message = Request(
            method=request.method,
            path=request.url.raw_path.decode("ascii"),
            headers=[(name.lower(), value) for name, value in request.headers.raw],
            body=await request.aread(),
        )
        exchange = self._network.dispatch(source=self._source, target=request.url.host, request=message)
        try:
            answer = await _answer(exchange, request.extensions.get("timeout", {}))
        except ConnectionFailed as error:
            raise _ERRORS[type(error)](str(error)) from error
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


async def _answer(exchange: Exchange, timeouts_s: Mapping[str, float | None]) -> Answer:
    if exchange.opening is not None:
        connect_s = timeouts_s.get("connect")
        try:
            async with asyncio.timeout(connect_s):
                await exchange.opened()
        except TimeoutError:
            raise httpx.ConnectTimeout(f"no connection within {connect_s} s") from None
    read_s = timeouts_s.get("read")
    try:
        async with asyncio.timeout(read_s):
            return await exchange.answer()
    except TimeoutError:
        raise httpx.ReadTimeout(f"no answer within {read_s} s") from None
