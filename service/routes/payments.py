"""Payments: accept, cancel, read, list, and tell the history."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from pydantic import Field

from engine.idempotency import KeyedRequest, KeyScope, fingerprint
from engine.lifecycle import PaymentState
from engine.money import Money
from engine.usecases import PaymentOrder
from service.answers import reply_response, request_line
from service.dependencies import DeskDependency, Key, MerchantId, PaymentId
from service.described import leads_to, raises
from service.merchant_route import MerchantRoute
from service.paging import page_of, paged
from service.problems import Problem, ProblemError
from service.schemas import (
    CancelRequest,
    ListView,
    Moment,
    PageQuery,
    PaymentRequest,
    PaymentView,
    Reference,
    TransitionView,
    microseconds,
)
from service.store import PaymentFilter

router = APIRouter(prefix="/v1/payments", tags=["payments"], route_class=MerchantRoute)

CREATE = raises(Problem.ORDER_TAKEN) | leads_to(
    read_payment={"payment_id": "id"},
    read_history={"payment_id": "id"},
    create_refund={"payment_id": "id"},
    list_refunds={"payment_id": "id"},
)

CANCEL = raises(Problem.PAYMENT_NOT_FOUND, Problem.NOT_CANCELABLE)


@router.post("", status_code=202, response_model=PaymentView, openapi_extra=CREATE)
async def create_payment(
    *,
    body: PaymentRequest,
    request: Request,
    merchant_id: MerchantId,
    key: Key,
    desk: DeskDependency,
    background: BackgroundTasks,
) -> Response:
    """Accept a payment; it is sent to the PSP after the answer."""
    scope = KeyScope(merchant_id=merchant_id, route=request_line(request), key=key)
    keyed = KeyedRequest(scope=scope, fingerprint=fingerprint(body.model_dump()))
    order = PaymentOrder(
        merchant_id=merchant_id,
        order_id=body.order_id,
        amount=Money(amount_minor=body.amount, currency=body.currency),
        payment_method=body.payment_method,
        description=body.description,
        metadata=body.metadata,
    )
    reply = await desk.create_payment(keyed, order)
    if reply.case is not None:
        background.add_task(desk.dispatcher, reply.case)
    return reply_response(reply)


class PaymentQuery(PageQuery):
    """Which payments to list, newest first."""

    status: Annotated[PaymentState | None, Field(description="Only those in this state.")] = None
    order_id: Annotated[Reference | None, Field(description="Only those of this order.")] = None
    created_from: Annotated[Moment | None, Field(description="Accepted then or later.")] = None
    created_until: Annotated[Moment | None, Field(description="Accepted before then.")] = None

    @property
    def wanted(self) -> PaymentFilter:
        """Return the filter."""
        return PaymentFilter(
            state=self.status,
            order_id=self.order_id,
            created_from_us=None if self.created_from is None else microseconds(self.created_from),
            created_until_us=None if self.created_until is None else microseconds(self.created_until),
        )


@router.get("")
async def list_payments(
    query: Annotated[PaymentQuery, Query()], merchant_id: MerchantId, desk: DeskDependency
) -> ListView[PaymentView]:
    """Return one page of the merchant's payments."""
    found = await desk.reads.payments(merchant_id=merchant_id, wanted=query.wanted, page=page_of(query))
    return paged(found, query, view=PaymentView.of, place=lambda payment: (payment.created_at_us, payment.id))


@router.get("/{payment_id}", openapi_extra=raises(Problem.PAYMENT_NOT_FOUND))
async def read_payment(payment_id: PaymentId, merchant_id: MerchantId, desk: DeskDependency) -> PaymentView:
    """Return one payment."""
    payment = await desk.reads.payment(merchant_id=merchant_id, payment_id=payment_id)
    if payment is None:
        raise ProblemError(Problem.PAYMENT_NOT_FOUND)
    return PaymentView.of(payment)


@router.post("/{payment_id}/cancel", status_code=202, response_model=PaymentView, openapi_extra=CANCEL)
async def cancel_payment(
    *,
    payment_id: PaymentId,
    request: Request,
    merchant_id: MerchantId,
    key: Key,
    desk: DeskDependency,
    background: BackgroundTasks,
    body: CancelRequest | None = None,  # noqa: ARG001 - it has nothing to say, but what is not one is refused
) -> Response:
    """Ask for a payment that was not captured to be canceled; the PSP is asked after the answer, and decides."""
    scope = KeyScope(merchant_id=merchant_id, route=request_line(request), key=key)
    keyed = KeyedRequest(scope=scope, fingerprint=fingerprint({"payment_id": payment_id}))
    reply = await desk.cancel_payment(keyed, merchant_id=merchant_id, payment_id=payment_id)
    if reply.case is not None:
        background.add_task(desk.dispatcher, reply.case)
    return reply_response(reply)


@router.get("/{payment_id}/history", openapi_extra=raises(Problem.PAYMENT_NOT_FOUND))
async def read_history(
    payment_id: PaymentId, merchant_id: MerchantId, desk: DeskDependency
) -> ListView[TransitionView]:
    """Return every move of a payment, in order."""
    history = await desk.reads.history(merchant_id=merchant_id, payment_id=payment_id)
    if not history:
        raise ProblemError(Problem.PAYMENT_NOT_FOUND)
    return ListView(data=[TransitionView.of(transition) for transition in history])
