"""The presenter: shows every kind of object of one realm, with what belongs to it elsewhere in the books."""

from collections.abc import Callable, Mapping

from psp_chaos.money.settlement import SettlementLine
from psp_chaos.records import Charge, Customer, Dispute, Payment, PaymentMethod, Payout, Refund
from psp_chaos.wire import balance_objects, customer_objects, dispute_objects, payment_objects
from psp_chaos.wire.answers import Json
from psp_chaos.wire.cards import CARDS
from psp_chaos.wire.expansion import expand, plan
from psp_chaos.wire.objects import listing
from psp_chaos.wire.realms import Realm

REFUNDS_SHOWN_MAX = 10


class Presenter:
    """Shows the objects of one realm; ask the realm for it."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._is_live = realm.is_live
        books, customers = realm.books, realm.customers
        self._shows: Mapping[str, Callable[[str], Json | None]] = {
            "payment_intent": _by_id(books.payments, self.payment_intent),
            "charge": _by_id(books.charges, self.charge),
            "refund": _by_id(books.refunds, self.refund),
            "dispute": _by_id(realm.disputes.disputes, self.dispute),
            "payout": _by_id(realm.payouts.payouts, self.payout),
            "customer": _by_id(customers.customers, self.customer),
            "payment_method": self._payment_method,
            "balance_transaction": _by_id(realm.settlement.lines, self.balance_transaction),
            "refunds": self._refunds,
            "source": self._source,
        }

    def find(self, kind: str, object_id: str) -> Json | None:
        """Show the object of this kind and identifier, if there is one."""
        return self._shows[kind](object_id)

    def expanded(self, shown: Json, paths: tuple[str, ...], *, kind: str) -> Json:
        """Show objects in place of their identifiers where a merchant wants them."""
        return expand(shown, plan(paths, kind), self.find) if paths else shown

    def payment_intent(self, payment: Payment) -> Json:
        """Show a payment."""
        declined = payment.instrument if payment.decline_code is not None else None
        method = None if declined is None else self._payment_method(declined.name)
        return payment_objects.payment_intent(payment, is_live=self._is_live, declined_method=method)

    def charge(self, charge: Charge) -> Json:
        """Show a charge."""
        method = self._realm.customers.payment_methods.get(charge.instrument.name)
        return payment_objects.charge(
            charge,
            self._realm.books.payments[charge.payment_id],
            is_live=self._is_live,
            is_disputed=any(one.charge_id == charge.id for one in self._realm.disputes.of(charge.payment_id).values()),
            billing_details=customer_objects.billing_details(method),
            lines=self._realm.settlement.of(charge.id),
        )

    def refund(self, refund: Refund) -> Json:
        """Show a refund."""
        return payment_objects.refund(refund, lines=self._realm.settlement.of(refund.id))

    def dispute(self, dispute: Dispute) -> Json:
        """Show a dispute."""
        charge = self._realm.books.charges[dispute.charge_id]
        return dispute_objects.dispute(
            dispute,
            is_live=self._is_live,
            instrument=charge.instrument,
            lines=self._realm.settlement.of(dispute.id),
        )

    def payout(self, payout: Payout) -> Json:
        """Show a payout."""
        return balance_objects.payout(payout, is_live=self._is_live, lines=self._realm.settlement.of(payout.id))

    def customer(self, customer: Customer) -> Json:
        """Show a customer."""
        return customer_objects.customer(customer, is_live=self._is_live)

    def payment_method(self, method: PaymentMethod) -> Json:
        """Show a payment method."""
        return customer_objects.payment_method(method, is_live=self._is_live)

    def balance_transaction(self, line: SettlementLine) -> Json:
        """Show a line of the settlement."""
        return balance_objects.balance_transaction(line, now_us=self._realm.clock.now_us())

    def _payment_method(self, name: str) -> Json | None:
        method = self._realm.customers.payment_methods.get(name)
        if method is not None:
            return self.payment_method(method)
        card = CARDS.get(name)
        return None if card is None else customer_objects.unkept_method(card, is_live=self._is_live)

    def _refunds(self, charge_id: str) -> Json | None:
        charge = self._realm.books.charges.get(charge_id)
        if charge is None:
            return None
        returned = [
            one for one in self._realm.books.refunds_of(charge.payment_id).values() if one.charge_id == charge_id
        ]
        newest = [self.refund(one) for one in reversed(returned)]
        return listing(
            newest[:REFUNDS_SHOWN_MAX],
            url=f"/v1/charges/{charge_id}/refunds",
            has_more=len(newest) > REFUNDS_SHOWN_MAX,
        )

    def _source(self, source_id: str) -> Json | None:
        """Show whatever has moved money."""
        found = (self.find(kind, source_id) for kind in ("charge", "refund", "dispute", "payout"))
        return next((shown for shown in found if shown is not None), None)


def _by_id[R](rows: Mapping[str, R], show: Callable[[R], Json]) -> Callable[[str], Json | None]:
    def find(object_id: str) -> Json | None:
        row = rows.get(object_id)
        return None if row is None else show(row)

    return find
