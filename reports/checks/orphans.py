"""I2: the service knows of all money that moved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reports.checks.check import Breach, Check, Examination
from reports.checks.declared import Declared
from reports.evidence import Evidence
from reports.facts import Money
from reports.money import format_money
from reports.records import Payment, PaymentState
from reports.truth import Truth

# PROCESSING says "money may have moved", which is true; whether it says so for too long is I8's question. CREATED
# says that nobody was asked, FAILED that nothing was taken: money behind either is money nobody looks for.
_EXPECTS_MONEY = frozenset({PaymentState.PROCESSING, PaymentState.SUCCESS, PaymentState.REFUNDED})


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    books, declared = _Books.of(evidence), Declared.of(evidence)
    # Money that has gone back, or is on its way, is no orphan.
    resting = [money for money in truth.money.values() if money.kept_minor > 0]
    unknown = [money for money in resting if not _is_known(money, books.rows(money), declared)]
    # Money that moved a moment ago may not be known yet.
    due = [money for money in unknown if truth.is_due(money.captured_at_us)]
    is_open = len(due) < len(unknown) and not truth.calm_was_long_enough
    return Examination(
        examined=len(resting),
        breaches=tuple(_breach(money, books.rows(money), truth) for money in due),
        doubts=("money was unknown to the service when the run ended, before its promise had run out",)
        if is_open
        else (),
    )


def _is_known(money: Money, rows: Sequence[Payment], declared: Declared) -> bool:
    return any(row.state in _EXPECTS_MONEY for row in rows) or declared.knows(money.payment.id)


class _Books:
    """The service's payments, found the way its own money names them."""

    def __init__(self, payments: Iterable[Payment], psp_ids: Mapping[str, str]) -> None:
        self._by_id = {payment.id: payment for payment in payments}
        self._psp_ids = psp_ids
        self._by_order: defaultdict[str, list[Payment]] = defaultdict(list)
        for payment in self._by_id.values():
            if payment.order_id is not None:
                self._by_order[payment.order_id].append(payment)

    @classmethod
    def of(cls, evidence: Evidence) -> "_Books":
        attempts = evidence.service.attempts or ()
        psp_ids = {attempt.psp_id: attempt.payment_id for attempt in attempts if attempt.psp_id is not None}
        return cls(evidence.service.payments or (), psp_ids)

    def rows(self, money: Money) -> list[Payment]:
        """Return the rows that could know of this money; the most exact reference decides."""
        name = money.payment.payment_named or self._psp_ids.get(money.payment.id)
        if name is not None:
            return [self._by_id[name]] if name in self._by_id else []
        return self._by_order.get(money.payment.order_named or "", [])


def _breach(money: Money, rows: list[Payment], truth: Truth) -> Breach:
    amount = format_money(money.kept_minor, money.currency)
    state = f"the service's books say {rows[0].state}" if rows else "the service's books have no such payment"
    return Breach(
        at_us=money.captured_at_us,
        what=f"{amount} lies at the PSP as {money.payment.id}, but {state}",
        order_id=truth.intent_of(money),
        payment_id=rows[0].id if rows else money.payment.payment_named,
        amount_minor=money.kept_minor,
        currency=money.currency,
    )


ORPHANS = Check(
    id="I2",
    title="No orphaned money",
    statement="After the calm, all money at the PSP is known to a row of the service.",
    unit="payments with money at the PSP",
    one="One payment took money that the service does not know of",
    many="{count} payments took money that the service does not know of",
    stake="{money}",
    examine=_examine,
    needs=frozenset({"service.payments"}),
    uses=frozenset({"service.discrepancies"}),
)
