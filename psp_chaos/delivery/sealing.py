"""Sealing: how an event becomes bytes with a signature is the wire's business; this is what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from psp_chaos.delivery.deliveries import Alias
from psp_chaos.delivery.endpoints import Endpoint
from psp_chaos.delivery.events import Event
from psp_chaos.faults.verdicts import Distortion


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedEvent:
    """An event as it goes over the wire, signed for one endpoint at one time."""

    body: bytes
    headers: Mapping[str, str]
    event_id: str  # as it says
    event_type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """An event for an endpoint, with all that is wrong about it."""

    event: Event
    endpoint: Endpoint
    pending: int  # how many endpoints have yet to get it
    distortion: Distortion | None
    alias: Alias | None


class Seal(Protocol):
    """How the wire writes and signs an event."""

    def __call__(self, letter: Letter, *, at_us: int) -> SealedEvent:
        """Write the event for its endpoint and sign it at this time."""
        ...
