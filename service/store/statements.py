"""Every statement of the store, by name. They are built once; only parameters change.

They are written for READ COMMITTED: each statement sees what was committed before *it* began, so what is read after
a lock has been taken is current. A case is locked in one statement over both rows, because a row that is merely
joined to a locked one is read from before the wait.
"""

from sqlalchemy import (
    Integer,
    Label,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from service.store.outgoing_statements import DUE_DELIVERY, OLD_EVENT
from service.store.parameters import ATTEMPT, PAYMENT, PAYMENT_CHANGES, TRANSITION, WITH_ATTEMPT, given, next_transition
from service.store.tables import (
    attempts,
    discrepancies,
    idempotency_keys,
    inbox,
    payments,
    refunds,
    statement_progress,
    transitions,
)

# --- idempotency keys ------------------------------------------------------------------------------------------------

_KEY_IS = (
    (idempotency_keys.c.merchant_id == bindparam("the_merchant"))
    & (idempotency_keys.c.route == bindparam("the_route"))
    & (idempotency_keys.c.key == bindparam("the_key"))
)

REMEMBERED = select(idempotency_keys).where(_KEY_IS, idempotency_keys.c.expires_at_us > bindparam("now_us"))

# Waits for a concurrent claim of the same key to end. A key whose retention is over is claimed as if it were new.
_claim = upsert(idempotency_keys)
CLAIM_KEY = _claim.on_conflict_do_update(
    index_elements=["merchant_id", "route", "key"],
    set_={
        "fingerprint": _claim.excluded.fingerprint,
        "status": _claim.excluded.status,
        "body": _claim.excluded.body,
        "created_at_us": _claim.excluded.created_at_us,
        "expires_at_us": _claim.excluded.expires_at_us,
    },
    where=idempotency_keys.c.expires_at_us <= _claim.excluded.created_at_us,
).returning(idempotency_keys.c.key)

REMEMBER = update(idempotency_keys).where(_KEY_IS)  # sets status and body

# In batches, so that no statement holds its locks for long; rows that somebody holds are left for the next time.
_forgettable = (
    select(*idempotency_keys.primary_key)
    .where(idempotency_keys.c.expires_at_us <= bindparam("now_us"))
    .order_by(idempotency_keys.c.expires_at_us)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
FORGET_KEYS = delete(idempotency_keys).where(tuple_(*idempotency_keys.primary_key).in_(_forgettable))

# --- payments, with their transitions --------------------------------------------------------------------------------

# A payment, its first transition and its capture attempt come into being together, or not at all if the order has a
# live payment. One statement, because each one costs a round trip while the customer waits.
_opened = (
    upsert(payments)
    .values(PAYMENT)
    .on_conflict_do_nothing(index_elements=["merchant_id", "order_id"], index_where=text("state <> 'FAILED'"))
    .returning(payments.c.id)
    .cte("opened")
)
_told = (
    insert(transitions)
    .from_select(
        list(TRANSITION),
        select(*(TRANSITION | {"payment_id": _opened.c.id, "sequence": literal(1, Integer)}).values()),
    )
    .cte("told")
)
OPEN_PAYMENT = (
    insert(attempts)
    .from_select(list(ATTEMPT), select(*(ATTEMPT | {"payment_id": _opened.c.id}).values()))
    .returning(attempts.c.id)
    .add_cte(_told)
)

LIVE_PAYMENT_ID = select(payments.c.id).where(
    payments.c.merchant_id == bindparam("merchant_id"),
    payments.c.order_id == bindparam("order_id"),
    payments.c.state != "FAILED",
)

LOCK_PAYMENT = (
    select(payments)
    .where(payments.c.id == bindparam("payment_id"), payments.c.merchant_id == bindparam("merchant_id"))
    .with_for_update()
)

# A state changes only together with its transition. The guard on the old state fails only if nobody held the lock.
_moved = (
    update(payments)
    .where(payments.c.id == PAYMENT["id"], payments.c.state == TRANSITION["from_state"])
    .values(PAYMENT_CHANGES)
    .returning(payments.c.id)
    .cte("moved")
)
MOVE_PAYMENT = (
    insert(transitions).from_select(list(TRANSITION), next_transition(_moved)).returning(transitions.c.sequence)
)

# The sums change and the state does not, as in a partial refund.
UPDATE_PAYMENT = (
    update(payments).where(payments.c.id == PAYMENT["id"], payments.c.state == PAYMENT["state"]).values(PAYMENT_CHANGES)
)

# The wish goes on record, and nothing else: no move of a payment ever writes this column.
REQUEST_CANCEL = (
    update(payments)
    .where(payments.c.id == PAYMENT["id"], payments.c.cancel_requested_at_us.is_(None))
    .values({name: PAYMENT[name] for name in ("cancel_requested_at_us", "updated_at_us")})
)

# --- attempts and refunds --------------------------------------------------------------------------------------------


def _named(table: Table, prefix: str) -> list[Label[object]]:
    return [column.label(f"{prefix}_{column.name}") for column in table.columns]


# The payment is locked first (the lock order of `engine.ports`).
_lock_case = (
    select(*_named(payments, "payment"), *_named(attempts, "attempt"))
    .select_from(WITH_ATTEMPT)
    .with_for_update(of=[payments, attempts])
)
LOCK_CASE = _lock_case.where(attempts.c.id == bindparam("attempt_id"))
LOCK_CAPTURE_CASE = _lock_case.where(
    payments.c.id == bindparam("payment_id"),
    payments.c.merchant_id == bindparam("merchant_id"),
    attempts.c.kind == "capture",
)
LOCK_CASE_OF_PSP_OBJECT = _lock_case.where(
    attempts.c.kind == bindparam("kind"), attempts.c.psp_id == bindparam("psp_id")
)

# Nothing is locked here, so a refund's row may come along.
_read_case = select(*_named(payments, "payment"), *_named(attempts, "attempt"), *_named(refunds, "refund")).select_from(
    WITH_ATTEMPT.outerjoin(refunds, refunds.c.id == attempts.c.refund_id)
)
CASE = _read_case.where(attempts.c.id == bindparam("attempt_id"))

# The PSP's own id says more than our reference, which it only repeats.
_is_psp_object = attempts.c.psp_id == bindparam("psp_id")
CASE_OF_PSP_OBJECT = (
    _read_case.where(
        attempts.c.kind == bindparam("kind"), or_(_is_psp_object, attempts.c.id == bindparam("attempt_id"))
    )
    .order_by(_is_psp_object.desc().nulls_last())
    .limit(1)
)

UPDATE_ATTEMPT = update(attempts).where(attempts.c.id == bindparam("the_attempt"))  # sets what it is given

_DUE_ATTEMPTS = (
    select(literal("attempt").label("kind"), attempts.c.id, attempts.c.due_at_us)
    .where(
        attempts.c.settled_at_us.is_(None),
        attempts.c.due_at_us <= bindparam("now_us"),
        or_(attempts.c.lease_until_us.is_(None), attempts.c.lease_until_us <= bindparam("now_us")),
    )
    .order_by(attempts.c.due_at_us, attempts.c.id)
    .limit(bindparam("limit"))
)

CAPTURE_PSP_ID = select(attempts.c.psp_id).where(
    attempts.c.payment_id == bindparam("payment_id"), attempts.c.kind == "capture"
)

_REFUND = given(refunds, prefix="refund")
_asked = insert(refunds).values(_REFUND).returning(refunds.c.id).cte("asked")
OPEN_REFUND = insert(attempts).from_select(list(ATTEMPT), select(*(ATTEMPT | {"refund_id": _asked.c.id}).values()))

REFUND_BY_ID = select(refunds).where(refunds.c.id == bindparam("refund_id"))

RESERVED_MINOR = select(func.coalesce(func.sum(refunds.c.amount_minor), 0).label("reserved_minor")).where(
    refunds.c.payment_id == bindparam("payment_id"), refunds.c.state == "PENDING"
)

UPDATE_REFUND = update(refunds).where(refunds.c.id == bindparam("the_refund"))  # sets what it is given

# --- inbox and discrepancies -----------------------------------------------------------------------------------------

INSERT_EVENT = upsert(inbox).on_conflict_do_nothing(index_elements=["event_id"]).returning(inbox.c.event_id)

LOCK_PARKED_EVENT = (
    select(inbox)
    .where(inbox.c.event_id == bindparam("the_event"), inbox.c.state == "parked")
    .with_for_update(skip_locked=True)
)

UPDATE_EVENT = update(inbox).where(inbox.c.event_id == bindparam("the_event"))  # sets what it is given

# Parked events are work, however old.
_old = (
    select(inbox.c.event_id)
    .where(inbox.c.received_at_us < bindparam("before_us"), inbox.c.state != "parked")
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
FORGET_EVENTS = delete(inbox).where(inbox.c.event_id.in_(_old))

_DUE_EVENTS = (
    select(literal("event").label("kind"), inbox.c.event_id, inbox.c.due_at_us)
    .where(inbox.c.state == "parked", inbox.c.due_at_us <= bindparam("now_us"))
    .order_by(inbox.c.due_at_us, inbox.c.event_id)
    .limit(bindparam("limit"))
)

_DUE_REPAIRS = (
    select(literal("discrepancy").label("kind"), discrepancies.c.id, discrepancies.c.due_at_us)
    .where(
        discrepancies.c.due_at_us <= bindparam("now_us"),
        or_(discrepancies.c.lease_until_us.is_(None), discrepancies.c.lease_until_us <= bindparam("now_us")),
    )
    .order_by(discrepancies.c.due_at_us, discrepancies.c.id)
    .limit(bindparam("limit"))
)

_DUE_STATEMENT = select(
    literal("statement").label("kind"), statement_progress.c.id, statement_progress.c.due_at_us
).where(
    statement_progress.c.due_at_us <= bindparam("now_us"),
    or_(statement_progress.c.lease_until_us.is_(None), statement_progress.c.lease_until_us <= bindparam("now_us")),
)

# Before the first reading there is no progress; it is due once our books have been waiting long enough for a statement.
_FIRST_STATEMENT = (
    select(literal("statement").label("kind"), literal("statement").label("id"), attempts.c.settled_at_us)
    .where(
        attempts.c.settled_at_us.is_not(None),
        attempts.c.settled_at_us <= bindparam("settled_before_us"),
        ~select(statement_progress.c.id).exists(),
    )
    .order_by(attempts.c.settled_at_us, attempts.c.id)
    .limit(1)
)

# All kinds in one statement, because a worker asks every few seconds and finds nothing most of the time.
_due = union_all(
    _DUE_ATTEMPTS.subquery().select(),
    _DUE_EVENTS.subquery().select(),
    _DUE_REPAIRS.subquery().select(),
    _DUE_STATEMENT.subquery().select(),
    _FIRST_STATEMENT.subquery().select(),
    DUE_DELIVERY.subquery().select(),
    OLD_EVENT.subquery().select(),
).subquery()
DUE_WORK = select(_due.c.kind, _due.c.id).order_by(_due.c.due_at_us, _due.c.id)

RECORD_DISCREPANCY = upsert(discrepancies).on_conflict_do_nothing(
    index_elements=[discrepancies.c.kind, text("(evidence ->> 'subject')")]
)

CLOSE_UNRESOLVED = update(discrepancies).where(  # sets state and closed_at_us
    discrepancies.c.kind == "unresolved-attempt",
    discrepancies.c.evidence["subject"].astext == bindparam("the_attempt"),
    discrepancies.c.closed_at_us.is_(None),
)
