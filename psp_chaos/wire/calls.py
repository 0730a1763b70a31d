"""A call: one request understood, and what the wire offers to be called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psp_chaos.answers import Answer
from psp_chaos.faults.verdicts import ReadingVerdict
from psp_chaos.money.bank import UNDECIDED, Fate
from psp_chaos.operations import Operation
from psp_chaos.records import Cause
from psp_chaos.wire.parameters import Parameters


@dataclass(frozen=True, kw_only=True, slots=True)
class Call[P: Parameters]:
    """What is asked, by whom it was caused, and what faults have decided about it."""

    parameters: P
    object_id: str  # the one that the path names, or nothing
    cause: Cause
    fate: Fate = UNDECIDED  # of the money that it moves
    view: ReadingVerdict | None = None  # how the books are shown, where not as they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer[P: Parameters]:
    """One operation at its method and path, the same for all realms.

    `perform` takes the realm's counter, which is of the class `counter`, and the call. It is synchronous: what it does
    and the answer to it come about together.
    """

    operation: Operation
    method: str
    path: str
    parameters: type[P]
    counter: type
    perform: Callable[[Any, Call[P]], Answer]
    shows: str | None = None  # the kind of what it answers, whose fields may be expanded
    moves_money: Callable[[P], bool] = lambda _: False
    retrieved_by: Operation | None = None  # what shows the object that this is about, as it is now

    @property
    def resource(self) -> str:
        """What a key must have the permission for."""
        return self.path.split("/")[2]

    @property
    def writes(self) -> bool:
        """Tell whether it changes anything."""
        return self.method != "GET"


# Which parameters an operation takes matters to its own code alone; whoever serves offers treats all alike.
type AnyOffer = Offer[Any]
