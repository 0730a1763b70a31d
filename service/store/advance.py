"""One statement that writes what has become of a case, if all of it is still as it was when that was decided.

All that may change is compared, so whatever happened in between, the decision is right for what is there. The rows are
locked in the order of `engine.ports`, and compared as they are then, not as they were when the statement began. An
event is stored first: if it had been, nothing else is written.
"""

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Label,
    Select,
    Table,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from service.store.parameters import PAYMENT_CHANGES, TRANSITION, WITH_ATTEMPT, given, given_some, next_transition
from service.store.tables import attempts, inbox, payments, refunds, transitions

_ATTEMPT_CHANGES = ("psp_id", "state", "tries", "first_sent_at_us", "settled_at_us", "due_at_us", "lease_until_us")
_REFUND_CHANGES = ("state", "psp_refund_id", "settled_at_us")
_EVENT = given(inbox, prefix="event")
_REFUND_CASE = WITH_ATTEMPT.join(refunds, refunds.c.id == attempts.c.refund_id)


def _advance(*, with_refund: bool, waits: bool) -> Select[int, int]:
    """Count how many cases were still as before, and how many were written."""
    held = _held(with_refund=with_refund, waits=waits)
    ours = _ours(held)
    written = [_told(_moved(ours)), _tried(ours), *([_closed(ours)] if with_refund else [])]
    return select(_count(held, "held"), _count(ours, "written")).add_cte(*written)


def _held(*, with_refund: bool, waits: bool) -> CTE:
    """Lock the case, if it is still as before."""
    compared = [
        *_as_before(payments, (*PAYMENT_CHANGES, "cancel_requested_at_us"), prefix="payment"),
        *_as_before(attempts, _ATTEMPT_CHANGES, prefix="attempt"),
        *(_as_before(refunds, _REFUND_CHANGES, prefix="refund") if with_refund else ()),
    ]
    return (
        select(payments.c.id.label("payment_id"), attempts.c.id.label("attempt_id"), attempts.c.refund_id)
        .select_from(_REFUND_CASE if with_refund else WITH_ATTEMPT)
        .where(attempts.c.id == bindparam("attempt_id"), *compared)
        .with_for_update(of=[payments, attempts, *([refunds] if with_refund else [])], skip_locked=not waits)
        .cte("held")
    )


def _ours(held: CTE) -> CTE:
    """Return what is held, unless the event that tells of it had been received before."""
    told = select(*_EVENT.values()).select_from(held).where(_EVENT["event_id"].is_not(None))
    stored = (
        upsert(inbox)
        .from_select(list(_EVENT), told)
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(inbox.c.event_id)
        .cte("stored")
    )
    return select(held).where(or_(_EVENT["event_id"].is_(None), exists().select_from(stored))).cte("ours")


def _moved(ours: CTE) -> CTE:
    return (
        update(payments)
        .where(payments.c.id == ours.c.payment_id, bindparam("is_moved", type_=Boolean))
        .values(PAYMENT_CHANGES)
        .returning(payments.c.id)
        .cte("moved")
    )


def _told(moved: CTE) -> CTE:
    """Write the transition, if the sums of the payment are not all that has changed."""
    transition = next_transition(moved).where(TRANSITION["to_state"].is_not(None))
    return insert(transitions).from_select(list(TRANSITION), transition).cte("told")


def _tried(ours: CTE) -> CTE:
    return (
        update(attempts)
        .where(attempts.c.id == ours.c.attempt_id, bindparam("is_tried", type_=Boolean))
        .values(given_some(attempts, _ATTEMPT_CHANGES, prefix="attempt"))
        .cte("tried")
    )


def _closed(ours: CTE) -> CTE:
    return (
        update(refunds)
        .where(refunds.c.id == ours.c.refund_id, bindparam("is_closed", type_=Boolean))
        .values(given_some(refunds, _REFUND_CHANGES, prefix="refund"))
        .cte("closed")
    )


def _as_before(table: Table, names: tuple[str, ...], *, prefix: str) -> list[ColumnElement[bool]]:
    before = given_some(table, names, prefix=f"{prefix}_before")
    return [table.c[name].is_not_distinct_from(value) for name, value in before.items()]


def _count(rows: CTE, name: str) -> Label[int]:
    return select(func.count()).select_from(rows).scalar_subquery().label(name)


ADVANCE_CAPTURE = _advance(with_refund=False, waits=True)
ADVANCE_REFUND = _advance(with_refund=True, waits=True)
ADVANCE_CAPTURE_UNLESS_BUSY = _advance(with_refund=False, waits=False)
ADVANCE_REFUND_UNLESS_BUSY = _advance(with_refund=True, waits=False)
