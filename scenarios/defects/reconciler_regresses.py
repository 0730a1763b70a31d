"""Reconciliation writes whatever the PSP says of a payment, also when what it says is old."""

from dataclasses import replace

from engine.attempt import AttemptKind
from engine.lifecycle import PaymentState, Source
from engine.matching import Judgement
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Move, Payment, Transition
from engine.usecases import MatchObject
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, habitat
from service.wiring import Parts


class _Obedient(MatchObject):
    async def _examine(
        self, kind: AttemptKind, psp_id: str, *, attempt_id: str | None, word: Outcome | None
    ) -> Judgement:
        if word is not None and word.kind is OutcomeKind.PENDING and kind is AttemptKind.CAPTURE:
            async with self.store.transaction() as books:
                case = await books.lock_case_of_psp_object(kind=kind, psp_id=psp_id)
                if case is not None and case.payment.state is PaymentState.SUCCESS:
                    await books.save_payment(_back(case.payment, at_us=self.clock.now_us()))
        return await super()._examine(kind, psp_id, attempt_id=attempt_id, word=word)


def _back(payment: Payment, *, at_us: int) -> Move:
    after = replace(payment, state=PaymentState.PROCESSING, captured_minor=0, updated_at_us=at_us)
    transition = Transition(
        payment_id=payment.id,
        from_state=payment.state,
        to_state=after.state,
        reason="reconciled",
        source=Source.WORKER,
        at_us=at_us,
    )
    return Move(payment=after, transition=transition)


RECONCILER_REGRESSES = Defect(
    id="reconciler-regresses",
    what="Reconciliation writes what the PSP shows, also an old picture, over a success; no trigger refuses the move.",
    seen_in="juspay/hyperswitch#9925",
    breaks=frozenset({"I5"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        # A wrong line makes reconciliation ask, and what it is shown the first time is a minute old.
        faults=[
            FaultSpec(
                id="stale",
                where="books",
                kind="stale-read",
                nth=(1, 2),
                parameters={"age_s": 60},
                window={"to_s": 10_000},
            ),
            FaultSpec(id="row-wrong", where="books", kind="settlement-row-wrong", window={"to_s": 10_000}),
        ],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[60, 100],
        ends_when_quiet=False,
        service={**ONLY_WEBHOOKS_TELL, "settlement_period_s": 30, "worker_idle_s": 10},
    ),
    parts=Parts(match_object=_Obedient),
    without_guards=True,
)
