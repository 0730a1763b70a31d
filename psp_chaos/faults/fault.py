"""What a fault is, and the eight moments at which one may be asked.

A fault's fields are its parameters. Asked on an occasion that concerns it, it gives a verdict, or None to let things
be. It knows no other fault and draws only from the stream it is handed. In the order in which a request meets them:

- `ArrivalFault`: the request was understood; nothing has happened.
- `RecallFault`: its idempotency key is about to be looked up.
- `ProcessingFault`: the request is being worked on, its idempotency key is in use.
- `ExecutionFault`: the effect is about to happen, and its answer to be remembered.
- `ReadingFault`: the books are about to be shown.
- `DepartureFault`: the answer, new or replayed, is about to leave.
- `DeliveryFault`: an event is about to be sent to an endpoint.
- `SettlementFault`: a movement of money is about to be reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from psp_chaos.faults.verdicts import (
    ArrivalVerdict,
    DeliveryVerdict,
    DepartureVerdict,
    ExecutionVerdict,
    ReadingVerdict,
    RecallVerdict,
    SettlementVerdict,
    Stretch,
)

type Where = Literal["reply", "webhook", "books"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """A moment at which something may go wrong."""

    where: Where
    target: str  # an operation, an event's type, or a movement's kind
    metadata: Mapping[str, str]  # the merchant's, of the objects involved
    account: str | None = None
    payment_id: str | None = None  # the payment that all of this belongs to, if there is one already
    request_id: str | None = None  # of the request, or of the one that caused the event
    moves_money: bool = False  # the request charges or refunds
    before_answer: bool = False  # the event comes from a request that has not been answered yet


class Fault[V](BaseModel):
    """A fault that does nothing; every kind overrides `verdict`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    where: ClassVar[Where]
    entitlement: ClassVar[str]  # what a sound service may rely on while this happens to it

    def concerns(self, _occasion: Occasion, /) -> bool:
        """Tell whether this kind can bite here at all."""
        return True

    def verdict(self, _random: Random, /) -> V | None:
        """Answer what shall happen, or None to let things be."""
        return None


class ArrivalFault(Fault[ArrivalVerdict]):
    """A fault before anything has happened."""

    where: ClassVar[Where] = "reply"


class RecallFault(Fault[RecallVerdict]):
    """A fault in the memory of idempotency keys."""

    where: ClassVar[Where] = "reply"


class ProcessingFault(Fault[Stretch]):
    """A fault while the request is being worked on."""

    where: ClassVar[Where] = "reply"


class ExecutionFault(Fault[ExecutionVerdict]):
    """A fault in the effect itself."""

    where: ClassVar[Where] = "reply"


class ReadingFault(Fault[ReadingVerdict]):
    """A fault in how the books are shown."""

    where: ClassVar[Where] = "books"


class DepartureFault(Fault[DepartureVerdict]):
    """A fault that spoils an answer on its way out."""

    where: ClassVar[Where] = "reply"


class DeliveryFault(Fault[DeliveryVerdict]):
    """A fault in the delivery of an event."""

    where: ClassVar[Where] = "webhook"


class SettlementFault(Fault[SettlementVerdict]):
    """A fault in what is reported of a movement of money."""

    where: ClassVar[Where] = "books"
