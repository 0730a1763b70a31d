"""What several statements are made of: parameters by column, and the row of a transition."""

from sqlalchemy import CTE, BindParameter, Select, Table, bindparam, func, select

from service.store.tables import attempts, payments, transitions


def given(table: Table, *, prefix: str) -> dict[str, BindParameter[object]]:
    """Return a parameter for every column, named apart so that no statement takes it for one of its own columns."""
    return given_some(table, tuple(table.columns.keys()), prefix=prefix)


def given_some(table: Table, names: tuple[str, ...], *, prefix: str) -> dict[str, BindParameter[object]]:
    """Return a parameter for each of these columns."""
    return {name: bindparam(f"{prefix}__{name}", type_=table.c[name].type) for name in names}


PAYMENT = given(payments, prefix="payment")
TRANSITION = given(transitions, prefix="transition")
ATTEMPT = given(attempts, prefix="attempt")

PAYMENT_CHANGES = {
    name: PAYMENT[name] for name in ("state", "failure_reason", "captured_minor", "refunded_minor", "updated_at_us")
}

WITH_ATTEMPT = payments.join(attempts, attempts.c.payment_id == payments.c.id)


def next_transition(moved: CTE) -> Select[tuple[object, ...]]:
    """Select the transition that is given, as the next one of the payment that was moved."""
    sequence = select(func.max(transitions.c.sequence) + 1).where(transitions.c.payment_id == moved.c.id)
    return select(*(TRANSITION | {"payment_id": moved.c.id, "sequence": sequence.scalar_subquery()}).values())
