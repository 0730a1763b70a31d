"""Refunds: create, retrieve and list."""

from psp_chaos.bank import Bank
from psp_chaos.books import Books
from psp_chaos.errors import NoSuchPayment
from psp_chaos.operations import Operation
from psp_chaos.records import Refund
from psp_chaos.wire.answers import Answer, Json, answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.objects import refund as show
from psp_chaos.wire.pages import page
from psp_chaos.wire.parameters import CreateRefund, ListRefunds, Parameters

URL = "/v1/refunds"


class Refunds:
    """What a merchant can do with refunds."""

    def __init__(self, *, books: Books, bank: Bank) -> None:
        self._books = books
        self._bank = bank

    def create(self, call: Call[CreateRefund]) -> Answer:
        """Send captured money back."""
        wanted = call.parameters
        try:
            refund = self._bank.refund(
                wanted.payment_intent,
                amount_minor=wanted.amount,
                reason=wanted.reason,
                metadata=wanted.metadata,
                postponed_s=call.postponed_s,
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
        return show(refund, capture_id=self._books.payment(refund.payment_id).capture_id)


def refund_offers(refunds: Refunds) -> tuple[AnyOffer, ...]:
    """Offer every operation on refunds."""
    return (
        Offer(
            operation=Operation.CREATE_REFUND,
            method="POST",
            path=URL,
            parameters=CreateRefund,
            perform=refunds.create,
            moves_money=lambda _: True,
        ),
        Offer(
            operation=Operation.RETRIEVE_REFUND,
            method="GET",
            path=URL + "/{id}",
            parameters=Parameters,
            perform=refunds.retrieve,
        ),
        Offer(
            operation=Operation.LIST_REFUNDS,
            method="GET",
            path=URL,
            parameters=ListRefunds,
            perform=refunds.listed,
        ),
    )
