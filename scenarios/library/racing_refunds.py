"""Money goes back in many pieces at once: together never more than came in."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.spec import Scenario

RACING_REFUNDS = Scenario(
    name="racing-refunds",
    story=(
        "The day after the sale, orders come back piece by piece. Several refunds of one payment are asked for in the "
        "same moment, some of them twice, some greedy, while the PSP answers slowly, loses answers after it gave the "
        "money back, and reports the outcome before its answer. What went back must never be more than what came in, "
        "and both sides must agree on it."
    ),
    scripts={"refunder": 8, "patient": 1, "double-clicker": 1},
    storm_s=1_200,
    calm_s=7_200,
    final_within_s=3_600,
    faults=(
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.2, parameters={"delay_s": [0.5, 3]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.08),
        FaultSpec(
            id="psp-unavailable", where="reply", kind="error-before", probability=0.05, parameters={"status": 503}
        ),
        FaultSpec(
            id="webhook-twice",
            where="webhook",
            kind="doubled",
            probability=0.3,
            parameters={"copies": 2, "gap_s": [0, 1]},
        ),
        FaultSpec(id="webhook-first", where="webhook", kind="early", probability=0.2, parameters={"hold_s": [0.1, 2]}),
    ),
)
