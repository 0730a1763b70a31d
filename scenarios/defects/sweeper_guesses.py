"""Whatever is PROCESSING for too long is called FAILED, and nobody asks the PSP."""

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from engine.retries import SECOND_US
from engine.usecases import TryAttempt
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.no_repairs import ListMaker
from service.wiring import Parts

_TOO_LONG_US = 60 * SECOND_US


class _Guessing(TryAttempt):
    async def _ask(self, trial: Trial) -> Outcome:
        first_sent_at_us = trial.attempt.first_sent_at_us
        if first_sent_at_us is not None and self.clock.now_us() - first_sent_at_us > _TOO_LONG_US:
            return Outcome(kind=OutcomeKind.FAILED, reason="expired")
        return await super()._ask(trial)


SWEEPER_GUESSES = Defect(
    id="sweeper-guesses",
    what="A payment that is PROCESSING for more than a minute is called FAILED unasked; nothing gives the money back.",
    seen_in="woocommerce#20928",
    breaks=frozenset({"I2", "I4"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[100, 150],
    ),
    parts=Parts(try_attempt=_Guessing, repair_discrepancy=ListMaker),
)
