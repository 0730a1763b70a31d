"""Webhook endpoints: where the merchant wants to be told, and about what."""

from collections.abc import Mapping
from dataclasses import dataclass

from psp_chaos.archive import Archive
from psp_chaos.errors import NoSuchEndpoint
from psp_chaos.ports import Clock, Names

EVERYTHING = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An address that events are delivered to."""

    id: str
    url: str
    secret: str  # signs every delivery
    enabled_events: tuple[str, ...]
    description: str | None
    metadata: Mapping[str, str]
    created_at_us: int

    def wants(self, event_type: str) -> bool:
        """Tell whether events of this type are delivered here."""
        return EVERYTHING in self.enabled_events or event_type in self.enabled_events


class Endpoints:
    """The merchant's endpoints in order of creation."""

    def __init__(self, *, clock: Clock, names: Names, archive: Archive) -> None:
        self._clock = clock
        self._names = names
        self.endpoints = archive.shelf("endpoints", Endpoint)

    def create(
        self,
        *,
        url: str,
        enabled_events: tuple[str, ...],
        secret: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """Open an endpoint, with a new secret unless one is given."""
        endpoint = Endpoint(
            id=self._names.endpoint(),
            url=url,
            secret=secret or self._names.endpoint_secret(),
            enabled_events=enabled_events,
            description=description,
            metadata=dict(metadata or {}),
            created_at_us=self._clock.now_us(),
        )
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Return the endpoint of this identifier, or raise `NoSuchEndpoint`."""
        if endpoint_id not in self.endpoints:
            raise NoSuchEndpoint(f"No such webhook endpoint: '{endpoint_id}'")
        return self.endpoints[endpoint_id]

    def delete(self, endpoint_id: str) -> None:
        """Close an endpoint; deliveries that are still being retried stop."""
        self.endpoint(endpoint_id)
        del self.endpoints[endpoint_id]
