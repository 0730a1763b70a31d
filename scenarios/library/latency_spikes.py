"""Everything slows down: a timeout is unknown, never failed."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.spec import Scenario

LATENCY_SPIKES = Scenario(
    name="latency-spikes",
    story=(
        "The PSP stalls for seconds to minutes, hangs before and after it takes the money, throttles, and its "
        "webhooks overtake each other; the customers' network is slow as well, so they hang up and click again. "
        "Whatever timed out may have happened or not: nobody may call it failed, and nobody may pay twice."
    ),
    scripts={"impatient": 8, "patient": 5, "double-clicker": 4, "two-tabs": 1, "refunder": 2},
    storm_s=3_600,
    calm_s=10_800,
    final_within_s=5_400,
    customer_spike_latency_s=(0.02, 2.5),
    psp_asynchronous_share=0.2,
    psp_asynchronous_s=(5, 60),
    faults=(
        FaultSpec(id="psp-spike", where="reply", kind="slow", probability=0.35, parameters={"delay_s": [1, 25]}),
        FaultSpec(id="hang-before", where="reply", kind="hang-before", probability=0.05, parameters={"hang_s": 120}),
        FaultSpec(id="hang-after", where="reply", kind="hang-after", probability=0.08, parameters={"hang_s": 120}),
        FaultSpec(
            id="throttled",
            where="reply",
            kind="error-before",
            probability=0.05,
            parameters={"status": 429, "retry_after_s": 2},
        ),
        FaultSpec(id="reordered", where="webhook", kind="reordered", probability=0.3, parameters={"delay_s": [5, 300]}),
        FaultSpec(id="webhook-late", where="webhook", kind="late", probability=0.2, parameters={"delay_s": [30, 900]}),
    ),
)
