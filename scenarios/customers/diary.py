"""The customers' diary: what was asked, what was answered, and what nobody knows.

The row's shape is the evidence format's `diary.jsonl`. A request that is still open when the run ends is written with
the outcome unknown, as Jepsen does: nothing that was asked may be missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from reports.records import STILL_OPEN
from scenarios.customers.actions import Cancel, Create, Json, Outcome, Read, Request, Seen


class DiaryRow(TypedDict):
    """One request of one customer; times in microseconds since the epoch."""

    op: int
    customer: str
    merchant_id: str | None
    script: str
    intent: str
    action: str
    key: str | None
    order_id: str
    amount_minor: int | None
    currency: str | None
    payment_id: str | None
    refund_id: str | None
    due_at_us: NotRequired[int]  # when an open load wanted it to be asked; elsewhere nobody has such a plan
    asked_at_us: int
    answered_at_us: int | None
    outcome: str
    http_status: int | None
    replayed: bool
    status_shown: str | None
    captured_shown_minor: int | None
    refunded_shown_minor: int | None
    retry_after_s: float | None
    answer: Json
    error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Whose request it is."""

    customer: str
    script: str
    merchant_id: str | None = None  # whose customer; None: there is only one


class Diary:
    """All customers' rows of one run, in the order in which they were asked."""

    def __init__(self, *, now_us: Callable[[], int]) -> None:
        self.rows: list[DiaryRow] = []
        self._now_us = now_us

    def ask(self, author: Author, request: Request, *, due_at_us: int | None = None) -> DiaryRow:
        """Write down a request before it leaves; unknown until `answer` says otherwise."""
        row = _unanswered_row(len(self.rows), author, request, asked_at_us=self._now_us())
        if due_at_us is not None:
            row["due_at_us"] = due_at_us
        self.rows.append(row)
        return row

    def answer(self, row: DiaryRow, seen: Seen) -> None:
        """Write down what was seen of it."""
        assert row["answered_at_us"] is None, "a request is answered once"
        row["answered_at_us"] = None if seen.http_status is None else self._now_us()
        row["outcome"] = seen.outcome.value
        row["http_status"] = seen.http_status
        row["replayed"] = seen.replayed
        row["payment_id"] = seen.payment_id or row["payment_id"]
        row["refund_id"] = seen.refund_id
        row["status_shown"] = seen.status
        row["captured_shown_minor"] = seen.captured_minor
        row["refunded_shown_minor"] = seen.refunded_minor
        row["retry_after_s"] = seen.retry_after_s
        row["answer"] = seen.answer
        row["error"] = seen.error


def _unanswered_row(op: int, author: Author, request: Request, *, asked_at_us: int) -> DiaryRow:
    return DiaryRow(
        op=op,
        customer=author.customer,
        merchant_id=author.merchant_id,
        script=author.script,
        intent=request.intent,
        action=type(request).__name__.lower(),
        key=None if isinstance(request, Read) else request.key,
        order_id=request.intent.split("/")[0],
        amount_minor=None if isinstance(request, Read | Cancel) else request.amount_minor,
        currency=request.currency if isinstance(request, Create) else None,
        payment_id=None if isinstance(request, Create) else request.payment_id,
        refund_id=None,
        asked_at_us=asked_at_us,
        answered_at_us=None,
        outcome=Outcome.UNKNOWN.value,
        http_status=None,
        replayed=False,
        status_shown=None,
        captured_shown_minor=None,
        refunded_shown_minor=None,
        retry_after_s=None,
        answer=None,
        error=STILL_OPEN,
    )
