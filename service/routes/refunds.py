"""Refunds of a payment: accept and read."""

from fastapi import APIRouter, BackgroundTasks, Request, Response

from engine.idempotency import KeyedRequest, KeyScope, fingerprint
from engine.usecases import RefundOrder
from service.answers import reply_response, request_line
from service.dependencies import DeskDependency, Key, MerchantId, PaymentId, RefundId
from service.described import leads_to, raises
from service.merchant_route import MerchantRoute
from service.problems import Problem, ProblemError
from service.schemas import ListView, RefundRequest, RefundView

router = APIRouter(prefix="/v1/payments/{payment_id}/refunds", tags=["refunds"], route_class=MerchantRoute)

CREATE = raises(Problem.PAYMENT_NOT_FOUND, Problem.NOT_REFUNDABLE, Problem.REFUND_TOO_MUCH) | leads_to(
    read_refund={"payment_id": "payment_id", "refund_id": "id"},
    read_payment={"payment_id": "payment_id"},
)


@router.post("", status_code=202, response_model=RefundView, openapi_extra=CREATE)
async def create_refund(
    *,
    payment_id: PaymentId,
    request: Request,
    merchant_id: MerchantId,
    key: Key,
    desk: DeskDependency,
    background: BackgroundTasks,
    body: RefundRequest | None = None,
) -> Response:
    """Accept a refund of a part, or of all that is left; it is sent to the PSP after the answer."""
    wanted = body or RefundRequest()
    scope = KeyScope(merchant_id=merchant_id, route=request_line(request), key=key)
    # The payment is part of the meaning: the scope is the route, not the address.
    keyed = KeyedRequest(scope=scope, fingerprint=fingerprint({"payment_id": payment_id, **wanted.model_dump()}))
    order = RefundOrder(
        merchant_id=merchant_id, payment_id=payment_id, amount_minor=wanted.amount, reason=wanted.reason
    )
    reply = await desk.request_refund(keyed, order)
    if reply.case is not None:
        background.add_task(desk.dispatcher, reply.case)
    return reply_response(reply)


@router.get("", openapi_extra=raises(Problem.PAYMENT_NOT_FOUND))
async def list_refunds(payment_id: PaymentId, merchant_id: MerchantId, desk: DeskDependency) -> ListView[RefundView]:
    """Return every refund of a payment, oldest first."""
    refunds = await desk.reads.refunds(merchant_id=merchant_id, payment_id=payment_id)
    if refunds is None:
        raise ProblemError(Problem.PAYMENT_NOT_FOUND)
    return ListView(data=[RefundView.of(refund) for refund in refunds])


@router.get("/{refund_id}", openapi_extra=raises(Problem.REFUND_NOT_FOUND))
async def read_refund(
    payment_id: PaymentId, refund_id: RefundId, merchant_id: MerchantId, desk: DeskDependency
) -> RefundView:
    """Return one refund."""
    refunds = await desk.reads.refunds(merchant_id=merchant_id, payment_id=payment_id) or ()
    for refund in refunds:
        if refund.id == refund_id:
            return RefundView.of(refund)
    raise ProblemError(Problem.REFUND_NOT_FOUND)
