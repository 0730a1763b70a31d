"""Processes die at any moment: whatever was acknowledged is still there when they come back."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.process import Crash
from scenarios.spec import Scenario

DYING_MACHINES = Scenario(
    name="dying-machines",
    story=(
        "Every process of the service and every worker is killed about once a minute, in the middle of whatever it "
        "is doing, and comes back a moment or half a minute later, remembering nothing but the database. Meanwhile "
        "the PSP loses answers and webhooks. What a customer was promised must hold, and nothing may be done twice."
    ),
    scripts={"patient": 6, "double-clicker": 5, "impatient": 4, "two-tabs": 2, "refunder": 3},
    storm_s=1_800,
    calm_s=10_800,
    final_within_s=5_400,
    psp_asynchronous_share=0.3,
    faults=(
        Crash(id="service-dies", process="service", every_s=(1, 120), down_s=(0, 30)),
        Crash(id="worker-dies", process="worker", every_s=(1, 120), down_s=(0, 30)),
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.25, parameters={"delay_s": [0.5, 8]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.06),
        FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.2),
    ),
)
