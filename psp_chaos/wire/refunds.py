"""Refunds: create, retrieve, list, update and cancel."""

from dataclasses import replace
from typing import ClassVar, Literal

from psp_chaos.answers import Answer
from psp_chaos.errors import WrongState
from psp_chaos.operations import Operation
from psp_chaos.records import DisputeStatus, Payment, Refund
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import NO_METADATA, Amount, Metadata, MetadataChange, Name, merged
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/refunds"


class CreateRefund(Parameters):
    """`POST /v1/refunds`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"instructions_email", "refund_application_fee", "reverse_transfer"})

    amount: Amount | None = None
    charge: Name | None = None
    metadata: Metadata = NO_METADATA
    payment_intent: Name | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None

    def check(self) -> None:
        """Refuse what does not fit together."""
        if self.charge is None and self.payment_intent is None:
            raise WireError(
                "Missing required param: give payment_intent or charge.",
                code="parameter_missing",
                param="payment_intent",
            )


class UpdateRefund(Parameters):
    """`POST /v1/refunds/{id}`."""

    unsets: ClassVar[bool] = True

    metadata: MetadataChange = NO_METADATA


class ListRefunds(Page):
    """`GET /v1/refunds`."""

    charge: Name | None = None
    payment_intent: Name | None = None


class Refunds(Counter[Refund]):
    """What a merchant can do with refunds."""

    kind = "refund"
    noun = "refund"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._books = realm.books
        self._bank = realm.bank
        self._disputes = realm.disputes
        self._show = self._presenter.refund
        self._pages = Pages(realm.books.refunds, url=URL, show=self._show, clock=realm.clock)

    def create(self, call: Call[CreateRefund]) -> Answer:
        """Send captured money back."""
        wanted = call.parameters
        payment = self._payment(wanted)
        self._require_undisputed(payment)
        try:
            refund = self._bank.refund(
                payment.id,
                amount_minor=wanted.amount,
                reason=wanted.reason,
                metadata=wanted.metadata,
                fate=call.fate,
                cause=call.cause,
            )
        except WrongState as refusal:
            raise WireError(str(refusal)) from None
        return self._answer(call, refund, self._show)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a refund."""
        return self._shown(call, self._named(self._books.refunds, call.object_id), self._show)

    def update(self, call: Call[UpdateRefund]) -> Answer:
        """Change what is said about a refund."""
        refund = self._named(self._books.refunds, call.object_id)
        changed = replace(refund, metadata=merged(refund.metadata, call.parameters.metadata))
        return self._answer(call, self._books.update_refund(changed, cause=call.cause), self._show)

    def cancel(self, call: Call[Parameters]) -> Answer:
        """Call a pending refund back."""
        refund = self._named(self._books.refunds, call.object_id)
        return self._answer(call, self._books.cancel_refund(refund.id, cause=call.cause), self._show)

    def listed(self, call: Call[ListRefunds]) -> Answer:
        """Show a page of refunds, of everything or of one payment or charge."""
        payment_id, charge_id = call.parameters.payment_intent, call.parameters.charge
        if payment_id is None and charge_id in self._books.charges:
            payment_id = self._books.charges[charge_id].payment_id
        return self._page(
            call,
            self._pages,
            among=None if payment_id is None else self._books.refunds_of(payment_id),
            where=None if charge_id is None else lambda refund: refund.charge_id == charge_id,
        )

    def _payment(self, wanted: CreateRefund) -> Payment:
        """Return the payment that is meant, by its own identifier or by that of its charge."""
        charge = self._books.charges.get(wanted.charge or "")
        if wanted.charge is not None and charge is None:
            raise WireError.missing("charge", wanted.charge, param="charge")
        payment_id = wanted.payment_intent or (charge.payment_id if charge else "")
        payment = self._books.payments.get(payment_id)
        if payment is None:
            raise WireError.missing("payment_intent", payment_id, param="payment_intent")
        if charge is not None and charge.id != payment.charge_id:
            raise WireError(f"The charge {charge.id} holds no money of {payment.id}.", param="charge")
        return payment

    def _require_undisputed(self, payment: Payment) -> None:
        """Refuse to send money back that the bank has taken back already."""
        if any(dispute.status is not DisputeStatus.WON for dispute in self._disputes.of(payment.id).values()):
            raise WireError(
                f"The charge {payment.charge_id} was disputed and cannot be refunded.", code="charge_disputed"
            )


REFUND_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_REFUND,
        method="POST",
        path=URL,
        parameters=CreateRefund,
        retrieved_by=Operation.RETRIEVE_REFUND,
        counter=Refunds,
        perform=Refunds.create,
        shows="refund",
        moves_money=lambda _: True,
    ),
    Offer(
        operation=Operation.RETRIEVE_REFUND,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=Refunds,
        perform=Refunds.retrieve,
        shows="refund",
    ),
    Offer(
        operation=Operation.UPDATE_REFUND,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdateRefund,
        retrieved_by=Operation.RETRIEVE_REFUND,
        counter=Refunds,
        perform=Refunds.update,
        shows="refund",
    ),
    Offer(
        operation=Operation.CANCEL_REFUND,
        method="POST",
        path=URL + "/{id}/cancel",
        parameters=Parameters,
        retrieved_by=Operation.RETRIEVE_REFUND,
        counter=Refunds,
        perform=Refunds.cancel,
        shows="refund",
    ),
    Offer(
        operation=Operation.LIST_REFUNDS,
        method="GET",
        path=URL,
        parameters=ListRefunds,
        counter=Refunds,
        perform=Refunds.listed,
        shows="refunds",
    ),
)
