"""How things ended in two runs, state by state, and whether the difference is more than chance.

Each state's share is held against that of the other run by Fisher's exact test, and every p-value is multiplied by the
number of states (Bonferroni), because who looks at many differences sees some that are chance. What happened in one run
shares its faults, so chance makes runs differ somewhat more than the test knows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reports.comparison.side import Side
from reports.records import Outcome, PaymentState
from reports.statistics import CONFIDENCE, Interval, difference_interval, fisher

MORE_THAN_ONCE = "more than once"
_TIMES_TAKEN = ("nothing", "once", MORE_THAN_ONCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """One way to end, in both runs."""

    state: str
    counts: tuple[int, int]
    totals: tuple[int, int]
    difference: Interval  # how much larger the share of the second run is
    p: float  # that chance alone makes them differ so much, for all states of the distribution together

    @property
    def shares(self) -> tuple[float | None, float | None]:
        """Which share ended so; None where nothing ended at all."""
        one, other = (count / total if total else None for count, total in zip(self.counts, self.totals, strict=True))
        return one, other

    @property
    def is_apart(self) -> bool:
        """Whether chance is a poor explanation."""
        return self.p < 1 - CONFIDENCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """Everything of one kind, by how it ended."""

    title: str
    unit: str
    endings: tuple[Ending, ...]
    missing: str = ""  # why nothing can be said

    @property
    def is_apart(self) -> bool:
        """Whether the two runs differ by more than chance."""
        return any(ending.is_apart for ending in self.endings)


def distributions(one: Side, other: Side) -> tuple[Distribution, ...]:
    """Return how payments, purchases and requests ended."""
    return (
        _compared("Payments in the service's books, by their last state", "payments", _states(one), _states(other)),
        _compared("Purchases, by how often the PSP took the money", "purchases", _taken(one), _taken(other)),
        _compared("Requests, by what the customer knows", "requests", _known(one), _known(other)),
    )


def _states(side: Side) -> Mapping[str, int] | None:
    payments = side.evidence.service.payments
    return None if payments is None else Counter(payment.state for payment in payments)


def _taken(side: Side) -> Mapping[str, int]:
    return Counter(_times_taken(side))


def _times_taken(side: Side) -> Iterator[str]:
    for order in side.truth.purchases:
        captured = sum(bool(money.captures) for money in side.truth.money_by_intent.get(order, ()))
        yield _TIMES_TAKEN[min(captured, len(_TIMES_TAKEN) - 1)]


def _known(side: Side) -> Mapping[str, int]:
    return Counter(entry.outcome for entry in side.evidence.diary)


def _compared(title: str, unit: str, one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> Distribution:
    if one is None or other is None:
        return Distribution(title=title, unit=unit, endings=(), missing=f"not both runs have the service's {unit}")
    states = _in_order({state for counts in (one, other) for state, count in counts.items() if count})
    totals = (sum(one.values()), sum(other.values()))
    endings = tuple(
        _ending(state, (one.get(state, 0), other.get(state, 0)), totals, compared=len(states)) for state in states
    )
    return Distribution(title=title, unit=unit, endings=endings)


def _in_order(states: set[str]) -> list[str]:
    known = [*PaymentState, *_TIMES_TAKEN, *Outcome]
    return sorted(states, key=lambda state: (known.index(state) if state in known else len(known), state))


def _ending(state: str, counts: tuple[int, int], totals: tuple[int, int], *, compared: int) -> Ending:
    one, other = ((count, total) for count, total in zip(counts, totals, strict=True))
    return Ending(
        state=str(state),
        counts=counts,
        totals=totals,
        difference=difference_interval(one, other),
        p=min(fisher(one, other) * compared, 1.0),
    )
