"""What a customer can do, and what a customer can see.

A script is a generator: it yields an action and is sent back what the customer saw. It does not know whether time is
virtual or real, nor what protocol carries its wish, so the same script drives every tier and any service.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class Outcome(StrEnum):
    """What the customer knows about an action; a timeout is unknown, never failed."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Create:
    """Pay: one click on the button."""

    intent: str  # the purchase that the customer wants once, whatever was clicked
    key: str  # the idempotency key of this click
    amount_minor: int
    currency: str
    payment_method: str
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """Look how a payment is doing."""

    intent: str
    payment_id: str
    timeout_s: float = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Ask for money back."""

    intent: str  # the refund that the customer wants once
    key: str
    payment_id: str
    amount_minor: int | None  # None: all that is left
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """Ask for a payment to be given up, if its money was not taken yet."""

    intent: str  # the cancel that the customer wants once
    key: str
    payment_id: str
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Together:
    """Several requests that overlap: each starts after its own delay, whether or not the others were answered."""

    parts: tuple[tuple[float, "Request"], ...]  # (delay in seconds, request)


type Request = Create | Read | Refund | Cancel
type Action = Request | Wait | Together


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the customer saw of one request."""

    outcome: Outcome
    http_status: int | None = None  # None: no answer came
    replayed: bool = False
    retry_after_s: float | None = None
    payment_id: str | None = None  # the payment that the answer speaks of
    refund_id: str | None = None
    status: str | None = None  # the payment's status as shown
    captured_minor: int | None = None
    refunded_minor: int | None = None
    answer: Json = None
    error: str | None = None  # why no answer came


type Script = Generator[Action, Mapping[int, Seen], None]
"""Yields an action; receives what was seen by position: one for a request, one a part of Together, none for Wait."""
