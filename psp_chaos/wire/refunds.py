"""Refunds: create, retrieve and list."""

from psp_chaos.answers import Answer
from psp_chaos.errors import NoSuchPayment
from psp_chaos.operations import Operation
from psp_chaos.records import Refund
from psp_chaos.wire.answers import Json, answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.objects import refund as show
from psp_chaos.wire.pages import page
from psp_chaos.wire.parameters import CreateRefund, ListRefunds, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/refunds"


class Refunds:
    """What a merchant can do with refunds."""

    def __init__(self, realm: Realm) -> None:
        self._books = realm.books
        self._bank = realm.bank

    def create(self, call: Call[CreateRefund]) -> Answer:
        """Send captured money back."""
        wanted = call.parameters
        try:
            refund = self._bank.refund(
                wanted.payment_intent,
                amount_minor=wanted.amount,
                reason=wanted.reason,
                metadata=wanted.metadata,
                fate=call.fate,
                cause=call.cause,
            )
        except NoSuchPayment:
            raise WireError.missing("payment_intent", wanted.payment_intent, param="payment_intent") from None
        return answer(self._show(refund), object_id=refund.id)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a refund as it is now."""
        refund = self._books.refund(call.object_id)
        return answer(self._show(refund), object_id=refund.id)

    def listed(self, call: Call[ListRefunds]) -> Answer:
        """Show a page of refunds, of all payments or of one."""
        wanted = call.parameters.payment_intent
        return page(
            self._books.refunds,
            call.parameters,
            url=URL,
            show=self._show,
            where=lambda refund: wanted is None or refund.payment_id == wanted,
        )

    def _show(self, refund: Refund) -> Json:
        return show(refund)


REFUND_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_REFUND,
        method="POST",
        path=URL,
        parameters=CreateRefund,
        retrieved_by=Operation.RETRIEVE_REFUND,
        counter=Refunds,
        perform=Refunds.create,
        moves_money=lambda _: True,
    ),
    Offer(
        operation=Operation.RETRIEVE_REFUND,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=Refunds,
        perform=Refunds.retrieve,
    ),
    Offer(
        operation=Operation.LIST_REFUNDS,
        method="GET",
        path=URL,
        parameters=ListRefunds,
        counter=Refunds,
        perform=Refunds.listed,
    ),
)
