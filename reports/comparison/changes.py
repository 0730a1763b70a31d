"""What is different about two runs: invariants, money at risk, faults, settings."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reports.comparison.side import Side
from reports.dotted import dotted
from reports.verdict import CheckResult, Validity

_WORDS = {Validity.VALID: "holds", Validity.UNKNOWN: "unknown", Validity.INVALID: "broken", None: "skipped"}
_NOT_SET = "not set"


class Turn(StrEnum):
    """What became of an invariant from one run to the other."""

    BROKEN = "newly broken"
    FIXED = "fixed"
    DOUBTFUL = "no longer settled"
    SETTLED = "settled"
    SAME = "the same"


@dataclass(frozen=True, kw_only=True, slots=True)
class Invariant:
    """One invariant in both runs."""

    id: str
    title: str
    words: tuple[str, str]  # holds, untried, unknown, broken or skipped
    breaches: tuple[int, int]
    turn: Turn
    sentences: tuple[str, str]  # of its findings, where there are some


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A setting that is not the same."""

    name: str
    values: tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bites:
    """How often a kind of fault bit."""

    where: str
    kind: str
    counts: tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """Money that had moved without the service knowing, in major units of its currency."""

    currency: str
    peaks: tuple[float, float]
    never_healed: tuple[float, float]


def invariants(one: Side, other: Side) -> tuple[Invariant, ...]:
    """Return every invariant, in the order of the checks."""
    pairs = zip(one.verdict.checks, other.verdict.checks, strict=True)
    return tuple(_invariant(first, second) for first, second in pairs)


def settings(one: Side, other: Side) -> tuple[Difference, ...]:
    """Return what was set differently, by dotted name: the runs' own particulars, the plan, then the versions."""
    plans, versions = (
        tuple(dict(dotted(getattr(side.manifest, part))) for side in (one, other)) for part in ("plan", "versions")
    )
    own = tuple({"scenario": m.scenario, "seed": str(m.seed), "time": m.mode} for m in (one.manifest, other.manifest))
    return (*_differences(*own), *_differences(*plans), *_differences(*versions))


def faults(one: Side, other: Side) -> tuple[Bites, ...]:
    """Return how often each kind of fault bit, the most frequent first."""
    counts = tuple(Counter((bite.where, bite.kind) for bite in side.evidence.faults) for side in (one, other))
    kinds = sorted(counts[0] | counts[1], key=lambda kind: (-counts[0][kind] - counts[1][kind], kind))
    return tuple(
        Bites(where=where, kind=kind, counts=(counts[0][where, kind], counts[1][where, kind])) for where, kind in kinds
    )


def risks(one: Side, other: Side) -> tuple[Risk, ...]:
    """Return the money at risk by currency; empty where neither run says when the service knew."""
    peaks, lost = ([_peaks(side) for side in (one, other)], [_never_healed(side) for side in (one, other)])
    return tuple(
        Risk(
            currency=currency,
            peaks=(peaks[0].get(currency, 0.0), peaks[1].get(currency, 0.0)),
            never_healed=(lost[0].get(currency, 0.0), lost[1].get(currency, 0.0)),
        )
        for currency in sorted(peaks[0].keys() | peaks[1].keys())
    )


def _invariant(one: CheckResult, other: CheckResult) -> Invariant:
    findings = (one.finding, other.finding)
    breaches = tuple(0 if finding is None else finding.count for finding in findings)
    sentences = tuple("" if finding is None else finding.sentence for finding in findings)
    return Invariant(
        id=one.id,
        title=one.title,
        words=(_word(one), _word(other)),
        breaches=(breaches[0], breaches[1]),
        turn=_turn(one.validity, other.validity),
        sentences=(sentences[0], sentences[1]),
    )


def _word(check: CheckResult) -> str:
    return "untried" if check.saw_nothing else _WORDS[check.validity]


def _turn(one: Validity | None, other: Validity | None) -> Turn:
    """Return what became of it; a check that was skipped settles nothing, like one that could not say."""
    if one is other:
        return Turn.SAME
    if other is Validity.INVALID:
        return Turn.BROKEN
    if other is Validity.VALID:
        return Turn.FIXED if one is Validity.INVALID else Turn.SETTLED
    return Turn.DOUBTFUL if one in (Validity.VALID, Validity.INVALID) else Turn.SAME


def _differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[Difference]:
    names = dict.fromkeys([*one, *other])
    values = {name: (one.get(name, _NOT_SET), other.get(name, _NOT_SET)) for name in names}
    return [Difference(name=name, values=pair) for name, pair in values.items() if pair[0] != pair[1]]


def _peaks(side: Side) -> dict[str, float]:
    """Return the most that was at risk at once, by currency."""
    peaks: dict[str, float] = {}
    for currency, mine in side.stretches.groupby("currency"):
        # At one moment what ends comes before what begins.
        rises = zip(mine["from_s"], mine["amount"], strict=True)
        falls = zip(mine["until_s"], -mine["amount"], strict=True)
        level = peak = 0.0
        for _, change in sorted([*rises, *falls]):
            level += change
            peak = max(peak, level)
        peaks[str(currency)] = round(peak, 6)
    return peaks


def _never_healed(side: Side) -> dict[str, float]:
    open_ended = side.stretches[side.stretches["healed_by"] == ""]
    return {
        str(currency): round(float(sum_), 6)
        for currency, sum_ in open_ended.groupby("currency")["amount"].sum().items()
    }
