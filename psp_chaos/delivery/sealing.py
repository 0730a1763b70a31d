"""Sealing: how an event becomes bytes with a signature is the wire's business; this is what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from psp_chaos.delivery.deliveries import Alias
from psp_chaos.delivery.endpoints import Endpoint
from psp_chaos.delivery.events import Event
from psp_chaos.faults.verdicts import Distortion


class Lie(StrEnum):
    """What may be untrue about a webhook."""

    SECRET = "secret"  # noqa: S105 - signed by somebody who does not know the endpoint's secret
    STALE = "stale"  # signed long ago
    ACCOUNT = "account"  # of another account
    MODE = "mode"  # of the other mode
    AMOUNT = "amount"  # names an amount that is not the object's
    CLAIM = "claim"  # says that money has moved which has not
    INVENTED = "invented"  # is no event of the PSP's log


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedEvent:
    """An event as it goes over the wire, signed for one endpoint at one time."""

    body: bytes
    headers: Mapping[str, str]
    event_id: str  # as it says
    event_type: str
    lies: tuple[str, ...] = ()  # what is not true about it, of `Lie`
    signed_at_us: int | None = None  # as the signature says


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
