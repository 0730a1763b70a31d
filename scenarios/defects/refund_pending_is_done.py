"""A refund that the PSP has accepted is booked as money that has gone back."""

from dataclasses import replace

from engine.attempt import AttemptKind
from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.gateway import StripeGateway
from service.wiring import Parts


class _Hopeful(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        return _hoped(await super().send(trial), trial)

    async def retrieve(self, trial: Trial) -> Outcome:
        return _hoped(await super().retrieve(trial), trial)


def _hoped(outcome: Outcome, trial: Trial) -> Outcome:
    is_accepted = trial.attempt.kind is AttemptKind.REFUND and outcome.kind is OutcomeKind.PENDING
    return replace(outcome, kind=OutcomeKind.SUCCEEDED) if is_accepted else outcome


REFUND_PENDING_IS_DONE = Defect(
    id="refund-pending-is-done",
    what="A refund that is pending at the PSP is booked as done, so that nobody asks how it ended.",
    seen_in="woocommerce-payments#1195",
    breaks=frozenset({"I4", "I7"}),
    habitat=habitat(
        "racing-refunds",
        scripts=["refunder"],
        faults=[
            FaultSpec(
                id="refund-fails",
                where="reply",
                kind="refund-fails",
                parameters={"delay_s": [5, 20]},
                window={"to_s": 10_000},
            ),
            FaultSpec(id="webhook-lost", where="webhook", kind="lost", window={"to_s": 10_000}),
        ],
    ),
    parts=Parts(gateway=_Hopeful),
)
