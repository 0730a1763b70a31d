"""The simulated network as an httpx transport, for services that speak to their PSP through an injected client.

Timeouts pass in virtual time. A refused connection is `httpx.ConnectError`; one that breaks before the answer is the
`httpx.RemoteProtocolError` with which a real client meets a server that hangs up or dies.
"""

import asyncio

import httpx

from scenarios.virtual.asgi import Request
from scenarios.virtual.errors import ConnectionLost, ConnectionRefused
from scenarios.virtual.network import Network


class NetworkTransport(httpx.AsyncBaseTransport):
    """Carries one party's requests; the host of a URL is the host's name in the network."""

    def __init__(self, *, network: Network, source: str) -> None:
        self._network = network
        self._source = source

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for its answer."""
        timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
        message = Request(
            method=request.method,
            path=request.url.raw_path.decode("ascii"),
            headers=request.headers,
            body=await request.aread(),
        )
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._network.send(source=self._source, target=request.url.host, request=message)
        except TimeoutError:
            raise httpx.ReadTimeout(f"no answer within {timeout_s} s", request=request) from None
        except ConnectionRefused as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except ConnectionLost as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
