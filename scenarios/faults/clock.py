"""What happens to the clocks of our machines; the PSP's and the customers' are right."""

from typing import Literal

from scenarios.faults.spans import Share, SignedSpan, Span
from scenarios.faults.world_fault import ProcessKind, WorldFault


class Skew(WorldFault):
    """The clocks of one kind of process are wrong, each by an amount of its own that stays the same.

    Entitlement: money is safe whatever the clocks say, as long as they differ by less than an hour: our answers are
    remembered for a day, the service leaves an hour of the PSP's own memory of keys, and looks through the PSP's list
    with an hour to spare. Within the five minutes of the signature's tolerance everything works as if the clocks were
    right, but that a lease may look over too early, which costs a question more, or too late. Beyond them every webhook
    is refused and comes again later; the worker must learn by asking. What was put off by a fast clock is late by as
    much.
    """

    where: Literal["clock"] = "clock"
    kind: Literal["skew"] = "skew"
    process: ProcessKind
    by_s: SignedSpan  # ahead of the right time where positive
    probability: Share = 1.0  # that a machine's clock is wrong at all


class Jump(WorldFault):
    """The clocks of one kind of process leap now and then, as NTP or a move to another host makes them.

    Each leap leads to another error, forwards or back; at the end of the window the clock is right again, which is a
    last leap.

    Entitlement: that of a skew as large as the largest difference between two clocks, or between what one clock said
    before and after. Time that goes backwards is no reason to do a thing twice.
    """

    where: Literal["clock"] = "clock"
    kind: Literal["jump"] = "jump"
    process: ProcessKind
    every_s: Span  # between two leaps
    by_s: SignedSpan  # how far the clock is ahead after a leap


CLOCK_FAULTS = (Skew, Jump)
