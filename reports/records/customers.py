"""The customers' diary, which they write themselves."""

from enum import StrEnum
from typing import Annotated

import orjson
from msgspec import Struct

from reports.records.values import SINGLE, JsonText, KeptWith, as_text, parsed, within

STILL_OPEN = "still open when the run ended"
"""The `error` of a request that nobody waited for to its end: the run ended first."""


class Outcome(StrEnum):
    """What a customer knows of a request; a timeout is unknown, never failed."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """The requests of a customer that the judge understands."""

    CREATE = "create"
    READ = "read"
    REFUND = "refund"
    CANCEL = "cancel"
    READ_REFUND = "read_refund"


class DiaryEntry(Struct, frozen=True, gc=False):
    """diary.jsonl: one request of one customer, and what the customer saw of it."""

    op: Annotated[int, SINGLE]
    customer: str
    script: str
    intent: str  # what the customer wants once; a refund has an intent of its own
    action: str
    asked_at_us: int
    outcome: str
    order_id: str  # the intent of the purchase, which the PSP's metadata carries too
    key: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    due_at_us: int | None = None  # when an open load wanted it; None: when it was asked
    answered_at_us: int | None = None  # None: no answer ever came
    http_status: int | None = None
    replayed: bool = False  # the answer said that it was a remembered one
    status_shown: str | None = None
    captured_shown_minor: int | None = None
    refunded_shown_minor: int | None = None
    retry_after_s: int | float | None = None  # what the answer asked the customer to wait
    merchant_id: str | None = None  # whose customer; None: everybody is one merchant's, or nobody wrote it down
    answer: Annotated[JsonText, KeptWith("key")] = None  # of a look, the columns say what counts
    error: str | None = None

    @property
    def latency_us(self) -> int | None:
        """How long the customer waited, from when the request was due; None: no answer ever came.

        A load generator that is late must not make the service look faster (coordinated omission).
        """
        wanted_at_us = self.asked_at_us if self.due_at_us is None else min(self.due_at_us, self.asked_at_us)
        return None if self.answered_at_us is None else self.answered_at_us - wanted_at_us

    def told(self, key: str) -> str | None:
        """What the answer says under this key."""
        return as_text(within(parsed(self.answer), key))

    def is_answered_like(self, other: "DiaryEntry") -> bool:
        """Tell whether both were given the same answer, in whatever order its keys were written down."""
        if self.http_status != other.http_status:
            return False
        return self.answer == other.answer or _in_order(self.answer) == _in_order(other.answer)


def _in_order(text: JsonText) -> bytes:
    return orjson.dumps(parsed(text), option=orjson.OPT_SORT_KEYS)
