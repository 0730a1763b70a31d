"""Accept a refund: what is left is counted under the payment's lock, so two refunds at once cannot both take it."""

from dataclasses import dataclass

from engine.attempt import Attempt, unsent
from engine.idempotency import KeyedRequest
from engine.lifecycle import RefundState
from engine.money import Money
from engine.ports import Books, Clock, Ids, Presenter
from engine.refund import Refund, refundable, refusal
from engine.settlement import Case
from engine.usecases.once import Done, Once, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundOrder:
    """What a merchant asks for, validated."""

    merchant_id: str
    payment_id: str
    amount_minor: int | None  # None: all that is left
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class RequestRefund:
    """Stores a pending refund and the attempt that will make it."""

    once: Once
    clock: Clock
    ids: Ids
    presenter: Presenter
    dispatch_grace_us: int

    async def __call__(self, request: KeyedRequest, order: RefundOrder) -> Reply:
        """Accept or refuse the refund once; raises what `Once` raises."""

        async def work(books: Books) -> Done:
            return await self._request(books, order)

        return await self.once(request, work)

    async def _request(self, books: Books, order: RefundOrder) -> Done:
        payment = await books.lock_payment(merchant_id=order.merchant_id, payment_id=order.payment_id)
        if payment is None:
            return Done(answer=self.presenter.payment_missing())
        left = refundable(payment, reserved_minor=await books.reserved_minor(payment.id))
        why = refusal(payment, left=left, asked_minor=order.amount_minor)
        if why is not None:
            return Done(answer=self.presenter.refund_refused(payment, why=why, left=left))
        amount_minor = left.amount_minor if order.amount_minor is None else order.amount_minor
        refund = self._refund(order, amount=Money(amount_minor=amount_minor, currency=left.currency))
        attempt = self._attempt(refund)
        await books.open_refund(refund, attempt)
        case = Case(payment=payment, attempt=attempt, refund=refund)
        return Done(answer=self.presenter.refund_accepted(refund), case=case)

    def _refund(self, order: RefundOrder, *, amount: Money) -> Refund:
        return Refund(
            id=self.ids.new("ref"),
            payment_id=order.payment_id,
            amount=amount,
            reason=order.reason,
            state=RefundState.PENDING,
            psp_refund_id=None,
            created_at_us=self.clock.now_us(),
            settled_at_us=None,
        )

    def _attempt(self, refund: Refund) -> Attempt:
        return unsent(
            self.ids.new("att"),
            payment_id=refund.payment_id,
            refund_id=refund.id,
            psp_key=self.ids.new("key"),
            created_at_us=refund.created_at_us,
            due_at_us=refund.created_at_us + self.dispatch_grace_us,
        )
