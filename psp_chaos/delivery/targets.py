"""Targets: where webhooks may go, so that nobody can send them into somebody else's network.

They may go to this machine, by a loopback address or as `localhost`, and to the hosts that the settings list. No other
name is even looked up. What a name leads to is checked again whenever something is sent there.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol, Self

import httpx

from psp_chaos.errors import TargetRefused
from psp_chaos.settings import PspSettings

type Address = IPv4Address | IPv6Address

PORT_MAX = 65_535
LOCALHOST = "localhost"

# Where clouds answer questions about a machine and its secrets, besides the link-local 169.254.169.254.
_METADATA_ADDRESSES = frozenset({ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})


class Targets(Protocol):
    """Says where webhooks may go."""

    def check(self, url: str) -> None:
        """Raise `TargetRefused` if nothing may be sent to this address."""
        ...


class AnyTarget:
    """Lets webhooks go anywhere: in a simulation there is nobody else's network."""

    def check(self, _url: str) -> None:
        """Allow it."""


class ListedTargets:
    """Lets webhooks go to this machine and to some hosts by name or address."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(_canonical(host) for host in hosts)

    @classmethod
    def of(cls, settings: PspSettings) -> Self:
        """Return what the settings allow; who opens an endpoint from the start has listed its host."""
        presets = (host_of(preset.url) for preset in settings.webhook_endpoints)
        return cls((*settings.webhook_hosts, *presets))

    def check(self, url: str) -> None:
        """Raise `TargetRefused` if nothing may be sent to this address; no name is looked up."""
        host = host_of(url)
        if host in self._hosts or is_localhost(host):
            return
        address = _address(host)
        if address is None or not address.is_loopback:
            raise TargetRefused(f"Webhooks may go to this machine or to hosts in `webhook_hosts`; '{host}' is neither.")

    def check_address(self, host: str, address: str) -> None:
        """Raise `TargetRefused` if this host must not lead to this address."""
        found = _address(address)
        if address in self._hosts or (found is not None and found.is_loopback):
            return
        if found is None or host not in self._hosts or not _may_be_listed_by_name(found):
            raise TargetRefused(f"'{host}' leads to {address}, where webhooks may not go.")


def host_of(url: str) -> str:
    """Return the host to which a request to this address would go, or raise `TargetRefused`."""
    try:
        parts = httpx.URL(url)  # read by whom it will be sent, for readers differ
    except httpx.InvalidURL:
        raise TargetRefused("This is not a web address.") from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise TargetRefused("This is not a web address.")
    if parts.port is not None and not 0 < parts.port <= PORT_MAX:
        raise TargetRefused(f"A web address has a port from 1 to {PORT_MAX}.")
    if parts.userinfo:
        raise TargetRefused("A web address with a name and a password in it is not taken.")
    return _canonical(parts.host)


def is_localhost(host: str) -> bool:
    """Tell whether a name means this machine and nothing else (RFC 6761, section 6.3)."""
    return host == LOCALHOST or host.endswith(f".{LOCALHOST}")


def _canonical(host: str) -> str:
    name = host.strip("[]").rstrip(".").lower()
    address = _address(name)
    return name if address is None else str(address)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _may_be_listed_by_name(address: Address) -> bool:
    """Tell whether a listed name may lead there; what is worse than a private network must be listed itself."""
    is_special = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return not is_special and address not in _METADATA_ADDRESSES
