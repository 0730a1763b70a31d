"""What happens to the servers of merchants who listen; whoever sends them events must cope with it."""

from typing import Literal

from scenarios.faults.spans import Share, Span
from scenarios.faults.world_fault import WorldFault


class MerchantFault(WorldFault):
    """Something that is wrong with a merchant's listener."""

    where: Literal["merchant"] = "merchant"


class Error(MerchantFault):
    """The listener answers 500 and has taken nothing.

    Entitlement: the event comes again, under the same id and with the same content, as often as the schedule says.
    """

    kind: Literal["error"] = "error"
    probability: Share  # of each event that arrives


class ErrorAfter(MerchantFault):
    """The listener takes the event and answers 500 all the same.

    Entitlement: as for an error; by its id the merchant knows that it is the same event.
    """

    kind: Literal["error-after"] = "error-after"
    probability: Share  # of each event that arrives


class Hang(MerchantFault):
    """The listener takes nothing, keeps silent for a while, and closes the connection.

    Entitlement: as for an error. No other merchant waits for this one, and no payment does.
    """

    kind: Literal["hang"] = "hang"
    probability: Share  # of each event that arrives
    for_s: Span = (11, 60)  # a sender's patience is 10 s


class Drop(MerchantFault):
    """The listener closes the connection and has taken nothing.

    Entitlement: as for an error.
    """

    kind: Literal["drop"] = "drop"
    probability: Share  # of each event that arrives


class DropAfter(MerchantFault):
    """The listener takes the event, and its answer is lost.

    Entitlement: as for an error after the event was taken.
    """

    kind: Literal["drop-after"] = "drop-after"
    probability: Share  # of each event that arrives


class Down(MerchantFault):
    """The merchant's server is down for a while: connections break, and nobody listens until it is back.

    What it had taken it still has.

    Entitlement: whatever happened meanwhile is told afterwards, unless the schedule was over by then.
    """

    kind: Literal["down"] = "down"
    every_s: Span  # between the end of one outage and the beginning of the next
    for_s: Span


MERCHANT_FAULTS = (Error, ErrorAfter, Hang, Drop, DropAfter, Down)
