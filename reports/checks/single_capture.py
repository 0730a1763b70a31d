"""I1: nobody pays twice, unless the PSP forgets a key that it had promised to remember."""

from collections.abc import Sequence

from reports.checks.check import Breach, Check, Examination
from reports.checks.excuses import Excuses
from reports.evidence import Evidence
from reports.facts import Money
from reports.money import format_money
from reports.truth import Truth


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    excuses = Excuses.of(evidence)
    breaches = (_breach(intent, moneys, excuses) for intent, moneys in truth.money_by_intent.items())
    return Examination(
        examined=len(truth.purchases.keys() | truth.money_by_intent.keys()),
        breaches=tuple(breach for breach in breaches if breach is not None),
    )


def _breach(intent: str, moneys: Sequence[Money], excuses: Excuses) -> Breach | None:
    ours = [money for money in moneys if money.payment.id not in excuses.effects]
    captures = sorted((capture for money in ours for capture in money.captures), key=lambda capture: capture.at_us)
    if len(captures) <= 1:
        return None
    # A second capture that was given back later is a breach all the same: the customer's money was gone meanwhile.
    extra, currency = captures[1:], captures[1].currency
    too_much_minor = sum(capture.amount_minor for capture in extra)
    returned_minor = sum(money.refunded_minor for money in moneys)
    returned = f"; {format_money(returned_minor, currency)} went back" if returned_minor else ""
    return Breach(
        at_us=extra[0].at_us,
        what=f"charged {len(captures)} times, {format_money(too_much_minor, currency)} too much{returned}",
        order_id=intent,
        payment_id=next(money.payment.payment_named for money in moneys if extra[0] in money.captures),
        amount_minor=too_much_minor,
        currency=currency,
    )


SINGLE_CAPTURE = Check(
    id="I1",
    title="Nobody pays twice",
    statement=(
        "A purchase is charged at most once, however often the button was pressed, a request repeated or a process "
        "killed."
    ),
    unit="purchases",
    one="One purchase was charged more than once",
    many="{count} purchases were charged more than once",
    stake="{money} too much",
    examine=_examine,
)
