"""Accept a payment: key, payment, attempt and answer are one commit; the PSP is called after it, by others."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from engine.attempt import Attempt, unsent
from engine.errors import StoreBusy
from engine.idempotency import Answer, KeyedRequest
from engine.lifecycle import PaymentState, Source
from engine.money import Money
from engine.payment import Cause, Payment, opened
from engine.ports import Books, Clock, Ids, Presenter
from engine.settlement import Case
from engine.usecases.once import Done, Once, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentOrder:
    """What a merchant asks for, validated."""

    merchant_id: str
    order_id: str | None
    amount: Money
    payment_method: str
    description: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CreatePayment:
    """Stores a payment and the attempt that will capture it."""

    once: Once
    clock: Clock
    ids: Ids
    presenter: Presenter
    dispatch_grace_us: int  # the fast path after the answer gets so long before the worker sends

    async def __call__(self, request: KeyedRequest, order: PaymentOrder) -> Reply:
        """Accept the payment once; raises what `Once` raises."""

        @cache
        def accepted() -> tuple[Payment, Answer]:
            payment = self._payment(order)
            return payment, self.presenter.payment_accepted(payment)

        async def work(books: Books) -> Done:
            return await self._create(books, order, *accepted())

        return await self.once(request, work, expected=lambda: accepted()[1])

    async def _create(self, books: Books, order: PaymentOrder, payment: Payment, answer: Answer) -> Done:
        attempt = self._attempt(payment)
        move = opened(payment, Cause(reason="accepted", source=Source.API, at_us=payment.created_at_us))
        if await books.open_payment(move, attempt):
            return Done(answer=answer, case=Case(payment=payment, attempt=attempt, refund=None))
        return await self._order_taken(books, order)

    async def _order_taken(self, books: Books, order: PaymentOrder) -> Done:
        assert order.order_id is not None, "only orders can be taken"
        payment_id = await books.live_payment_id(merchant_id=order.merchant_id, order_id=order.order_id)
        if payment_id is None:
            # It failed between our two statements, so the order is free again; a retry will see that.
            raise StoreBusy
        return Done(answer=self.presenter.order_taken(order_id=order.order_id, payment_id=payment_id))

    def _payment(self, order: PaymentOrder) -> Payment:
        now_us = self.clock.now_us()
        return Payment(
            id=self.ids.new("pay"),
            merchant_id=order.merchant_id,
            order_id=order.order_id,
            amount=order.amount,
            payment_method=order.payment_method,
            description=order.description,
            metadata=order.metadata,
            state=PaymentState.CREATED,
            failure_reason=None,
            captured_minor=0,
            refunded_minor=0,
            created_at_us=now_us,
            updated_at_us=now_us,
        )

    def _attempt(self, payment: Payment) -> Attempt:
        return unsent(
            self.ids.new("att"),
            payment_id=payment.id,
            refund_id=None,
            psp_key=self.ids.new("key"),
            created_at_us=payment.created_at_us,
            due_at_us=payment.created_at_us + self.dispatch_grace_us,
        )
