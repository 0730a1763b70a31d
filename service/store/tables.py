"""The tables. What must never be false is a constraint here, whatever the code above does.

Times are microseconds since the epoch, money is in minor units. The lawful moves are those of `engine.lifecycle`.
Two indexes carry the weight of the whole service: one live payment per order, and one answer per idempotency key.
Whoever changes something here writes a revision in `service/migrations` that does the same.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.attempt import AttemptKind
from engine.inbox import EventState
from engine.lifecycle import LAWFUL_MOVES, AttemptState, PaymentState, RefundState, Source
from engine.outgoing import DeliveryState, EchoKind, EndpointState, EventType
from engine.reconciliation import DiscrepancyKind, DiscrepancyState
from engine.statement import LineKind
from service.store.defences import defend
from service.store.outbox import announce

metadata = MetaData()


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_a_word")


def _lawful_moves() -> CheckConstraint:
    pairs = ", ".join(f"('{one}', '{other}')" for one, others in LAWFUL_MOVES.items() for other in others)
    begun = f"from_state IS NULL AND to_state = '{PaymentState.CREATED}'"
    # COALESCE, because a CHECK that comes out NULL passes.
    return CheckConstraint(f"({begun}) OR COALESCE((from_state, to_state) IN ({pairs}), FALSE)", name="lawful")


merchants = Table(
    "merchants",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.id"), nullable=False, index=True),
    Column("name", String, nullable=False),  # what it is for, in the merchant's words
    Column("key_sha256", String, nullable=False, unique=True),  # the key itself is not stored
    Column("created_at_us", BigInteger, nullable=False),
    Column("revoked_at_us", BigInteger),
)

payments = Table(
    "payments",
    metadata,
    Column("id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.id"), nullable=False),
    Column("order_id", String),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("payment_method", String, nullable=False),
    Column("description", String),
    Column("metadata", JSONB, nullable=False),
    Column("state", String, nullable=False),
    Column("failure_reason", String),
    Column("captured_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Column("cancel_requested_at_us", BigInteger),  # a wish; it is written once
    _one_of("state", PaymentState),
    CheckConstraint("amount_minor > 0", name="amount_is_positive"),
    CheckConstraint("0 <= refunded_minor AND refunded_minor <= captured_minor", name="refunds_within_capture"),
    CheckConstraint("captured_minor <= amount_minor", name="capture_within_amount"),
    CheckConstraint("(captured_minor > 0) = (state IN ('SUCCESS', 'REFUNDED'))", name="success_has_money"),
    CheckConstraint("(failure_reason IS NOT NULL) = (state = 'FAILED')", name="failure_has_a_reason"),
    # What makes two browser tabs with two keys safe: an order has one payment that has not failed.
    Index(
        "one_live_payment_per_order",
        "merchant_id",
        "order_id",
        unique=True,
        postgresql_where=text("state <> 'FAILED'"),
    ),
    # An order has one payment that has not failed and any number that have; the index above knows only the one.
    Index("failed_payments_of_order", "merchant_id", "order_id", postgresql_where=text("state = 'FAILED'")),
    Index("payments_of_merchant", "merchant_id", "created_at_us", "id"),
    Index("payments_in_state", "merchant_id", "state", "created_at_us", "id"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("payment_id", ForeignKey("payments.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("from_state", String),
    Column("to_state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("source", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("payment_id", "sequence"),
    _one_of("source", Source),
    _lawful_moves(),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String, primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("reason", String),
    Column("state", String, nullable=False),
    Column("psp_refund_id", String),
    Column("created_at_us", BigInteger, nullable=False),
    Column("settled_at_us", BigInteger),
    _one_of("state", RefundState),
    CheckConstraint("amount_minor > 0", name="amount_is_positive"),
    Index("refunds_failed", "settled_at_us", postgresql_where=text("state = 'FAILED'")),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("refund_id", ForeignKey("refunds.id"), unique=True),
    Column("kind", String, nullable=False),
    Column("psp_key", String, nullable=False, unique=True),
    Column("psp_id", String),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("first_sent_at_us", BigInteger),
    Column("settled_at_us", BigInteger),
    Column("due_at_us", BigInteger),
    Column("lease_until_us", BigInteger),
    _one_of("kind", AttemptKind),
    _one_of("state", AttemptState),
    CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name="refund_attempts_have_a_refund"),
    CheckConstraint("(state = 'UNSENT') = (tries = 0) OR settled_at_us IS NOT NULL", name="sent_means_claimed"),
    CheckConstraint("(settled_at_us IS NOT NULL) = (state IN ('SUCCEEDED', 'FAILED'))", name="settled_means_decided"),
    CheckConstraint("(due_at_us IS NULL) = (settled_at_us IS NOT NULL)", name="unsettled_means_due"),
    UniqueConstraint("kind", "psp_id", name="one_attempt_per_psp_object"),
    Index("one_capture_per_payment", "payment_id", unique=True, postgresql_where=text("kind = 'capture'")),
    Index("attempts_due", "due_at_us", "id", postgresql_where=text("settled_at_us IS NULL")),
    # For the statement's readers, who look for what was settled and is not reported.
    Index("attempts_settled", "settled_at_us", "id", postgresql_where=text("settled_at_us IS NOT NULL")),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("psp_object_id", String),
    Column("payload", String, nullable=False),  # as received: JSONB would refuse an escaped NUL and lose the order
    Column("state", String, nullable=False),
    Column("received_at_us", BigInteger, nullable=False),
    Column("applied_at_us", BigInteger),
    Column("due_at_us", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("lease_until_us", BigInteger),
    _one_of("state", EventState),
    CheckConstraint("(due_at_us IS NOT NULL) = (state = 'parked')", name="parked_means_due"),
    # Rows come in this order, so a BRIN index finds what is old and costs an arriving event nothing.
    Index("inbox_received", "received_at_us", postgresql_using="brin"),
    Index("inbox_due", "due_at_us", "event_id", postgresql_where=text("state = 'parked'")),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("merchant_id", ForeignKey("merchants.id"), nullable=False),
    Column("route", String, nullable=False),
    Column("key", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("status", Integer),  # NULL only inside the transaction that claimed the key
    Column("body", String),  # the same
    Column("created_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("merchant_id", "route", "key"),
)

discrepancies = Table(
    "discrepancies",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("payment_id", ForeignKey("payments.id")),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String, nullable=False),
    Column("evidence", JSONB, nullable=False),  # always has "subject", the id that it is about
    Column("found_at_us", BigInteger, nullable=False),
    Column("closed_at_us", BigInteger),
    Column("due_at_us", BigInteger),  # when its repair is tried
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("refusals", Integer, nullable=False, server_default="0"),  # how often the PSP said no
    Column("lease_until_us", BigInteger),
    _one_of("kind", DiscrepancyKind),
    _one_of("state", DiscrepancyState),
    CheckConstraint("(due_at_us IS NOT NULL) = (state = 'open')", name="open_means_due"),
    Index("one_discrepancy_per_subject", "kind", text("(evidence ->> 'subject')"), unique=True),
    Index("discrepancies_found", "found_at_us", "id"),
    Index("discrepancies_due", "due_at_us", "id", postgresql_where=text("due_at_us IS NOT NULL")),
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("id", String, primary_key=True),  # the PSP's
    Column("kind", String, nullable=False),
    Column("psp_id", String, index=True),
    Column("capture_psp_id", String),
    Column("attempt_id", String),  # as the PSP's object names it; not a reference, because anybody can write there
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("reported_s", BigInteger, nullable=False),  # the PSP counts in whole seconds
    Column("read_at_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger),  # when it is matched, perhaps again; None: it has been
    _one_of("kind", LineKind),
    Index("statement_lines_due", "due_at_us", "id", postgresql_where=text("due_at_us IS NOT NULL")),
)

statement_progress = Table(
    "statement_progress",
    metadata,
    Column("id", String, primary_key=True),
    Column("covered_until_us", BigInteger, nullable=False),
    Column("compared_until_us", BigInteger, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),
    Column("lease_until_us", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    CheckConstraint("id = 'statement'", name="there_is_one"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.id"), nullable=False),
    Column("url", String),
    Column("state", String, nullable=False),
    Column("secret", String),  # as it is, because it is needed to sign
    Column("old_secret", String),
    Column("old_secret_until_us", BigInteger),
    Column("disabled_reason", String),
    Column("created_at_us", BigInteger, nullable=False),
    _one_of("state", EndpointState),
    CheckConstraint("(url IS NULL) = (state = 'deleted')", name="deleted_means_no_address"),
    CheckConstraint("(secret IS NULL) = (state = 'deleted')", name="deleted_means_no_secret"),
    CheckConstraint("(old_secret IS NULL) = (old_secret_until_us IS NULL)", name="old_secrets_end"),
    CheckConstraint("(disabled_reason IS NOT NULL) = (state = 'disabled')", name="disabled_for_a_reason"),
    Index("endpoints_of_merchant", "merchant_id"),  # looked at by every move of a payment
)

outgoing_events = Table(
    "outgoing_events",
    metadata,
    Column("id", String, primary_key=True),  # made of the object's id and the sequence
    Column("merchant_id", ForeignKey("merchants.id"), nullable=False),
    Column("type", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("refund_id", ForeignKey("refunds.id")),  # if it is about a refund of that payment
    Column("snapshot", JSONB, nullable=False),  # the row as it was committed, by column; a refund's with its currency
    Column("occurred_at_us", BigInteger, nullable=False),
    _one_of("type", EventType),
    Index("outgoing_events_of_merchant", "merchant_id", "occurred_at_us", "id"),
    Index("outgoing_events_occurred", "occurred_at_us", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("event_id", ForeignKey("outgoing_events.id", ondelete="CASCADE"), nullable=False),
    Column("endpoint_id", ForeignKey("endpoints.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at_us", BigInteger),
    Column("lease_until_us", BigInteger),
    Column("tried_at_us", BigInteger),
    Column("echo", String),
    Column("status", Integer),
    Column("note", String),
    PrimaryKeyConstraint("event_id", "endpoint_id"),
    _one_of("state", DeliveryState),
    _one_of("echo", EchoKind),
    CheckConstraint("(due_at_us IS NOT NULL) = (state = 'pending')", name="pending_means_due"),
    CheckConstraint("lease_until_us IS NULL OR state = 'pending'", name="only_pending_is_held"),
    Index("deliveries_due", "due_at_us", "event_id", "endpoint_id", postgresql_where=text("due_at_us IS NOT NULL")),
    Index("deliveries_dead", "event_id", postgresql_where=text("state = 'dead'")),
)

defend(metadata)
announce(metadata)
