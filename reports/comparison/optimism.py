"""Where the simulation was optimistic: what was slower, broke or stayed unknown in real time alone, in plain sentences.

Optimism is what matters: a promise that was kept in virtual time shall be kept by machines. A quantile counts as slower
if it is by a quarter and by a millisecond; where so few values cannot tell that from chance, the sentence says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.comparison.changes import Bites, Invariant, Risk
from reports.comparison.outcomes import MORE_THAN_ONCE, Distribution, Ending
from reports.comparison.timings import Pair, Timing
from reports.records import Outcome, PaymentState
from reports.spans import duration
from reports.words import plural

SLOWER = 1.25
_MOMENT_S = 0.001
_WORSE = frozenset(
    {
        PaymentState.CREATED,
        PaymentState.PROCESSING,
        PaymentState.FAILED,
        Outcome.FAILED,
        Outcome.UNKNOWN,
        MORE_THAN_ONCE,
    }
)
"""How nobody wants it to end; more of anything else is no promise broken."""

_EVIDENT = 1.5  # below, "times as long" says less than the two numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What both runs gave, as far as optimism is about it."""

    timings: tuple[Timing, ...]
    distributions: tuple[Distribution, ...]
    invariants: tuple[Invariant, ...]
    faults: tuple[Bites, ...]
    risks: tuple[Risk, ...]


def optimism(findings: Findings, *, live: int) -> tuple[str, ...]:
    """Return where the simulation promised more than real time kept; `live` is which of the two was live, 0 or 1."""
    return (
        *_only_live(findings.invariants, live),
        *_slower(findings.timings, live),
        *_ended_worse(findings.distributions, live),
        *_never_healed(findings.risks, live),
        *_bit_only_live(findings.faults, live),
    )


def _only_live(invariants: Sequence[Invariant], live: int) -> Iterator[str]:
    for one in invariants:
        if one.words[live] == "broken" and one.words[1 - live] != "broken":
            breaches = one.breaches[live]
            yield (
                f"{one.id} broke in real time only, {breaches:,} {plural(breaches, 'time')}; in the simulation it "
                f"{'held' if one.words[1 - live] == 'holds' else f'was {one.words[1 - live]}'}."
            )


def _slower(timings: Sequence[Timing], live: int) -> Iterator[str]:
    for timing in timings:
        slower = [pair for pair in timing.quantiles if _is_slower(pair, live)]
        if slower:
            parts = "; ".join(_told(pair, live) for pair in slower)
            yield f"{timing.name}: {parts}.{_reserve(slower)}"


def _is_slower(pair: Pair, live: int) -> bool:
    live_s, simulated_s = _values_s(pair, live)
    if live_s is None or simulated_s is None:
        return False
    return live_s > simulated_s * SLOWER and live_s > simulated_s + _MOMENT_S


def _values_s(pair: Pair, live: int) -> tuple[float | None, float | None]:
    ends = (pair.one, pair.other)
    live_s, simulated_s = (None if end is None else end.value for end in (ends[live], ends[1 - live]))
    return live_s, simulated_s


def _told(pair: Pair, live: int) -> str:
    live_s, simulated_s = _values_s(pair, live)
    assert live_s is not None
    assert simulated_s is not None
    times = live_s / simulated_s if simulated_s else 0
    factor = f", {_times(times)} times as long" if times >= _EVIDENT else ""
    share = "half" if pair.share == 0.5 else f"{pair.share:.0%}"  # noqa: PLR2004 - the median has a word of its own
    return f"{share} within {duration(live_s)} in real time, {duration(simulated_s)} in the simulation{factor}"


def _times(times: float) -> str:
    return f"{times:,.0f}" if times >= 10 else f"{times:.2g}"  # noqa: PLR2004 - a tenth of it is no longer of interest


def _reserve(slower: Sequence[Pair]) -> str:
    if all(pair.is_apart for pair in slower):
        return ""
    return (
        " So few values may differ as much by chance."
        if not any(pair.is_apart for pair in slower)
        else (" Only in part is that more than chance.")
    )


def _ended_worse(distributions: Sequence[Distribution], live: int) -> Iterator[str]:
    for distribution in distributions:
        for ending in distribution.endings:
            if ending.is_apart and ending.state in _WORSE and _is_more(ending, live):
                yield f"{_shares(ending, distribution.unit, live)} Chance alone rarely does that (p = {ending.p:.2g})."


def _is_more(ending: Ending, live: int) -> bool:
    return (ending.shares[live] or 0) > (ending.shares[1 - live] or 0)


def _shares(ending: Ending, unit: str, live: int) -> str:
    live_share, simulated_share = ending.shares[live], ending.shares[1 - live]
    assert live_share is not None
    assert simulated_share is not None
    shares = f"{live_share:.1%} in real time and {simulated_share:.1%} in the simulation"
    return f"Of the {unit}, {shares} ended as {ending.state!r}."


def _never_healed(risks: Sequence[Risk], live: int) -> Iterator[str]:
    for risk in risks:
        if risk.never_healed[live] > risk.never_healed[1 - live]:
            yield (
                f"{risk.currency} {risk.never_healed[live]:,.10g} never healed in real time, "
                f"{risk.never_healed[1 - live]:,.10g} in the simulation."
            )


def _bit_only_live(faults: Sequence[Bites], live: int) -> Iterator[str]:
    only = [f"{bites.where} {bites.kind} ({bites.counts[live]:,})" for bites in faults if not bites.counts[1 - live]]
    if only:
        yield f"Faults that bit in real time only: {', '.join(only)}."
