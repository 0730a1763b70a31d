"""What a search does not find has never happened, so it is done again."""

from dataclasses import replace

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from engine.usecases import TryAttempt
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts


class _Certain(TryAttempt):
    async def _search(self, trial: Trial) -> Outcome:
        found = await super()._search(trial)
        if found.kind is not OutcomeKind.UNKNOWN:
            return found
        anew = replace(trial.attempt, psp_key=f"{trial.attempt.psp_key}_{trial.attempt.tries}")
        return await self.gateway.send(replace(trial, attempt=anew))


SEARCH_MISS_IS_ABSENCE = Defect(
    id="search-miss-is-absence",
    what="A payment that the PSP's list does not show is taken for one that never was, and is made again.",
    seen_in="LIT-Protocol/chipotle#555",
    breaks=frozenset({"I1", "I2"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[
            FaultSpec(id="error-remembered", where="reply", kind="error-after", probability=0.6),
            FaultSpec(
                id="list-lags",
                where="books",
                kind="newest-missing",
                parameters={"younger_than_s": 90},
                window={"to_s": 10_000},
            ),
            FaultSpec(id="webhook-lost", where="webhook", kind="lost"),
        ],
    ),
    parts=Parts(try_attempt=_Certain),
)
