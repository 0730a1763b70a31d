"""A call: one request understood, and what the wire offers to be called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psp_chaos.operations import Operation
from psp_chaos.records import Cause
from psp_chaos.wire.answers import Answer
from psp_chaos.wire.parameters import Parameters


@dataclass(frozen=True, kw_only=True, slots=True)
class Call[P: Parameters]:
    """What is asked, by whom it was caused, and whether the money is to move later."""

    parameters: P
    object_id: str  # the one that the path names, or nothing
    cause: Cause
    postponed_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer[P: Parameters]:
    """One operation at its method and path.

    `perform` is synchronous: what it does and the answer to it come about together.
    """

    operation: Operation
    method: str
    path: str
    parameters: type[P]
    perform: Callable[[Call[P]], Answer]
    moves_money: Callable[[P], bool] = lambda _: False


# Which parameters an operation takes matters to its own code alone; whoever serves offers treats all alike.
type AnyOffer = Offer[Any]
