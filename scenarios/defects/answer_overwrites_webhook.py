"""The request writes what the PSP answered, "processing", over what a webhook has told meanwhile."""

from engine.attempt import AttemptKind
from engine.lifecycle import PaymentState, Source
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Move, Payment, Transition
from engine.reconciliation import Trial
from engine.usecases import TryAttempt
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import early_webhooks
from service.wiring import Parts


class _Stubborn(TryAttempt):
    async def _record(self, trial: Trial, outcome: Outcome, *, source: Source) -> None:
        if trial.attempt.kind is AttemptKind.CAPTURE and outcome.kind is OutcomeKind.PENDING:
            await self._overwrite(trial)
        await super()._record(trial, outcome, source=source)

    async def _overwrite(self, trial: Trial) -> None:
        """Write payment and attempt as they were when the request began."""
        async with self.store.transaction() as books:
            case = await books.lock_case(trial.attempt.id)
            assert case is not None, "attempts are never deleted"
            if case.payment.state is PaymentState.SUCCESS:
                await books.save_payment(_back(trial.payment, case.payment.state, at_us=self.clock.now_us()))
                await books.save_attempt(trial.attempt)


def _back(payment: Payment, state: PaymentState, *, at_us: int) -> Move:
    transition = Transition(
        payment_id=payment.id,
        from_state=state,
        to_state=payment.state,
        reason="processing",
        source=Source.DISPATCH,
        at_us=at_us,
    )
    return Move(payment=payment, transition=transition)


ANSWER_OVERWRITES_WEBHOOK = Defect(
    id="answer-overwrites-webhook",
    what='The PSP\'s answer "processing" is written over the success that a webhook told; no trigger refuses the move.',
    seen_in="open-mercato#4700",
    breaks=frozenset({"I5"}),
    habitat=early_webhooks(),
    parts=Parts(try_attempt=_Stubborn),
    without_guards=True,
)
