"""The named statements about the PSP's statement and about repairs; see `service.store.statements` for the rest."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    case,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.reconciliation import REMEDIES, DiscrepancyKind, DiscrepancyState, Remedy
from engine.statement import LineKind
from service.store.tables import attempts, discrepancies, payments, refunds, statement_lines, statement_progress

_CAPTURES = (LineKind.CAPTURE, LineKind.CAPTURE_REVERSAL)
_REFUNDS = (LineKind.REFUND, LineKind.REFUND_REVERSAL)
_IDS = bindparam("ids", type_=ARRAY(String))
# As the indexes spell it; a parameter in its place would not be recognised by a plan that is used again.
_subject: ColumnElement[str] = literal_column("discrepancies.evidence ->> 'subject'", String)
_failed: ColumnElement[str] = literal_column("'FAILED'", String)

# --- progress --------------------------------------------------------------------------------------------------------

BEGIN_PROGRESS = upsert(statement_progress).on_conflict_do_nothing(index_elements=["id"])
LOCK_PROGRESS = select(statement_progress).with_for_update()
LOCK_PROGRESS_UNLESS_BUSY = select(statement_progress).with_for_update(skip_locked=True)
UPDATE_PROGRESS = update(statement_progress)  # sets what it is given
FIRST_SETTLED = select(func.min(attempts.c.settled_at_us).label("settled_at_us")).where(
    attempts.c.settled_at_us.is_not(None)
)

# --- lines -----------------------------------------------------------------------------------------------------------

# One statement for a page of any length, because a text that depended on it would have to be prepared for each.
_read = (
    func.jsonb_to_recordset(bindparam("lines", type_=JSONB))
    .table_valued(*(column(one.name, one.type) for one in statement_lines.columns))
    .render_derived(name="read", with_types=True)
)
INSERT_LINES = (
    upsert(statement_lines)
    # In one order, so that two readers who meet wait for each other and not in a circle.
    .from_select([one.name for one in statement_lines.columns], select(_read).order_by(_read.c.id))
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(statement_lines.c.id)
)

LINES = select(statement_lines).where(statement_lines.c.id == any_(_IDS)).order_by(statement_lines.c.id)

LINES_OF_CAPTURES = (
    select(statement_lines)
    .where(statement_lines.c.psp_id == any_(_IDS), statement_lines.c.kind.in_(_CAPTURES))
    .order_by(statement_lines.c.reported_s, statement_lines.c.id)
)
LINES_OF_REFUNDS = (
    select(statement_lines)
    .where(statement_lines.c.psp_id == any_(_IDS), statement_lines.c.kind.in_(_REFUNDS))
    .order_by(statement_lines.c.reported_s, statement_lines.c.id)
)

MATCHED = (
    update(statement_lines)
    .where(statement_lines.c.id == any_(_IDS))
    .values(due_at_us=bindparam("matched_due_at_us", type_=BigInteger))
)

DUE_OBJECTS = (
    select(
        case((statement_lines.c.kind.in_(_CAPTURES), "capture"), else_="refund").label("kind"), statement_lines.c.psp_id
    )
    .where(statement_lines.c.due_at_us.is_not(None), statement_lines.c.due_at_us <= bindparam("now_us"))
    .order_by(statement_lines.c.due_at_us, statement_lines.c.id)
    .limit(bindparam("limit"))
)

CASES_OF_PSP_OBJECTS = (
    select(
        *(one.label(f"payment_{one.name}") for one in payments.columns),
        *(one.label(f"attempt_{one.name}") for one in attempts.columns),
        *(one.label(f"refund_{one.name}") for one in refunds.columns),
    )
    .select_from(
        attempts.join(payments, attempts.c.payment_id == payments.c.id).outerjoin(
            refunds, refunds.c.id == attempts.c.refund_id
        )
    )
    .where(attempts.c.kind == bindparam("kind"), attempts.c.psp_id == any_(_IDS))
    .order_by(attempts.c.psp_id)
)

# --- money of ours without a line ------------------------------------------------------------------------------------


def _line(kind: ColumnElement[str]) -> ColumnElement[str]:
    """Return a line of this kind about the attempt's object, looked up row by row.

    A NOT EXISTS would be turned into a join, for which PostgreSQL likes to read all lines there are.
    """
    return (
        select(statement_lines.c.id)
        .where(statement_lines.c.psp_id == attempts.c.psp_id, statement_lines.c.kind == kind)
        .correlate(attempts)
        .limit(1)
        .scalar_subquery()
    )


_ON_RECORD = exists().where(
    discrepancies.c.kind.in_((DiscrepancyKind.LINE_MISSING, DiscrepancyKind.PHANTOM_MONEY)),
    _subject == attempts.c.psp_id,
)


def _after(settled_at_us: ColumnElement[int]) -> ColumnElement[bool]:
    place = tuple_(settled_at_us, attempts.c.id)
    return and_(
        place > tuple_(bindparam("after_us", type_=BigInteger), bindparam("after_id", type_=String)),
        settled_at_us < bindparam("until_us", type_=BigInteger),
    )


_WITHOUT_A_LINE = (
    select(attempts.c.kind, attempts.c.psp_id, attempts.c.id.label("attempt_id"), attempts.c.settled_at_us)
    .where(
        attempts.c.settled_at_us.is_not(None),
        attempts.c.state == "SUCCEEDED",
        _after(attempts.c.settled_at_us),
        _line(attempts.c.kind).is_(None),
        ~_ON_RECORD,
    )
    .order_by(attempts.c.settled_at_us, attempts.c.id)
    .limit(bindparam("limit"))
)
# A refund that left and, as we know, came back; only its leaving was reported.
_WITHOUT_ITS_RETURN = (
    select(attempts.c.kind, attempts.c.psp_id, attempts.c.id.label("attempt_id"), refunds.c.settled_at_us)
    .select_from(refunds.join(attempts, attempts.c.refund_id == refunds.c.id))
    .where(
        refunds.c.state == _failed,
        _after(refunds.c.settled_at_us),
        _line(literal(LineKind.REFUND.value)).is_not(None),
        _line(literal(LineKind.REFUND_REVERSAL.value)).is_(None),
        ~_ON_RECORD,
    )
    .order_by(refunds.c.settled_at_us, attempts.c.id)
    .limit(bindparam("limit"))
)
_unreported = union_all(_WITHOUT_A_LINE.subquery().select(), _WITHOUT_ITS_RETURN.subquery().select()).subquery()
UNREPORTED = (
    select(_unreported).order_by(_unreported.c.settled_at_us, _unreported.c.attempt_id).limit(bindparam("limit"))
)

# --- repairs ---------------------------------------------------------------------------------------------------------

_GIVEN_BACK = tuple(kind for kind, remedy in REMEDIES.items() if remedy is Remedy.GIVE_BACK)

_repair = select(discrepancies).where(
    discrepancies.c.id == bindparam("the_discrepancy"), discrepancies.c.kind.in_(tuple(REMEDIES))
)
LOCK_REPAIR = _repair.with_for_update()
LOCK_REPAIR_UNLESS_BUSY = _repair.with_for_update(skip_locked=True)
UPDATE_REPAIR = update(discrepancies).where(discrepancies.c.id == bindparam("the_discrepancy"))  # sets what it is given

IS_REPAIRED_BY_REFUNDS = (
    select(discrepancies.c.id)
    .where(discrepancies.c.kind.in_(_GIVEN_BACK), _subject == bindparam("the_subject"))
    .limit(1)
)

HASTEN_REPAIR = (
    update(discrepancies)
    .where(
        discrepancies.c.kind.in_(_GIVEN_BACK),
        _subject == bindparam("the_subject"),
        or_(
            discrepancies.c.state == DiscrepancyState.OPEN,
            and_(bindparam("has_failed"), discrepancies.c.state == DiscrepancyState.REPAIRED),
        ),
    )
    .values(state=DiscrepancyState.OPEN.value, closed_at_us=None, due_at_us=bindparam("hastened_at_us"))
)

CLOSE_EXPLAINED = (
    update(discrepancies)
    .where(
        discrepancies.c.kind.in_(
            (DiscrepancyKind.LINE_MISSING, DiscrepancyKind.PHANTOM_MONEY, DiscrepancyKind.ORPHAN_MONEY)
        ),
        _subject == any_(_IDS),
        discrepancies.c.closed_at_us.is_(None),
    )
    .values(state=DiscrepancyState.REPAIRED.value, closed_at_us=bindparam("explained_at_us", type_=BigInteger))
)
