"""Three views of the same money: what customers were told, what the service's books say, what the PSP's books say.

A side that does not know has no amount: the customer who was told nothing final, the service that is still PROCESSING
or keeps no such book. Who does not know claims nothing, and so contradicts nobody; but a service that does not know of
money which the PSP holds disagrees with it.
"""

from collections.abc import Sequence
from operator import attrgetter

import pandas as pd

from reports.evidence import Evidence
from reports.facts import Money, Purchase
from reports.money import decimals
from reports.records import PAID_STATES, DiaryEntry, Payment, PaymentState
from reports.truth import Truth

_AMOUNTS = ("told_minor", "booked_minor", "captured_minor", "booked_back_minor", "refunded_minor")
_CLAIMS = (
    ("told_minor", "captured_minor"),
    ("booked_minor", "captured_minor"),
    ("booked_back_minor", "refunded_minor"),
)
_COLUMNS = ("order", "currency", "told", "state", "psp_status", *_AMOUNTS)


def three_ways(evidence: Evidence, truth: Truth) -> pd.DataFrame:
    """Return a row a purchase, with `agrees` telling whether the three views are one."""
    rows = _rows_by_order(evidence, truth)
    orders = sorted(truth.purchases.keys() | truth.money_by_intent.keys() | rows.keys())
    records = [_three_way(order, truth, rows.get(order, ())) for order in orders]
    frame = pd.DataFrame(records, columns=list(_COLUMNS)).astype(dict.fromkeys(_AMOUNTS, "Int64"))
    frame["agrees"] = (
        _is_same(frame["told_minor"], frame["captured_minor"])
        & _is_same(frame["booked_minor"], frame["captured_minor"])
        & _is_same(frame["booked_back_minor"], frame["refunded_minor"])
        & ~(frame["booked_minor"].isna() & ~frame["state"].isin(PAID_STATES) & (frame["captured_minor"] > 0))
    )
    return frame


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row a currency: how many purchases each side calls paid, their sums, and how many rows disagree."""
    by_currency = frame.assign(
        told_paid=frame["told_minor"] > 0,
        booked_paid=frame["booked_minor"] > 0,
        captured_paid=frame["captured_minor"] > 0,
        disagreeing=~frame["agrees"],
    ).groupby("currency")
    counts = by_currency[["told_paid", "booked_paid", "captured_paid", "disagreeing"]].sum()
    return by_currency[list(_AMOUNTS)].sum().join(counts).join(by_currency.size().rename("purchases")).reset_index()


def disagreements(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the purchases whose views are not one, the largest difference in major units first."""
    differing = frame[~frame["agrees"]]
    distances = pd.DataFrame({claim: (differing[claim] - differing[fact]).abs().fillna(0) for claim, fact in _CLAIMS})
    # Who knows of nothing claims nothing, and what is not known of is all that was taken.
    unaware = differing["captured_minor"].where(differing["booked_minor"].isna(), 0)
    stake = distances.max(axis=1).clip(lower=unaware) if len(differing) else 0
    places = differing["currency"].map(lambda currency: 10 ** decimals(currency))
    ranked = differing.assign(stake=stake / places)
    return ranked.sort_values(["stake", "order"], ascending=[False, True])


def _is_same(claim: "pd.Series[int]", fact: "pd.Series[int]") -> "pd.Series[bool]":
    return (claim == fact).fillna(value=True).astype(bool)


def _rows_by_order(evidence: Evidence, truth: Truth) -> dict[str, list[Payment]]:
    rows: dict[str, list[Payment]] = {}
    for payment in evidence.service.payments or ():
        order = payment.order_id or truth.order_of.get(payment.id) or payment.id
        rows.setdefault(order, []).append(payment)
    return rows


def _three_way(order: str, truth: Truth, rows: Sequence[Payment]) -> tuple[object, ...]:
    purchase, moneys = truth.purchases.get(order), truth.money_by_intent.get(order, ())
    told, row = _last_word(purchase, truth), _row_that_counts(rows)
    return (
        order,
        _currency(purchase, moneys, row),
        told.status_shown if told else "nothing final",
        row.state if row else "no row",
        ", ".join(sorted({str(money.payment.status) for money in moneys})) or "never heard of it",
        _told_minor(told, purchase),
        _booked_minor(row),
        sum(money.captured_minor for money in moneys),
        row.refunded_minor if row else None,
        sum(money.refunded_minor for money in moneys),
    )


def _last_word(purchase: Purchase | None, truth: Truth) -> DiaryEntry | None:
    """Return the last final word that the customer was told about any payment of the purchase."""
    payment_ids = purchase.payment_ids if purchase else ()
    words = [truth.final_words.get(payment_id, ()) for payment_id in payment_ids]
    return max([about[-1] for about in words if about], key=attrgetter("asked_at_us", "op"), default=None)


def _row_that_counts(rows: Sequence[Payment]) -> Payment | None:
    """Return the payment that stands for the order: the live one, else the last that failed."""
    live = [row for row in rows if row.state != PaymentState.FAILED]
    return max(live or rows, key=lambda row: row.created_at_us or 0, default=None)


def _told_minor(told: DiaryEntry | None, purchase: Purchase | None) -> int | None:
    if told is None or purchase is None:
        return None
    if told.status_shown not in PAID_STATES:
        return 0
    price_minor = min((price_minor for price_minor, _ in purchase.prices(told.payment_id)), default=None)
    return price_minor if told.captured_shown_minor is None else told.captured_shown_minor


def _booked_minor(row: Payment | None) -> int | None:
    if row is None or row.state == PaymentState.FAILED:
        return 0
    if row.state not in PAID_STATES:
        return None
    return row.amount_minor if row.captured_minor is None else row.captured_minor


def _currency(purchase: Purchase | None, moneys: Sequence[Money], row: Payment | None) -> str:
    asked = [click.currency for click in purchase.clicks if click.currency] if purchase else []
    if asked:
        return asked[0]
    known = [*(money.currency for money in moneys), row.currency if row else None]
    return next((currency for currency in known if currency), "")
