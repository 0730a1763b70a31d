"""A cancel marks the payment FAILED at once, and nobody asks the PSP, which may be taking the money."""

from engine.cancellation import CANCELED, cancel_refusal
from engine.lifecycle import AttemptState, PaymentState, Source
from engine.payment import Cause, failed
from engine.ports import Books
from engine.repair import REFUSED, Progressed, Repair
from engine.settlement import Case
from engine.usecases import CancelPayment, RepairDiscrepancy
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
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


class _ListMaker(RepairDiscrepancy):
    """Whoever has this bug has no reconciliation that would give the money back; at best it makes lists for people."""

    async def _give_back(self, repair: Repair) -> Progressed:  # noqa: ARG002 - whatever it is, it stays
        return REFUSED


CANCEL_UNASKED = Defect(
    id="cancel-unasked",
    what="A cancel marks the payment FAILED, and the PSP is not asked.",
    breaks=frozenset({"I2", "I4"}),
    exposed_by="second-thoughts",
    parts=Parts(cancel_payment=_Unasked, repair_discrepancy=_ListMaker),
)
