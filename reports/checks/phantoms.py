"""I3: a payment that the service calls paid has the PSP's money behind it."""

from reports.checks.check import Breach, Check, Examination
from reports.evidence import Evidence
from reports.facts import Money
from reports.money import format_money
from reports.records import PAID_STATES, Payment
from reports.truth import Truth


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    paid = [payment for payment in evidence.service.payments or () if payment.state in PAID_STATES]
    breaches = (_breach(payment, truth) for payment in paid)
    return Examination(examined=len(paid), breaches=tuple(breach for breach in breaches if breach is not None))


def _breach(payment: Payment, truth: Truth) -> Breach | None:
    order_id = payment.order_id or truth.order_of.get(payment.id)
    purchase = truth.purchases.get(order_id or "")
    asked = purchase.prices(payment.id) if purchase else frozenset()
    charged = [money for money in truth.money_behind(payment.id, order_id) if money.captures]
    if any(_is_right(money, payment, asked) for money in charged):
        return None
    at_stake_minor, currency = _at_stake(charged, payment, asked)
    return Breach(
        at_us=charged[0].captured_at_us if charged else payment.updated_at_us or truth.manifest.ended_at_us,
        what=f"the service says {payment.state}, {_explanation(charged, payment, asked)}",
        order_id=order_id,
        payment_id=payment.id,
        amount_minor=at_stake_minor,
        currency=currency,
    )


def _is_right(money: Money, payment: Payment, asked: frozenset[tuple[int, str]]) -> bool:
    """Compare with what the customer asked as well as with our books.

    Books alone may agree with themselves: a service that multiplies yen by a hundred on the way out divides them on
    the way back.
    """
    captured = (money.captured_minor, money.currency)
    booked = (payment.amount_minor, payment.currency)
    return (
        (not asked or captured in asked)
        and (None in booked or captured == booked)
        and payment.captured_minor in (None, money.captured_minor)
    )


def _at_stake(charged: list[Money], payment: Payment, asked: frozenset[tuple[int, str]]) -> tuple[int, str | None]:
    """Return the difference where it can be told, else the whole amount."""
    price_minor, currency = min(asked, default=(payment.amount_minor or 0, payment.currency))
    if not charged or charged[0].currency != currency:
        return price_minor, currency
    booked_minor = payment.captured_minor or price_minor
    captured_minor = charged[0].captured_minor
    return max(abs(captured_minor - price_minor), abs(captured_minor - booked_minor)), currency


def _explanation(charged: list[Money], payment: Payment, asked: frozenset[tuple[int, str]]) -> str:
    if not charged:
        return "but the PSP has captured nothing"
    says = [f"the PSP captured {format_money(charged[0].captured_minor, charged[0].currency)}"]
    says += [f"the customer asked for {format_money(*price)}" for price in sorted(asked)]
    booked_minor = payment.amount_minor if payment.captured_minor is None else payment.captured_minor
    if booked_minor is not None and payment.currency is not None:
        says.append(f"the books hold {format_money(booked_minor, payment.currency)}")
    return "but " + ", ".join(says)


PHANTOMS = Check(
    id="I3",
    title="No phantom payments",
    statement="SUCCESS and REFUNDED have the PSP's money behind them, of the amount and currency that was asked for.",
    unit="payments called paid",
    one="One payment is called paid without the right money behind it",
    many="{count} payments are called paid without the right money behind them",
    stake="{money} in question",
    examine=_examine,
    needs=frozenset({"service.payments"}),
)
