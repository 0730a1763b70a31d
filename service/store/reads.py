"""What the API shows: reads of one merchant's books, one statement each, without locks.

Every statement names the merchant, so nobody sees another one's payment by guessing its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, exists, func, or_, select, text, tuple_
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.lifecycle import PaymentState
from engine.payment import Payment, Transition
from engine.reconciliation import Discrepancy, DiscrepancyKind, DiscrepancyState
from engine.refund import Refund
from service.store import rows
from service.store.revision import alembic_version
from service.store.single import Singles
from service.store.tables import api_keys, discrepancies, payments, refunds, transitions

UNDEFINED_TABLE = "42P01"

# Built once: SQLAlchemy looks up what it has compiled by the statement, and a new one has to be understood first.

_IS_PAYMENT = (payments.c.id == bindparam("the_payment"), payments.c.merchant_id == bindparam("the_merchant"))

_REVISION = select(alembic_version.c.version_num)
_MERCHANT_OF_KEY = select(api_keys.c.merchant_id.label("id")).where(
    api_keys.c.key_sha256 == bindparam("the_key"), api_keys.c.revoked_at_us.is_(None)
)
_PAYMENT = select(payments).where(*_IS_PAYMENT)
_HISTORY = (
    select(transitions)
    .where(transitions.c.payment_id == bindparam("the_payment"), exists().where(*_IS_PAYMENT))
    .order_by(transitions.c.sequence)
)
_REFUNDS = (
    select(payments.c.currency, *(column.label(column.name) for column in refunds.columns))
    .select_from(payments.outerjoin(refunds, refunds.c.payment_id == payments.c.id))
    .where(*_IS_PAYMENT)
    .order_by(refunds.c.created_at_us, refunds.c.id)
)
# Says nothing, but each half of it is what one of the two indexes of orders holds, so both are used.
_FAILED_OR_NOT = or_(text("payments.state <> 'FAILED'"), text("payments.state = 'FAILED'"))
_SUMMED = (discrepancies.c.kind, discrepancies.c.state, discrepancies.c.currency)
_DISCREPANCY_SUMS = (
    select(
        *_SUMMED,
        func.count().label("count"),
        func.sum(func.abs(discrepancies.c.amount_minor)).label("amount_minor"),
    )
    .where(
        or_(
            discrepancies.c.state != DiscrepancyState.REPAIRED,
            discrepancies.c.found_at_us >= bindparam("since_us"),
            discrepancies.c.closed_at_us >= bindparam("since_us"),
        )
    )
    .group_by(*_SUMMED)
    .order_by(*_SUMMED)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentFilter:
    """Which payments are asked for; None means any."""

    state: PaymentState | None = None
    order_id: str | None = None
    created_from_us: int | None = None  # inclusive
    created_until_us: int | None = None  # exclusive


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscrepancyFilter:
    """Which discrepancies are asked for; None means any."""

    state: DiscrepancyState | None = None
    kind: DiscrepancyKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedDiscrepancy:
    """A discrepancy as it is on record, with what became of it."""

    id: str
    discrepancy: Discrepancy  # in the state that it is in now
    closed_at_us: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscrepancySum:
    """How many discrepancies of one kind and state there are, and about how much money of one currency."""

    kind: DiscrepancyKind
    state: DiscrepancyState
    currency: str
    count: int
    amount_minor: int  # without signs


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Where a page of a list begins and how long it is; newest first."""

    limit: int
    after: tuple[int, str] | None = None  # the time and the id of the last one seen


class PostgresReads:
    """Reads for the API; each is one round trip."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take the pool."""
        self._single = Singles(engine)

    async def schema_revision(self) -> str | None:
        """Return the revision that the database is marked with, or None if it has no mark."""
        try:
            found = await self._single.rows(_REVISION)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
                raise
            return None
        return str(found[0]["version_num"]) if found else None

    async def merchant_id(self, *, key_sha256: str) -> str | None:
        """Return the merchant who holds this API key."""
        found = await self._single.rows(_MERCHANT_OF_KEY, {"the_key": key_sha256})
        return str(found[0]["id"]) if found else None

    async def payment(self, *, merchant_id: str, payment_id: str) -> Payment | None:
        """Return one payment."""
        found = await self._single.rows(_PAYMENT, _named(merchant_id, payment_id))
        return rows.payment_of(found[0]) if found else None

    async def payments(self, *, merchant_id: str, wanted: PaymentFilter, page: Page) -> Sequence[Payment]:
        """Return at most `page.limit` payments, newest first."""
        found = await self._single.rows(_listed(merchant_id, wanted, page))
        return [rows.payment_of(row) for row in found]

    async def history(self, *, merchant_id: str, payment_id: str) -> Sequence[Transition]:
        """Return a payment's transitions in order; none if there is no such payment."""
        return [rows.transition_of(row) for row in await self._single.rows(_HISTORY, _named(merchant_id, payment_id))]

    async def refunds(self, *, merchant_id: str, payment_id: str) -> Sequence[Refund] | None:
        """Return a payment's refunds, oldest first, or None if there is no such payment."""
        found = await self._single.rows(_REFUNDS, _named(merchant_id, payment_id))
        if not found:
            return None
        return [rows.refund_of(row, currency=row["currency"]) for row in found if row["id"] is not None]

    async def discrepancies(
        self, *, merchant_id: str, wanted: DiscrepancyFilter, page: Page
    ) -> Sequence[RecordedDiscrepancy]:
        """Return at most `page.limit` discrepancies about the merchant's payments, found last first."""
        return [_recorded(row) for row in await self._single.rows(_found(merchant_id, wanted, page))]

    async def discrepancy_sums(self, *, since_us: int) -> Sequence[DiscrepancySum]:
        """Return, by kind, what is not repaired and what was found or closed since then; of all merchants."""
        return [
            DiscrepancySum(
                kind=DiscrepancyKind(row["kind"]),
                state=DiscrepancyState(row["state"]),
                currency=row["currency"],
                count=row["count"],
                amount_minor=int(row["amount_minor"]),
            )
            for row in await self._single.rows(_DISCREPANCY_SUMS, {"since_us": since_us})
        ]


def _named(merchant_id: str, payment_id: str) -> dict[str, object]:
    return {"the_merchant": merchant_id, "the_payment": payment_id}


def _listed(merchant_id: str, wanted: PaymentFilter, page: Page) -> "Select[*tuple[object, ...]]":
    statement = select(payments).where(payments.c.merchant_id == merchant_id)
    if wanted.state is not None:
        statement = statement.where(payments.c.state == wanted.state)
    if wanted.order_id is not None:
        statement = statement.where(payments.c.order_id == wanted.order_id, _FAILED_OR_NOT)
    if wanted.created_from_us is not None:
        statement = statement.where(payments.c.created_at_us >= wanted.created_from_us)
    if wanted.created_until_us is not None:
        statement = statement.where(payments.c.created_at_us < wanted.created_until_us)
    if page.after is not None:
        statement = statement.where(tuple_(payments.c.created_at_us, payments.c.id) < page.after)
    return statement.order_by(payments.c.created_at_us.desc(), payments.c.id.desc()).limit(page.limit)


def _found(merchant_id: str, wanted: DiscrepancyFilter, page: Page) -> "Select[*tuple[object, ...]]":
    statement = (
        select(discrepancies)
        .join(payments, payments.c.id == discrepancies.c.payment_id)
        .where(payments.c.merchant_id == merchant_id)
    )
    if wanted.state is not None:
        statement = statement.where(discrepancies.c.state == wanted.state)
    if wanted.kind is not None:
        statement = statement.where(discrepancies.c.kind == wanted.kind)
    if page.after is not None:
        statement = statement.where(tuple_(discrepancies.c.found_at_us, discrepancies.c.id) < page.after)
    return statement.order_by(discrepancies.c.found_at_us.desc(), discrepancies.c.id.desc()).limit(page.limit)


def _recorded(row: rows.Row) -> RecordedDiscrepancy:
    return RecordedDiscrepancy(id=row["id"], discrepancy=rows.discrepancy_of(row), closed_at_us=row["closed_at_us"])
