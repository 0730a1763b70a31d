"""The client that sends webhooks over real sockets, and only where they may go.

A name is looked up for every try, every address is checked, and the connection goes to the very address that was
checked: a name that leads elsewhere a moment later leads nowhere.
"""

import asyncio
import socket
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from psp_chaos.delivery.targets import LOCALHOST, ListedTargets, host_of, is_localhost
from psp_chaos.errors import TargetRefused

CONNECTIONS_MAX = 200
ADDRESSES_MAX = 8  # of one name that are tried


def webhook_client(targets: ListedTargets) -> httpx.AsyncClient:
    """Return a client that asks no proxy, follows no redirect, keeps no cookie and reuses no connection."""
    return httpx.AsyncClient(
        transport=CheckedTransport(targets),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


class CheckedTransport(httpx.AsyncBaseTransport):
    """Connects to addresses that were checked, under the name that was asked for."""

    def __init__(self, targets: ListedTargets) -> None:
        self._targets = targets
        # A connection that is kept was made for one name and could be taken for another's at the same address.
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=0)
        self._sockets = httpx.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first of its host's addresses that takes it."""
        try:
            addresses = await self._addresses(request.url)
        except TargetRefused as refusal:
            raise httpx.ConnectError(str(refusal), request=request) from refusal
        failure = httpx.ConnectError("The name leads nowhere.", request=request)
        for address in addresses:
            try:
                return await self._sockets.handle_async_request(_to_address(request, address))
            except httpx.ConnectError as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close what is open."""
        await self._sockets.aclose()

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """Return where a request goes; if one address of its host is not allowed, none is."""
        self._targets.check(str(url))
        host = host_of(str(url))
        name = LOCALHOST if is_localhost(host) else host  # not every system knows the names below it
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))[:ADDRESSES_MAX]
        for address in addresses:
            self._targets.check_address(host, address)
        return addresses


def _to_address(request: httpx.Request, address: str) -> httpx.Request:
    """Return the same request for an address; its Host header and the name its certificate must have stay."""
    return httpx.Request(
        method=request.method,
        url=request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
