"""The rows of the evidence: one class a file of the folder, one field a key.

Units: times are integer microseconds since the Unix epoch (`at_us`), money is integer minor units of an ISO 4217
currency. A field with a default may be missing from a row; a service that is not ours may leave out what it does not
know. States are kept as plain text, because a state that nobody has heard of is a finding, not an unreadable file.

A run may have millions of rows, so they are structs of msgspec: the collector need not look at them, since a row never
points back, and they are filled by position, for which what is indispensable comes first in each. Everywhere else they
are made with keywords, like every other value.
"""

from reports.records.customers import STILL_OPEN, Action, DiaryEntry, Outcome
from reports.records.faults import FaultBite
from reports.records.manifest import Manifest
from reports.records.merchants import Delivery, Endpoint, Notice, OutgoingEvent
from reports.records.psp import JournalEntry, Lie, Metadata, PspMovement, PspPayment, PspRefund, PspStatus
from reports.records.service import (
    FINAL_STATES,
    PAID_STATES,
    Attempt,
    Discrepancy,
    IdempotencyKey,
    InboxEvent,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    Transition,
)
from reports.records.values import SINGLE, Json, JsonObject, JsonText, KeptWith

__all__ = [
    "FINAL_STATES",
    "PAID_STATES",
    "SINGLE",
    "STILL_OPEN",
    "Action",
    "Attempt",
    "Delivery",
    "DiaryEntry",
    "Discrepancy",
    "Endpoint",
    "FaultBite",
    "IdempotencyKey",
    "InboxEvent",
    "JournalEntry",
    "Json",
    "JsonObject",
    "JsonText",
    "KeptWith",
    "Lie",
    "Manifest",
    "Metadata",
    "Notice",
    "Outcome",
    "OutgoingEvent",
    "Payment",
    "PaymentState",
    "PspMovement",
    "PspPayment",
    "PspRefund",
    "PspStatus",
    "Refund",
    "RefundState",
    "Transition",
]
