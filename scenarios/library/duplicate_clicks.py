"""Clicks repeat: in one instant, after a lost answer, and from two tabs."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.spec import Scenario

DUPLICATE_CLICKS = Scenario(
    name="duplicate-clicks",
    story=(
        "It is sale day. Customers press the button twice, hang up and press again, and pay one order in two tabs, "
        "while the PSP answers slowly, loses answers after it took the money, and reports every third payment twice. "
        "However often they click, each purchase must be paid once."
    ),
    scripts={"double-clicker": 8, "two-tabs": 5, "impatient": 4, "patient": 1, "refunder": 2},
    storm_s=1_800,
    calm_s=7_200,
    final_within_s=3_600,
    faults=(
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.25, parameters={"delay_s": [0.5, 3]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.08),
        FaultSpec(
            id="psp-unavailable", where="reply", kind="error-before", probability=0.06, parameters={"status": 503}
        ),
        FaultSpec(
            id="webhook-twice",
            where="webhook",
            kind="doubled",
            probability=0.35,
            parameters={"copies": 3, "gap_s": [0, 2]},
        ),
        FaultSpec(id="webhook-first", where="webhook", kind="early", probability=0.1, parameters={"hold_s": [0.1, 2]}),
    ),
)
