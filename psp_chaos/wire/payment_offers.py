"""What is offered of PaymentIntents."""

from psp_chaos.operations import Operation
from psp_chaos.wire.calls import AnyOffer, Offer
from psp_chaos.wire.parameters import Parameters
from psp_chaos.wire.payment_parameters import (
    CancelPayment,
    CapturePayment,
    ConfirmPayment,
    CreatePayment,
    ListPayments,
    UpdatePayment,
)
from psp_chaos.wire.payments import URL, PaymentIntents
from psp_chaos.wire.search import Search

PAYMENT_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_PAYMENT,
        method="POST",
        path=URL,
        parameters=CreatePayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.create,
        shows="payment_intent",
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
        shows="payment_intent",
        moves_money=lambda _: True,
    ),
    Offer(
        operation=Operation.CAPTURE_PAYMENT,
        method="POST",
        path=URL + "/{id}/capture",
        parameters=CapturePayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.capture,
        shows="payment_intent",
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
        shows="payment_intent",
    ),
    Offer(
        operation=Operation.SEARCH_PAYMENTS,
        method="GET",
        path=URL + "/search",
        parameters=Search,
        counter=PaymentIntents,
        perform=PaymentIntents.search,
        shows="payment_intents",
    ),
    Offer(
        operation=Operation.RETRIEVE_PAYMENT,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=PaymentIntents,
        perform=PaymentIntents.retrieve,
        shows="payment_intent",
    ),
    Offer(
        operation=Operation.UPDATE_PAYMENT,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdatePayment,
        retrieved_by=Operation.RETRIEVE_PAYMENT,
        counter=PaymentIntents,
        perform=PaymentIntents.update,
        shows="payment_intent",
    ),
    Offer(
        operation=Operation.LIST_PAYMENTS,
        method="GET",
        path=URL,
        parameters=ListPayments,
        counter=PaymentIntents,
        perform=PaymentIntents.listed,
        shows="payment_intents",
    ),
)
