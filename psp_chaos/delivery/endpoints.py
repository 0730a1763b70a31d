"""Webhook endpoints: where the merchant wants to be told, and about what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from psp_chaos.delivery.targets import Targets
from psp_chaos.errors import NoSuchEndpoint
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Names

EVERYTHING = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An address that events are delivered to."""

    id: str
    url: str
    secret: str  # signs every delivery
    enabled_events: tuple[str, ...]
    is_enabled: bool = True  # a disabled one is sent nothing
    api_version: str | None  # None: that of the account
    description: str | None
    metadata: Mapping[str, str]
    created_at_us: int
    failures: int = 0  # tries that failed since the last that did not
    failing_since_us: int | None = None  # when the first of them ended

    def wants(self, event_type: str) -> bool:
        """Tell whether events of this type are delivered here."""
        return self.is_enabled and (EVERYTHING in self.enabled_events or event_type in self.enabled_events)


class Endpoints:
    """The merchant's endpoints in order of creation."""

    def __init__(self, *, clock: Clock, names: Names, archive: Archive, targets: Targets) -> None:
        self._clock = clock
        self._names = names
        self._targets = targets
        self.endpoints = archive.shelf("endpoints", Endpoint)

    def create(
        self,
        *,
        url: str,
        enabled_events: tuple[str, ...],
        secret: str | None = None,
        api_version: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """Open an endpoint, with a new secret unless one is given, or raise `TargetRefused`."""
        self._targets.check(url)
        endpoint = Endpoint(
            id=self._names.endpoint(),
            url=url,
            secret=secret or self._names.endpoint_secret(),
            enabled_events=enabled_events,
            api_version=api_version,
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

    def update(self, endpoint: Endpoint) -> Endpoint:
        """Write down what has changed of an endpoint, or raise `TargetRefused`."""
        before = self.endpoint(endpoint.id)
        if endpoint.url != before.url:
            self._targets.check(endpoint.url)
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    def enable(self, endpoint: Endpoint) -> Endpoint:
        """Have events delivered there again; whatever failed before is forgiven."""
        return self.update(replace(endpoint, is_enabled=True, failures=0, failing_since_us=None))

    def disable(self, endpoint: Endpoint) -> Endpoint:
        """Have nothing delivered there."""
        return self.update(replace(endpoint, is_enabled=False))

    def delete(self, endpoint_id: str) -> None:
        """Close an endpoint."""
        self.endpoint(endpoint_id)
        del self.endpoints[endpoint_id]
