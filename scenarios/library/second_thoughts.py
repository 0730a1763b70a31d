"""Customers change their minds: what is called canceled has taken nobody's money."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.spec import Scenario

SECOND_THOUGHTS = Scenario(
    name="second-thoughts",
    story=(
        "A voucher code was forgotten, and most customers cancel what they have just paid: in the very moment of the "
        "click, while the bank is thinking, or when it is too late. Meanwhile the PSP answers slowly, never hears a "
        "request, loses answers to payments and to cancels alike, and its events come early, twice or not at all. "
        "Whoever is told that a payment was canceled must have lost nothing, and who has paid after all must be told."
    ),
    scripts={"patient": 4, "double-clicker": 2, "impatient": 1, "two-tabs": 1, "refunder": 2},
    cancel_share=0.8,
    psp_asynchronous_share=0.4,
    psp_asynchronous_s=(0.2, 60),
    storm_s=1_200,
    calm_s=7_200,
    final_within_s=3_600,
    faults=(
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.15, parameters={"delay_s": [0.5, 3]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.1),
        FaultSpec(id="request-lost", where="reply", kind="drop-before", probability=0.1),
        FaultSpec(id="money-moves-late", where="reply", kind="late-effect", probability=0.04),
        FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.3),
        FaultSpec(
            id="webhook-twice",
            where="webhook",
            kind="doubled",
            probability=0.2,
            parameters={"copies": 2, "gap_s": [0, 1]},
        ),
        FaultSpec(id="webhook-first", where="webhook", kind="early", probability=0.2, parameters={"hold_s": [0.1, 2]}),
    ),
)
