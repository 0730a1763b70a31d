"""What really happened, rebuilt from the PSP's books and the customers' diary alone.

The service's books are the accused and are never asked here. Money is where the PSP's ledger says it is; what was
wanted, and what was told, is what the customers wrote down.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from reports.errors import EvidenceError
from reports.evidence import Evidence, PspBooks
from reports.facts import Money, Purchase
from reports.grouping import grouped
from reports.once import once
from reports.records import FINAL_STATES, Action, DiaryEntry, Manifest, Outcome, PspRefund

_MICROSECONDS = 1_000_000
_PAYMENT_ACTIONS = frozenset({Action.CREATE, Action.READ, Action.CANCEL})


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The facts of a run, by purchase, by payment and by refund."""

    manifest: Manifest
    purchases: Mapping[str, Purchase]  # by order
    money: Mapping[str, Money]  # by the PSP's payment id
    shown: Mapping[str, Sequence[DiaryEntry]]  # what customers were told of a payment, by payment id, as asked
    final_words: Mapping[str, Sequence[DiaryEntry]]  # what of it was final
    order_of: Mapping[str, str]  # the order of a payment, as far as an answer told it
    canceled_at_us: Mapping[str, int]  # when a cancel of a payment was first accepted, by payment id
    psp_refunds_of: Mapping[str, Sequence[PspRefund]]  # by the service's refund id

    @classmethod
    def rebuild(cls, evidence: Evidence) -> "Truth":
        """Return what the PSP's books and the customers' diary say; it is worked out once for as long as both are kept.

        Raises:
            EvidenceError: The PSP's books contradict themselves, so that nothing can be judged by them.
        """
        return _rebuilt(evidence)

    def money_behind(self, payment_id: str, order_id: str | None = None) -> tuple[Money, ...]:
        """Return the PSP's payments that may belong to this payment of the service.

        A service that sends no payment id to the PSP is understood by its order id; where an order has several
        payments, all of its money may then belong to each.
        """
        order = order_id or self.order_of.get(payment_id)
        anonymous = () if order is None else self._anonymous_money.get(order, ())
        return (*self._named_money.get(payment_id, ()), *anonymous)

    def money_surely_behind(self, payment_id: str) -> tuple[Money, ...]:
        """Return the PSP's payments that can belong to no other payment of the service."""
        purchase = self.purchases.get(self.order_of.get(payment_id, ""))
        if purchase is not None and purchase.payment_ids == (payment_id,):
            return self.money_behind(payment_id)
        return tuple(self._named_money.get(payment_id, ()))

    def intent_of(self, money: Money) -> str:
        """Return the purchase that this money was moved for; where nothing says, the money stands for itself."""
        order = money.payment.order_named or self.order_of.get(money.payment.payment_named or "")
        return order or money.payment.payment_named or money.payment.id

    @cached_property
    def money_by_intent(self) -> Mapping[str, Sequence[Money]]:
        """The PSP's payments by the purchase that they were made for."""
        return grouped(self.money.values(), self.intent_of)

    def price(self, entry: DiaryEntry) -> tuple[int, str | None]:
        """Return what the purchase that a diary entry is about costs: what is at stake in it."""
        purchase = self.purchases.get(entry.order_id)
        prices = purchase.prices(entry.payment_id) if purchase else frozenset()
        return min(prices, default=(0, None))

    def deadline_us(self, happened_at_us: int) -> int:
        """Return when the service must have come to rest about something that happened then.

        During the storm nothing is promised; the promise runs from the calm on.
        """
        return max(happened_at_us, self.manifest.storm_ended_at_us) + self._promise_us

    def is_due(self, happened_at_us: int) -> bool:
        """Tell whether the promise about something that happened then had run out when the books were read."""
        return self.deadline_us(happened_at_us) <= self.manifest.ended_at_us

    @property
    def calm_was_long_enough(self) -> bool:
        """Whether the run lasted until the promise about the storm itself had run out."""
        return self.is_due(self.manifest.storm_ended_at_us)

    @cached_property
    def _promise_us(self) -> int:
        return round(self.manifest.final_within_s * _MICROSECONDS)

    @cached_property
    def _named_money(self) -> Mapping[str, Sequence[Money]]:
        return grouped(self.money.values(), attrgetter("payment.payment_named"))

    @cached_property
    def _anonymous_money(self) -> Mapping[str, Sequence[Money]]:
        anonymous = [money for money in self.money.values() if money.payment.payment_named is None]
        return grouped(anonymous, attrgetter("payment.order_named"))


@once
def _rebuilt(evidence: Evidence) -> Truth:
    purchases, shown = _purchases(evidence.diary), _shown(evidence.diary)
    return Truth(
        manifest=evidence.manifest,
        purchases=purchases,
        money=_money(evidence.psp),
        shown=shown,
        final_words={payment_id: _final_words(entries) for payment_id, entries in shown.items()},
        order_of={payment_id: order for order, purchase in purchases.items() for payment_id in purchase.payment_ids},
        canceled_at_us=_canceled_at_us(evidence.diary),
        psp_refunds_of=grouped(evidence.psp.refunds, attrgetter("refund_named")),
    )


def _purchases(diary: Iterable[DiaryEntry]) -> dict[str, Purchase]:
    clicks: defaultdict[str, list[DiaryEntry]] = defaultdict(list)
    payment_ids: defaultdict[str, set[str]] = defaultdict(set)
    for entry in diary:
        if entry.action == Action.CREATE:
            clicks[entry.order_id].append(entry)
        if entry.payment_id is not None:
            payment_ids[entry.order_id].add(entry.payment_id)
    return {
        order: Purchase(
            order_id=order,
            customer=entries[0].customer,
            clicks=tuple(entries),
            payment_ids=tuple(sorted(payment_ids[order])),
        )
        for order, entries in clicks.items()
    }


def _shown(diary: Iterable[DiaryEntry]) -> dict[str, list[DiaryEntry]]:
    told = (entry for entry in diary if entry.status_shown is not None and entry.action in _PAYMENT_ACTIONS)
    by_payment = grouped(told, attrgetter("payment_id"))
    for entries in by_payment.values():
        entries.sort(key=attrgetter("asked_at_us"))
    return by_payment


def _final_words(shown: Iterable[DiaryEntry]) -> list[DiaryEntry]:
    return [entry for entry in shown if entry.status_shown in FINAL_STATES]


def _canceled_at_us(diary: Iterable[DiaryEntry]) -> dict[str, int]:
    accepted: dict[str, int] = {}
    for entry in diary:
        if entry.action == Action.CANCEL and entry.outcome == Outcome.SUCCEEDED and entry.payment_id is not None:
            at_us = entry.answered_at_us or entry.asked_at_us
            accepted[entry.payment_id] = min(at_us, accepted.get(entry.payment_id, at_us))
    return accepted


def _money(psp: PspBooks) -> dict[str, Money]:
    movements = grouped(psp.movements, attrgetter("payment"))
    refunds = grouped(psp.refunds, attrgetter("payment"))
    money = {
        payment.id: Money.of(
            payment,
            [movement for movement in movements.get(payment.id, ()) if movement.kind == "capture"],
            refunds.get(payment.id, ()),
        )
        for payment in psp.payments
    }
    _assert_consistent(money, movements)
    return money


def _assert_consistent(money: Mapping[str, Money], movements: Mapping[str, object]) -> None:
    for one in money.values():
        if one.captured_minor != one.payment.captured_minor:
            what = f"{one.payment.id} captured {one.payment.captured_minor}, but its movements say {one.captured_minor}"
            raise EvidenceError(where="psp/payments.jsonl", what=what, mend="the PSP's books are broken; record again")
    if strays := sorted(set(movements) - set(money)):
        what = f"money moved for {strays[0]}, which is no payment of the PSP"
        raise EvidenceError(where="psp/movements.jsonl", what=what, mend="the PSP's books are broken; record again")
