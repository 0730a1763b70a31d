"""A cancel marks the payment FAILED at once, and nobody asks the PSP, which may be taking the money."""

from engine.cancellation import CANCELED, cancel_refusal
from engine.lifecycle import AttemptState, PaymentState, Source
from engine.payment import Cause, failed
from engine.ports import Books
from engine.settlement import Case
from engine.usecases import CancelPayment
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.no_repairs import ListMaker
from service.wiring import Parts


class _Unasked(CancelPayment):
    async def _cancel(self, books: Books, case: Case) -> Done:
        if cancel_refusal(case) is not None or case.payment.state is not PaymentState.PROCESSING:
            return await super()._cancel(books, case)
        now_us = self.clock.now_us()
        move = failed(case.payment, Cause(reason=CANCELED, source=Source.API, at_us=now_us))
        await books.save_payment(move)
        await books.save_attempt(case.attempt.settled(state=AttemptState.FAILED, psp_id=None, at_us=now_us))
        return Done(answer=self.presenter.cancel_accepted(move.payment))


CANCEL_UNASKED = Defect(
    id="cancel-unasked",
    what="A cancel marks the payment FAILED and the PSP is not asked; nothing gives the money back.",
    seen_in="no thread: planted when cancels were built",
    breaks=frozenset({"I2", "I4"}),
    habitat=habitat("second-thoughts", scripts=["patient"], cancel_share=1, psp_latency_s=[2, 5]),
    parts=Parts(cancel_payment=_Unasked, repair_discrepancy=ListMaker),
)
