"""What can be measured of a run: names, units and meanings; `measures` does the measuring."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

type Measured = int | float | None
"""Seconds, a share from 0 to 1, a number, or minor units; None: nothing to measure; infinite: it never came to be."""


class Dimension(StrEnum):
    """What a measure is measured in."""

    TIME = "time"
    SHARE = "share"
    MONEY = "money"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """Something that can be measured of every run."""

    name: str
    dimension: Dimension
    meaning: str
    needs: str  # what a run must have had for it to be measured


QUANTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
"""Each is a value that was really observed: the smallest one that so many did not exceed."""

_HEALED = "from the moment when money moved until the service knew; what it never knew took for ever"
_ANSWERED = "from a customer's request to its answer; what was never answered took for ever"
_STEPS = "money that moved, and the service's transitions"

MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        *(Measure(name=f"heal_{name}", dimension=Dimension.TIME, meaning=_HEALED, needs=_STEPS) for name in QUANTILES),
        *(
            Measure(name=f"latency_{name}", dimension=Dimension.TIME, meaning=_ANSWERED, needs="requests of customers")
            for name in QUANTILES
        ),
        Measure(
            name="unknown_share",
            dimension=Dimension.SHARE,
            meaning="of the requests, those whose outcome the customer never learned",
            needs="requests of customers",
        ),
        Measure(
            name="paid_share",
            dimension=Dimension.SHARE,
            meaning="of the purchases that were wanted, those for which the PSP took money",
            needs="purchases",
        ),
        Measure(
            name="unfinished",
            dimension=Dimension.NUMBER,
            meaning="payments that were not final when the books were read",
            needs="the service's payments",
        ),
        Measure(
            name="discrepancies_open",
            dimension=Dimension.NUMBER,
            meaning="discrepancies on record that nobody has closed",
            needs="the service's discrepancies",
        ),
        Measure(
            name="psp_calls_per_purchase",
            dimension=Dimension.NUMBER,
            meaning="requests that the service sent to the PSP, for each purchase that was wanted",
            needs="purchases",
        ),
        Measure(
            name="money_at_risk_max",
            dimension=Dimension.MONEY,
            meaning="the most that had moved at any one time without the service knowing, or the reverse",
            needs="payments in this currency, and the service's transitions",
        ),
        Measure(
            name="money_at_risk_end",
            dimension=Dimension.MONEY,
            meaning="the same at the end, when the books were read",
            needs="payments in this currency, and the service's transitions",
        ),
    )
}
