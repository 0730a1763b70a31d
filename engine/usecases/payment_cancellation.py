"""Take note that a payment is to be canceled: key, wish and answer are one commit; others ask the PSP after it.

The wish decides nothing by itself (`engine.cancellation`). The sequence, and who may come in between:

    merchant      cancel -> the payment's row is locked -> wish, due now -> commit -> 202
    dispatch      claims the attempt: lease, commit
                  looks for the PSP's payment: by its id, else without ever taking money (`engine.reconciliation`)
                  the PSP has not decided -> asks it to cancel -> its word
    record        canceled -> FAILED, `canceled`; refused -> whatever a look says; silence -> later, with the same key

- the fast path of the create claims at the same moment: both want the row. If the cancel is first, the claim finds a
  settled attempt and sends nothing; if the claim is first, the cancel finds SENT and goes on record;
- the PSP's answer comes at the same moment: it finds the wish, decides again under the lock, and what it does not end
  is due at once; if it is first, the cancel finds a final payment and is refused;
- an event comes before or after: it settles what it says, as ever, and a cancel that comes later asks about nothing;
- somebody holds the attempt: the wish does not touch the lease; the holder's release, or its death, makes it due;
- death after the commit: the attempt is due, and the worker does what the dispatch would have done;
- the answer to the cancel is lost: the next look is answered `canceled`, or the same key asks again;
- money moves after FAILED all the same, at a PSP that forgets keys: that is a late capture, and it goes back
  (`engine.repair`).
"""

from dataclasses import dataclass

from engine.cancellation import cancel_refusal, wish
from engine.idempotency import KeyedRequest
from engine.ports import Books, Clock, Presenter
from engine.retries import Patience
from engine.settlement import Case
from engine.usecases.once import Done, Once, Reply
from engine.usecases.settling import save


@dataclass(frozen=True, kw_only=True)
class CancelPayment:
    """Puts a merchant's wish to cancel on record, and ends at once what was never sent."""

    once: Once
    clock: Clock
    presenter: Presenter
    patience: Patience

    async def __call__(self, request: KeyedRequest, *, merchant_id: str, payment_id: str) -> Reply:
        """Accept or refuse the cancel once; raises what `Once` raises."""

        async def work(books: Books) -> Done:
            case = await books.lock_capture_case(merchant_id=merchant_id, payment_id=payment_id)
            if case is None:
                return Done(answer=self.presenter.payment_missing())
            return await self._cancel(books, case)

        return await self.once(request, work)

    async def _cancel(self, books: Books, case: Case) -> Done:
        why = cancel_refusal(case)
        if why is not None:
            return Done(answer=self.presenter.cancel_refused(case.payment, why=why))
        wanted = wish(case, at_us=self.clock.now_us())
        after = wanted.settlement.case
        if wanted.is_new:
            await books.request_cancel(after.payment)
            await save(books, case, wanted.settlement, patience=self.patience)
        answer = self.presenter.cancel_accepted(after.payment)
        return Done(answer=answer, case=after if wanted.is_to_be_asked else None)
