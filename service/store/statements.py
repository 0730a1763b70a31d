"""Every statement of the store, by name. They are built once; only parameters change.

They are written for READ COMMITTED: each statement sees what was committed before *it* began, so what is read after
a lock has been taken is current. A case is locked in one statement over both rows, because a row that is merely
joined to a locked one is read from before the wait.
"""

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Join,
    Label,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

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

FORGET_KEYS = delete(idempotency_keys).where(idempotency_keys.c.expires_at_us <= bindparam("now_us"))

# --- payments, with their transitions --------------------------------------------------------------------------------


def _given(table: Table, *, prefix: str) -> dict[str, BindParameter[object]]:
    """Return a parameter for every column, named apart so that no statement takes it for one of its own columns."""
    return {column.name: bindparam(f"{prefix}__{column.name}", type_=column.type) for column in table.columns}


_PAYMENT = _given(payments, prefix="payment")
_TRANSITION = _given(transitions, prefix="transition")
_ATTEMPT = _given(attempts, prefix="attempt")

# A payment, its first transition and its capture attempt come into being together, or not at all if the order has a
# live payment. One statement, because each one costs a round trip while the customer waits.
_opened = (
    upsert(payments)
    .values(_PAYMENT)
    .on_conflict_do_nothing(index_elements=["merchant_id", "order_id"], index_where=text("state <> 'FAILED'"))
    .returning(payments.c.id)
    .cte("opened")
)
_told = (
    insert(transitions)
    .from_select(
        list(_TRANSITION),
        select(*(_TRANSITION | {"payment_id": _opened.c.id, "sequence": literal(1, Integer)}).values()),
    )
    .cte("told")
)
OPEN_PAYMENT = (
    insert(attempts)
    .from_select(list(_ATTEMPT), select(*(_ATTEMPT | {"payment_id": _opened.c.id}).values()))
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

_CHANGES = {
    name: _PAYMENT[name] for name in ("state", "failure_reason", "captured_minor", "refunded_minor", "updated_at_us")
}

# A state changes only together with its transition. The guard on the old state fails only if nobody held the lock.
_moved = (
    update(payments)
    .where(payments.c.id == _PAYMENT["id"], payments.c.state == _TRANSITION["from_state"])
    .values(_CHANGES)
    .returning(payments.c.id)
    .cte("moved")
)
_next_sequence = (
    select(func.max(transitions.c.sequence) + 1).where(transitions.c.payment_id == _moved.c.id).scalar_subquery()
)
MOVE_PAYMENT = (
    insert(transitions)
    .from_select(
        list(_TRANSITION),
        select(*(_TRANSITION | {"payment_id": _moved.c.id, "sequence": _next_sequence}).values()),
    )
    .returning(transitions.c.sequence)
)

# The sums change and the state does not, as in a partial refund.
UPDATE_PAYMENT = (
    update(payments).where(payments.c.id == _PAYMENT["id"], payments.c.state == _PAYMENT["state"]).values(_CHANGES)
)

# --- attempts and refunds --------------------------------------------------------------------------------------------


_CASE = payments.join(attempts, attempts.c.payment_id == payments.c.id)


def _named(table: Table, prefix: str) -> list[Label[object]]:
    return [column.label(f"{prefix}_{column.name}") for column in table.columns]


# The payment is locked first (the lock order of `engine.ports`).
_lock_case = (
    select(*_named(payments, "payment"), *_named(attempts, "attempt"))
    .select_from(_CASE)
    .with_for_update(of=[payments, attempts])
)
LOCK_CASE = _lock_case.where(attempts.c.id == bindparam("attempt_id"))
LOCK_CASE_OF_PSP_OBJECT = _lock_case.where(
    attempts.c.kind == bindparam("kind"), attempts.c.psp_id == bindparam("psp_id")
)

# Nothing is locked here, so a refund's row may come along.
_read_case = select(*_named(payments, "payment"), *_named(attempts, "attempt"), *_named(refunds, "refund")).select_from(
    _CASE.outerjoin(refunds, refunds.c.id == attempts.c.refund_id)
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

_REFUND = _given(refunds, prefix="refund")
_asked = insert(refunds).values(_REFUND).returning(refunds.c.id).cte("asked")
OPEN_REFUND = insert(attempts).from_select(list(_ATTEMPT), select(*(_ATTEMPT | {"refund_id": _asked.c.id}).values()))

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

# --- a case and all that belongs to it, at once ----------------------------------------------------------------------

PAYMENT_CHANGES = tuple(_CHANGES)
ATTEMPT_CHANGES = ("psp_id", "state", "tries", "first_sent_at_us", "settled_at_us", "due_at_us", "lease_until_us")
REFUND_CHANGES = ("state", "psp_refund_id", "settled_at_us")
_EVENT = _given(inbox, prefix="event")


def _changes(table: Table, names: tuple[str, ...], *, prefix: str) -> dict[str, BindParameter[object]]:
    return {name: bindparam(f"{prefix}__{name}", type_=table.c[name].type) for name in names}


def _as_before(table: Table, names: tuple[str, ...], *, prefix: str) -> list[ColumnElement[bool]]:
    before = _changes(table, names, prefix=f"{prefix}_before")
    return [table.c[name].is_not_distinct_from(value) for name, value in before.items()]


def _advance(case: Join, *, refund: bool, waits: bool) -> "Select[tuple[int, int]]":
    """Write what has become of a case, if all of it is still as it was when that was decided.

    All that may change is compared, so whatever happened in between, the decision is right for what is there. The rows
    are locked in the order of `engine.ports`, and compared as they are then, not as they were when the statement began.
    An event is stored first: if it had been, nothing else is written.
    """
    locked = [payments, attempts, *([refunds] if refund else [])]
    held = (
        select(payments.c.id.label("payment_id"), attempts.c.id.label("attempt_id"), attempts.c.refund_id)
        .select_from(case)
        .where(
            attempts.c.id == bindparam("attempt_id"),
            *_as_before(payments, PAYMENT_CHANGES, prefix="payment"),
            *_as_before(attempts, ATTEMPT_CHANGES, prefix="attempt"),
            *(_as_before(refunds, REFUND_CHANGES, prefix="refund") if refund else ()),
        )
        .with_for_update(of=locked, skip_locked=not waits)
        .cte("held")
    )
    stored = (
        upsert(inbox)
        .from_select(list(_EVENT), select(*_EVENT.values()).select_from(held).where(_EVENT["event_id"].is_not(None)))
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(inbox.c.event_id)
        .cte("stored")
    )
    ours = select(held).where(or_(_EVENT["event_id"].is_(None), exists().select_from(stored))).cte("ours")
    moved = (
        update(payments)
        .where(payments.c.id == ours.c.payment_id, bindparam("is_moved", type_=Boolean))
        .values(_CHANGES)
        .returning(payments.c.id)
        .cte("moved")
    )
    sequence = select(func.max(transitions.c.sequence) + 1).where(transitions.c.payment_id == moved.c.id)
    told = (
        insert(transitions)
        .from_select(
            list(_TRANSITION),
            select(*(_TRANSITION | {"payment_id": moved.c.id, "sequence": sequence.scalar_subquery()}).values()).where(
                _TRANSITION["to_state"].is_not(None)
            ),
        )
        .cte("told")
    )
    tried = (
        update(attempts)
        .where(attempts.c.id == ours.c.attempt_id, bindparam("is_tried", type_=Boolean))
        .values(_changes(attempts, ATTEMPT_CHANGES, prefix="attempt"))
        .cte("tried")
    )
    closed = (
        update(refunds)
        .where(refunds.c.id == ours.c.refund_id, bindparam("is_closed", type_=Boolean))
        .values(_changes(refunds, REFUND_CHANGES, prefix="refund"))
        .cte("closed")
    )
    return select(
        select(func.count()).select_from(held).scalar_subquery().label("held"),
        select(func.count()).select_from(ours).scalar_subquery().label("written"),
    ).add_cte(told, tried, *([closed] if refund else []))


_REFUND_CASE = _CASE.join(refunds, refunds.c.id == attempts.c.refund_id)

ADVANCE_CAPTURE = _advance(_CASE, refund=False, waits=True)
ADVANCE_REFUND = _advance(_REFUND_CASE, refund=True, waits=True)
ADVANCE_CAPTURE_UNLESS_BUSY = _advance(_CASE, refund=False, waits=False)
ADVANCE_REFUND_UNLESS_BUSY = _advance(_REFUND_CASE, refund=True, waits=False)
