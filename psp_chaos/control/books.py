"""The books: how much there is in all, and their rows page by page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypedDict

from pydantic import TypeAdapter

from psp_chaos.control.actions import Action, Json, Rows
from psp_chaos.control.asked import Asked, InRealm, Page
from psp_chaos.control.plant import mode_of
from psp_chaos.control.refusals import NotThere
from psp_chaos.money.settlement import SettlementLine
from psp_chaos.records import Charge, Customer, Dispute, Movement, Payment, Payout, Refund
from psp_chaos.wire.realms import Realm


@dataclass(frozen=True, slots=True)
class Book[V]:
    """One book of a realm."""

    rows: Callable[[Realm], Mapping[str, V]]
    adapter: TypeAdapter[V]

    def show(self, row: V) -> Json:
        """Write a row as plain data."""
        shown = self.adapter.dump_python(row, mode="json")
        assert isinstance(shown, dict)
        return shown


BOOKS: Mapping[str, Book[Any]] = {
    "payments": Book(lambda realm: realm.books.payments, TypeAdapter(Payment)),
    "charges": Book(lambda realm: realm.books.charges, TypeAdapter(Charge)),
    "refunds": Book(lambda realm: realm.books.refunds, TypeAdapter(Refund)),
    "movements": Book(lambda realm: realm.ledger.movements, TypeAdapter(Movement)),
    "settlement": Book(lambda realm: realm.settlement.lines, TypeAdapter(SettlementLine)),
    "disputes": Book(lambda realm: realm.disputes.disputes, TypeAdapter(Dispute)),
    "payouts": Book(lambda realm: realm.payouts.payouts, TypeAdapter(Payout)),
    "customers": Book(lambda realm: realm.customers.customers, TypeAdapter(Customer)),
}


class Sum(TypedDict):
    """The money that moved for one reason in one currency."""

    kind: str
    currency: str
    count: int
    amount_minor: int
    fee_minor: int


class Totals(TypedDict):
    """How much there is."""

    account: str
    mode: Literal["test", "live"]
    counts: dict[str, int]
    payments: dict[str, int]  # by status
    moved: list[Sum]
    realms: list[Json]  # that can be asked for


def totals(realm: Realm, *, realms: tuple[Realm, ...]) -> Totals:
    """Count and sum the books of a realm."""
    statuses: dict[str, int] = {}
    for payment in realm.books.payments.values():
        statuses[payment.status.value] = statuses.get(payment.status.value, 0) + 1
    return {
        "account": realm.account,
        "mode": mode_of(realm),
        "counts": {name: len(book.rows(realm)) for name, book in BOOKS.items()},
        "payments": statuses,
        "moved": _sums(realm),
        "realms": [{"account": other.account, "mode": mode_of(other)} for other in realms],
    }


def page_behind(book: Book[Any], realm: Realm, *, after: str | None, limit: int) -> Rows:
    """Return the rows behind this one, oldest first.

    Raises:
        NotThere: It is not in this book.
    """
    rows = book.rows(realm)
    if after is not None and after not in rows:
        raise NotThere(f"There is no '{after}' in this book; give `next` of the page before as `after`.")
    keys = iter(rows)
    if after is not None:
        next(key for key in keys if key == after)
    found = list(islice(keys, limit + 1))
    shown = found[:limit]
    return {
        "data": [book.show(rows[key]) for key in shown],
        "total": len(rows),
        "next": shown[-1] if shown else after,
        "has_more": len(found) > limit,
    }


async def show_books(asked: Asked[InRealm, None]) -> Totals:
    """Count and sum the books of an account."""
    return totals(asked.realm, realms=asked.plant.psp.realms.all)


async def show_book(asked: Asked[Page, None]) -> Rows:
    """Show a page of a book, oldest first."""
    if asked.target not in BOOKS:
        raise NotThere(f"There is no book '{asked.target}'; choose from {', '.join(BOOKS)}.")
    return page_behind(BOOKS[asked.target], asked.realm, after=asked.query.after, limit=asked.query.limit)


def _sums(realm: Realm) -> list[Sum]:
    sums: dict[tuple[str, str], Sum] = {}
    for movement in realm.ledger.movements.values():
        kind, currency = movement.kind.value, movement.currency
        found = sums.get((kind, currency))
        if found is None:
            found = sums[kind, currency] = Sum(kind=kind, currency=currency, count=0, amount_minor=0, fee_minor=0)
        found["count"] += 1
        found["amount_minor"] += movement.amount_minor
        found["fee_minor"] += movement.fee_minor
    return list(sums.values())


BOOK_ACTIONS = (
    Action(method="GET", path="/books", perform=show_books, query=InRealm, answers=Totals),
    Action(method="GET", path="/books/{id}", perform=show_book, query=Page, answers=Rows),
)
