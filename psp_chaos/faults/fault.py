"""What a fault is, and the nine moments at which one may be asked.

A fault's fields are its parameters. Asked on an occasion that concerns it, it gives a verdict, or None to let things
be. It knows no other fault and draws only from the stream it is handed. In the order in which a request meets them:

- `ContactFault`: a request has arrived, of which nothing is known but where it goes.
- `ArrivalFault`: the request was understood; nothing has happened.
- `RecallFault`: its idempotency key, which was used before, is about to be looked up.
- `ProcessingFault`: the request is being worked on, its idempotency key is in use.
- `ExecutionFault`: the effect is about to happen, and its answer to be remembered.
- `ReadingFault`: the books are about to be shown.
- `DepartureFault`: the answer, new or replayed, is about to leave.
- `DeliveryFault`: an event is about to be sent to an endpoint.
- `SettlementFault`: a movement of money is about to be reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from psp_chaos.faults.verdicts import (
    ArrivalVerdict,
    ContactVerdict,
    DeliveryVerdict,
    DepartureVerdict,
    ExecutionVerdict,
    ReadingVerdict,
    RecallVerdict,
    SettlementVerdict,
    Stretch,
)
from psp_chaos.operations import Operation

type Where = Literal["reply", "webhook", "books"]
type Trait = Literal["operation", "event_type", "movement", "payment", "account", "metadata"]

_OF_A_REQUEST: tuple[Trait, ...] = ("operation", "payment", "account", "metadata")


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

    @property
    def is_charge(self) -> bool:
        """Tell whether a customer is to pay; a capture only takes what was set aside before."""
        return self.moves_money and self.target in (Operation.CREATE_PAYMENT, Operation.CONFIRM_PAYMENT)

    @property
    def is_refund(self) -> bool:
        """Tell whether money is asked back."""
        return self.target == Operation.CREATE_REFUND

    @property
    def is_list(self) -> bool:
        """Tell whether rows are asked for, and not one of them."""
        return self.target.startswith("list_")

    @property
    def is_search(self) -> bool:
        """Tell whether the index is asked."""
        return self.target.startswith("search_")

    @property
    def is_retrieval(self) -> bool:
        """Tell whether one object is asked for by its identifier."""
        return self.target.startswith("retrieve_")

    @property
    def tells_of_payment(self) -> bool:
        """Tell whether this is an event about a payment itself."""
        return self.target.startswith("payment_intent.")

    @property
    def tells_of_money(self) -> bool:
        """Tell whether this is an event about something that has an amount."""
        return self.target.partition(".")[0] in ("payment_intent", "charge", "refund", "payout")

    @property
    def tells_of_success(self) -> bool:
        """Tell whether this is the event of money that has moved."""
        return self.target == "payment_intent.succeeded"


class Unsurvivable(StrEnum):
    """What a fault may do that no sound service can prevent; every bite says so, and a judge excuses just that."""

    REPEATED_EFFECT = "repeated-effect"  # a request that is repeated under its key moves money again
    UNEXPLAINED_EVENT = "unexplained-event"  # an authentic event is about something that nobody will ever explain


class Fault[V](BaseModel):
    """A fault that does nothing; every kind overrides `verdict`.

    The string below a parameter says what it means, to whoever reads the code and to whoever reads the guide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: ClassVar[str]
    where: ClassVar[Where]
    moment: ClassVar[str]  # when it is asked, as a clause
    selectors: ClassVar[tuple[Trait, ...]]  # by what it can be told whom to hit
    entitlement: ClassVar[str]  # what a sound service may rely on while this happens to it
    unsurvivable: ClassVar[Unsurvivable | None] = None  # what of it is nobody's fault

    def concerns(self, _occasion: Occasion, /) -> bool:
        """Tell whether this kind can bite here at all."""
        return True

    def verdict(self, _random: Random, /) -> V | None:
        """Answer what shall happen, or None to let things be."""
        return None


class ContactFault(Fault[ContactVerdict]):
    """A fault before anything was read."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "before the request is read"
    selectors: ClassVar[tuple[Trait, ...]] = ("operation",)


class ArrivalFault(Fault[ArrivalVerdict]):
    """A fault before anything has happened."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "when the request was understood, before anything happens"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class RecallFault(Fault[RecallVerdict]):
    """A fault in the memory of idempotency keys."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "when an idempotency key comes that was used before"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class ProcessingFault(Fault[Stretch]):
    """A fault while the request is being worked on."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "while the request is worked on, before its effect"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class ExecutionFault(Fault[ExecutionVerdict]):
    """A fault in the effect itself."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "in the effect itself, and in the answer that is remembered"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class ReadingFault(Fault[ReadingVerdict]):
    """A fault in how the books are shown."""

    where: ClassVar[Where] = "books"
    moment: ClassVar[str] = "when the books are shown"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class DepartureFault(Fault[DepartureVerdict]):
    """A fault that spoils an answer on its way out."""

    where: ClassVar[Where] = "reply"
    moment: ClassVar[str] = "when the answer leaves, new or replayed"
    selectors: ClassVar[tuple[Trait, ...]] = _OF_A_REQUEST


class DeliveryFault(Fault[DeliveryVerdict]):
    """A fault in the delivery of an event."""

    where: ClassVar[Where] = "webhook"
    moment: ClassVar[str] = "when an event is about to be sent to an endpoint"
    selectors: ClassVar[tuple[Trait, ...]] = ("event_type", "payment", "account", "metadata")


class SettlementFault(Fault[SettlementVerdict]):
    """A fault in what is reported of a movement of money."""

    where: ClassVar[Where] = "books"
    moment: ClassVar[str] = "when a movement of money is reported"
    selectors: ClassVar[tuple[Trait, ...]] = ("movement", "payment", "account")
