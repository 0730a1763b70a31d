"""Payments: accept, cancel, read, list, and tell the history."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from engine.idempotency import KeyedRequest, KeyScope, fingerprint
from engine.lifecycle import PaymentState
from engine.money import Money
from engine.usecases import PaymentOrder
from service import cursor
from service.answers import reply_response, request_line
from service.dependencies import DeskDependency, Key, MerchantId, PaymentId
from service.problems import Problem, ProblemError
from service.schemas import (
    CancelRequest,
    ListView,
    PaymentRequest,
    PaymentView,
    Reference,
    TransitionView,
    microseconds,
)
from service.store import Page, PaymentFilter

router = APIRouter(prefix="/v1/payments", tags=["payments"])

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100


@router.post("", status_code=202, response_model=PaymentView)
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


class PaymentQuery(BaseModel):
    """Which payments to list, newest first."""

    model_config = ConfigDict(extra="forbid")

    status: PaymentState | None = None
    order_id: Reference | None = None
    created_from: AwareDatetime | None = None  # inclusive
    created_until: AwareDatetime | None = None  # exclusive
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str | None = None

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
    after = None if query.cursor is None else cursor.parse(query.cursor)
    # One more than asked tells whether there is a next page.
    page = Page(limit=query.limit + 1, after=after)
    found = await desk.reads.payments(merchant_id=merchant_id, wanted=query.wanted, page=page)
    shown, has_more = found[: query.limit], len(found) > query.limit
    return ListView(
        data=[PaymentView.of(payment) for payment in shown],
        has_more=has_more,
        next_cursor=cursor.after(shown[-1].created_at_us, shown[-1].id) if has_more else None,
    )


@router.get("/{payment_id}")
async def read_payment(payment_id: PaymentId, merchant_id: MerchantId, desk: DeskDependency) -> PaymentView:
    """Return one payment."""
    payment = await desk.reads.payment(merchant_id=merchant_id, payment_id=payment_id)
    if payment is None:
        raise ProblemError(Problem.PAYMENT_NOT_FOUND)
    return PaymentView.of(payment)


@router.post("/{payment_id}/cancel", status_code=202, response_model=PaymentView)
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


@router.get("/{payment_id}/history")
async def read_history(
    payment_id: PaymentId, merchant_id: MerchantId, desk: DeskDependency
) -> ListView[TransitionView]:
    """Return every move of a payment, in order."""
    history = await desk.reads.history(merchant_id=merchant_id, payment_id=payment_id)
    if not history:
        raise ProblemError(Problem.PAYMENT_NOT_FOUND)
    return ListView(data=[TransitionView.of(transition) for transition in history])
