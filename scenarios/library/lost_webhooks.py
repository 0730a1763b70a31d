"""Webhooks vanish: only asking the PSP can tell how a payment ended."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.spec import Scenario

LOST_WEBHOOKS = Scenario(
    name="lost-webhooks",
    story=(
        "The bank takes its time, so the PSP answers 'processing' and reports the outcome by webhook; but most "
        "webhooks never arrive, some arrive hours late, and some answers are lost after the money moved. Payments "
        "stay PROCESSING as zombies until the worker asks the PSP. It must never guess, and every payment must come "
        "to rest."
    ),
    scripts={"patient": 10, "double-clicker": 3, "impatient": 3, "two-tabs": 1, "refunder": 3},
    storm_s=3_600,
    calm_s=14_400,
    final_within_s=7_200,
    psp_asynchronous_share=0.7,
    psp_asynchronous_s=(5, 120),
    faults=(
        FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.65),
        FaultSpec(
            id="webhook-late", where="webhook", kind="late", probability=0.5, parameters={"delay_s": [60, 5_400]}
        ),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.08),
        FaultSpec(id="answer-too-late", where="reply", kind="hang-after", probability=0.04, parameters={"hang_s": 90}),
        FaultSpec(
            id="error-remembered", where="reply", kind="error-after", probability=0.03, parameters={"status": 500}
        ),
        FaultSpec(
            id="captured-later",
            where="reply",
            kind="late-effect",
            probability=0.04,
            selector={"operation": "create_payment"},
            parameters={"answer": "error", "delay_s": [60, 2_400]},
        ),
    ),
)
