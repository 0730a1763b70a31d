"""A run in a few words and numbers, for somebody who was not there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.evidence import Evidence
from reports.money import format_money, format_sums
from reports.records import Outcome, PaymentState
from reports.truth import Truth
from reports.waiting import waiting_times
from reports.words import opening_count, plural

_SENTENCES_MAX = 2  # of what went wrong; the report tells the rest


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFigure:
    """One number with what it counts; sums of money are a line a currency."""

    label: str
    values: tuple[str, ...]


def plain_words(truth: Truth, *, findings: Sequence[str], conclusion: str) -> str:
    """Return what happened to the money: what went wrong first, or else the conclusion last."""
    if not findings:
        return f"{_facts(truth)} {conclusion}"
    more = len(findings) - _SENTENCES_MAX
    rest = [f"{opening_count(more)} more {plural(more, 'invariant')} broke."] if more > 0 else []
    return " ".join([*findings[:_SENTENCES_MAX], *rest, _facts(truth)])


def _facts(truth: Truth) -> str:
    wanted = len(truth.purchases)
    paid = sum(any(money.captures for money in moneys) for moneys in truth.money_by_intent.values())
    captured = _sums((money.currency, money.captured_minor) for money in truth.money.values())
    refunded = _sums((money.currency, money.refunded_minor) for money in truth.money.values())
    given_back = f" and gave {format_sums(refunded)} back" if refunded else ""
    were = "was" if paid == 1 else "were"
    return (
        f"Of {wanted:,} {plural(wanted, 'purchase')} wanted, {paid:,} {were} paid for: "
        f"the PSP took {format_sums(captured)}{given_back}."
    )


def key_figures(evidence: Evidence, truth: Truth) -> tuple[KeyFigure, ...]:
    """Return the numbers that say how much was tested and how hard."""
    moneys = truth.money.values()
    steps, bites, diary = evidence.service.transitions, evidence.faults, evidence.diary
    healed = sum(_is_healed_by_worker(step.from_state, step.source) for step in steps or ())
    return (
        _count("purchases wanted", len(truth.purchases)),
        _money("captured by the PSP", _sums((money.currency, money.captured_minor) for money in moneys)),
        _money("refunded by the PSP", _sums((money.currency, money.refunded_minor) for money in moneys)),
        _count("requests by customers", len(diary)),
        _count("with an unknown outcome", sum(entry.outcome == Outcome.UNKNOWN for entry in diary)),
        *_open_load(evidence),
        _count("answers replayed", sum(entry.replayed for entry in diary)),
        _count("faults that bit", len(bites)),
        _count("webhooks lost", sum(bite.where == "webhook" and bite.kind == "lost" for bite in bites)),
        _count("zombies healed by the worker", None if steps is None else healed),
        *_told(evidence),
    )


def _told(evidence: Evidence) -> tuple[KeyFigure, ...]:
    """Return what those who listen add: how often they were told something, and how much of that was news to them."""
    if evidence.notices is None:
        return ()
    return (
        _count("events heard by merchants", len(evidence.notices)),
        _count("of them for the first time", sum(notice.is_taken for notice in evidence.notices)),
    )


def _open_load(evidence: Evidence) -> tuple[KeyFigure, ...]:
    """Return what an open load adds: who came, and how long they waited from when they were due."""
    counts, due = evidence.manifest.counts, [entry for entry in evidence.diary if entry.due_at_us is not None]
    if not due:
        return ()  # it was closed: who came depended on who was answered
    came = tuple(f"{counts.get(f'arrivals_{name}', 0):,} {name}" for name in ("due", "late", "dropped"))
    return (
        KeyFigure(label="customers in an open load", values=came),
        KeyFigure(label="answered, from when it was due", values=waiting_times(due)),
    )


def _count(label: str, count: int | None) -> KeyFigure:
    return KeyFigure(label=label, values=("not recorded" if count is None else f"{count:,}",))


def _money(label: str, sums_minor: dict[str, int]) -> KeyFigure:
    values = tuple(format_money(amount_minor, currency) for currency, amount_minor in sorted(sums_minor.items()))
    return KeyFigure(label=label, values=values or ("nothing",))


def _is_healed_by_worker(from_state: str | None, source: str | None) -> bool:
    return from_state == PaymentState.PROCESSING and source == "worker"


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up by currency, leaving out currencies of which nothing moved."""
    sums: defaultdict[str, int] = defaultdict(int)
    for currency, amount_minor in amounts:
        sums[currency] += amount_minor
    return {currency: amount_minor for currency, amount_minor in sums.items() if amount_minor}
