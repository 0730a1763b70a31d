"""PaymentIntents: create, confirm, cancel, retrieve and list."""

from http import HTTPStatus

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.records import Instrument, Payment, PaymentStatus
from psp_chaos.wire.answers import answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.cards import card
from psp_chaos.wire.errors import CARD, WireError
from psp_chaos.wire.objects import DECLINED_MESSAGE, payment_intent
from psp_chaos.wire.pages import page
from psp_chaos.wire.parameters import CancelPayment, ConfirmPayment, CreatePayment, Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/payment_intents"


class PaymentIntents:
    """What a merchant can do with payments."""

    def __init__(self, realm: Realm) -> None:
        self._books = realm.books
        self._bank = realm.bank

    def create(self, call: Call[CreatePayment]) -> Answer:
        """Open a payment and, if it is confirmed at once, charge it."""
        wanted = call.parameters
        instrument = card(wanted.payment_method)
        if wanted.confirm and instrument is None:
            raise _no_payment_method()
        payment = self._books.open_payment(
            amount_minor=wanted.amount,
            currency=wanted.currency,
            instrument=instrument,
            description=wanted.description,
            metadata=wanted.metadata,
            cause=call.cause,
        )
        if wanted.confirm and instrument is not None:
            return self._charge(call, payment, instrument)
        return answer(payment_intent(payment), object_id=payment.id)

    def confirm(self, call: Call[ConfirmPayment]) -> Answer:
        """Charge a payment that was opened before, or declined."""
        payment = self._books.payment(call.object_id)
        attached = payment.instrument if payment.decline_code is None else None
        instrument = card(call.parameters.payment_method) or attached
        if instrument is None:
            raise _no_payment_method()
        return self._charge(call, payment, instrument)

    def cancel(self, call: Call[CancelPayment]) -> Answer:
        """Give up a payment."""
        reason = call.parameters.cancellation_reason
        payment = self._books.cancel(call.object_id, reason=reason, cause=call.cause)
        return answer(payment_intent(payment), object_id=payment.id)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a payment as it is now."""
        payment = self._books.payment(call.object_id)
        return answer(payment_intent(payment), object_id=payment.id)

    def listed(self, call: Call[Page]) -> Answer:
        """Show a page of payments."""
        return page(self._books.payments, call.parameters, url=URL, show=payment_intent)

    def _charge[P: Parameters](self, call: Call[P], payment: Payment, instrument: Instrument) -> Answer:
        charged = self._bank.charge(payment.id, instrument=instrument, fate=call.fate, cause=call.cause)
        if charged.status is PaymentStatus.DECLINED:
            return _declined(charged)
        return answer(payment_intent(charged), object_id=charged.id)


PAYMENT_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_PAYMENT,
        method="POST",
        path=URL,
        parameters=CreatePayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.create,
        moves_money=lambda parameters: parameters.confirm,
    ),
    Offer(
        operation=Operation.CONFIRM_PAYMENT,
        method="POST",
        path=URL + "/{id}/confirm",
        parameters=ConfirmPayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.confirm,
        moves_money=lambda _: True,
    ),
    Offer(
        operation=Operation.CANCEL_PAYMENT,
        method="POST",
        path=URL + "/{id}/cancel",
        parameters=CancelPayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.cancel,
    ),
    Offer(
        operation=Operation.RETRIEVE_PAYMENT,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=PaymentIntents,
        perform=PaymentIntents.retrieve,
    ),
    Offer(
        operation=Operation.LIST_PAYMENTS,
        method="GET",
        path=URL,
        parameters=Page,
        counter=PaymentIntents,
        perform=PaymentIntents.listed,
    ),
)


def _no_payment_method() -> WireError:
    return WireError(
        "This payment cannot be confirmed without a payment method.",
        code="payment_intent_unexpected_state",
        param="payment_method",
    )


def _declined(payment: Payment) -> Answer:
    error = WireError(
        DECLINED_MESSAGE,
        status=HTTPStatus.PAYMENT_REQUIRED,
        type=CARD,
        code="card_declined",
        decline_code=payment.decline_code,
        payment_intent=payment_intent(payment),
    )
    return error.answer(object_id=payment.id)
