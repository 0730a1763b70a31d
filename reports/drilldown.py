"""What is behind a purchase whose three views disagree: every word, every row and all money that it left anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.facts import Money
from reports.money import format_money
from reports.records import FINAL_STATES, PAID_STATES, DiaryEntry, Discrepancy, Payment
from reports.story import Step, Storyteller, Subject, Traces, told
from reports.truth import Truth

_STEPS_MAX = 30
_WORDS_MAX = 5  # of what a customer was told; more is in the story


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """One purchase, from every side."""

    row: Mapping[str, Any]  # of the three views
    why: tuple[str, ...]  # what disagrees, in plain words
    words: tuple[DiaryEntry, ...]  # the final words that the customer was told
    payments: tuple[Payment, ...]  # the service's rows
    moneys: tuple[Money, ...]  # the PSP's payments
    found: tuple[Discrepancy, ...]  # what the service had found wrong itself
    steps: tuple[Step, ...]


def drill_down(frame: pd.DataFrame, truth: Truth, teller: Storyteller) -> tuple[Disagreement, ...]:
    """Return what is behind each row of the three views."""
    rows = frame.to_dict(orient="records")
    every = teller.trace_each([Subject(order_id=str(row["order"])) for row in rows])
    return tuple(_behind(row, traces, truth) for row, traces in zip(rows, every, strict=True))


def _behind(row: Mapping[Any, Any], traces: Traces, truth: Truth) -> Disagreement:
    plain = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    order = str(row["order"])
    final = [entry for entry in traces.diary if entry.status_shown in FINAL_STATES]
    return Disagreement(
        row=plain,
        why=tuple(_why(plain)),
        words=tuple(_news(final))[-_WORDS_MAX:],
        payments=traces.payments,
        moneys=tuple(truth.money_by_intent.get(order, ())),
        found=traces.discrepancies,
        steps=told(traces, at_most=_STEPS_MAX),
    )


def _why(row: Mapping[str, Any]) -> Iterator[str]:
    currency, taken, back = row["currency"], row["captured_minor"], row["refunded_minor"]
    claims: dict[int, list[str]] = {}
    for who, claimed in (("the customer", row["told_minor"]), ("the service", row["booked_minor"])):
        if claimed is not None and claimed != taken:
            claims.setdefault(claimed, []).append(who)
    for claimed, believing in claims.items():
        know = "knows" if len(believing) == 1 else "know"
        believers = " and ".join(believing).capitalize()
        yield f"{believers} {know} of {_sum(claimed, currency)}, the PSP took {_sum(taken, currency)}."
    if row["booked_minor"] is None and row["state"] not in PAID_STATES and taken:
        yield f"The service does not know of {_sum(taken, currency)} that the PSP took."
    if row["booked_back_minor"] is not None and row["booked_back_minor"] != back:
        booked = _sum(row["booked_back_minor"], currency)
        yield f"Given back: {booked} by the service's books, {_sum(back, currency)} by the PSP's."


def _sum(amount_minor: int, currency: str) -> str:
    return format_money(amount_minor, currency) if amount_minor else "nothing"


def _news(entries: Sequence[DiaryEntry]) -> Iterator[DiaryEntry]:
    """Yield what a customer had not been told just before."""
    before: tuple[object, ...] = ()
    for entry in entries:
        now = (entry.payment_id, entry.status_shown, entry.captured_shown_minor, entry.refunded_shown_minor)
        if now != before:
            yield entry
        before = now
