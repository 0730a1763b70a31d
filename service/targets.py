"""Where events may go: to the public internet, and to whatever the settings allow besides.

Merchants choose the addresses, so without this they could have us call our own machines. A name is looked up when an
endpoint is opened and again for every delivery; all that it leads to must be allowed, and the connection goes to what
was checked, not to what the name leads to a moment later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from engine.errors import TargetRefused

type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks up a name for a port and returns addresses, the preferred one first; raises OSError if there are none."""

URL_LENGTH_MAX = 2048
_PORT_MAX = 65_535
_LOOKUP_S = 5  # for a name; a request that opens an endpoint waits for it
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_PUBLIC = "its host leads to an address that is not public"

# By name and number, since what a library calls public differs between its versions.
# https://www.iana.org/assignments/iana-ipv4-special-registry, 168.63.129.16 is Azure's own to its machines.
_SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry: public is what has been handed out of 2000::/3. IPv4 in
# disguise (mapped, NAT64, 6to4, Teredo) is either outside of it or left out of it.
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where a request really goes."""

    url: httpx.URL
    addresses: Sequence[str]  # all of them allowed, the preferred one first

    @property
    def is_named(self) -> bool:
        """Tell whether a certificate must have a name in it, and not an address."""
        return _address(self.url.host) is None


class PublicTargets:
    """Lets events go to public addresses, and to listed names, addresses and networks."""

    def __init__(self, resolve: Resolve, *, allowed: Iterable[str] = ()) -> None:
        """Take how names are looked up, and what is allowed although it is not public."""
        listed = [one.strip().lower() for one in allowed]
        self._resolve = resolve
        self._networks = [network for one in listed if (network := _network(one)) is not None]
        self._names = frozenset(one.rstrip(".") for one in listed if _network(one) is None)

    async def refusal(self, url: str) -> str | None:
        """Return why nothing may be sent to this address, or None."""
        try:
            await self.destination(url)
        except TargetRefused as error:
            return str(error)
        return None

    async def destination(self, url: str) -> Destination:
        """Return where a request to this address goes.

        Raises:
            TargetRefused: it may not be sent; the message says why, and not where the name leads.
        """
        parts = _parts(url)
        literal = _address(parts.host)
        if literal is not None:
            self._check(literal)
            return Destination(url=parts, addresses=(str(literal),))
        addresses = await self._looked_up(parts)
        if parts.host.rstrip(".") not in self._names:
            for address in addresses:
                self._check(address)
        return Destination(url=parts, addresses=[str(address) for address in addresses])

    async def _looked_up(self, parts: httpx.URL) -> list[IPv4Address | IPv6Address]:
        try:
            async with asyncio.timeout(_LOOKUP_S):
                found = await self._resolve(parts.host, parts.port or _DEFAULT_PORTS[parts.scheme])
        except (OSError, UnicodeError):
            found = ()
        addresses = [address for one in found if (address := _address(one)) is not None]
        if not addresses or len(addresses) < len(found):
            raise TargetRefused("its host cannot be found")
        return addresses

    def _check(self, address: IPv4Address | IPv6Address) -> None:
        is_listed = any(address.version == network.version and address in network for network in self._networks)
        if not is_listed and not _is_public(address):
            raise TargetRefused(_NOT_PUBLIC)


def _parts(url: str) -> httpx.URL:
    """Return an address as the client reads it that will send there, for readers differ."""
    if len(url) > URL_LENGTH_MAX or not url.isascii() or not url.isprintable() or {" ", "\\"} & set(url):
        raise TargetRefused("it is not a web address")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise TargetRefused("it is not a web address") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.host:
        raise TargetRefused("it is not a web address")
    if parts.userinfo or parts.fragment:
        raise TargetRefused("it must have no user name, password or fragment")
    if parts.port is not None and not 0 < parts.port <= _PORT_MAX:
        raise TargetRefused("it has a port that does not exist")
    if _is_odd_number(parts.host):
        raise TargetRefused("its host is a number that is not written as an address is")
    return parts


def _is_odd_number(host: str) -> bool:
    """Tell whether a host is a number to some readers and a name to others, such as 0x7f.1 or 2130706433."""
    last = host.rstrip(".").rpartition(".")[2]
    is_number = last.isdigit() or last.startswith("0x")
    return "%" in host or (is_number and _address(host) is None)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    return address in _PUBLIC_IPV6 and not any(address in network for network in _SPECIAL_IPV6)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text spells; IPv4 mapped into IPv6 is IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None
