"""Every machine has a time of its own: leases and due times are stamped by one clock and read by another."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.clock import Jump, Skew
from scenarios.faults.process import Crash
from scenarios.spec import Scenario

LYING_CLOCKS = Scenario(
    name="lying-clocks",
    story=(
        "No two machines of the service agree on the time. Each clock is wrong by up to two minutes, and every few "
        "minutes one leaps forwards or back by as much again, so that a lease ends before it began and an answer comes "
        "before its question. Processes die meanwhile, and the PSP is slow, loses answers and webhooks, and remembers "
        "errors for what it did. Nothing may be done twice because of it, and nothing left undone."
    ),
    scripts={"patient": 5, "double-clicker": 5, "impatient": 4, "two-tabs": 3, "refunder": 4},
    storm_s=1_800,
    calm_s=10_800,
    final_within_s=5_400,
    psp_asynchronous_share=0.3,
    faults=(
        Skew(id="service-skewed", process="service", by_s=(-120, 120)),
        Skew(id="worker-skewed", process="worker", by_s=(-120, 120)),
        Jump(id="service-jumps", process="service", every_s=(1, 300), by_s=(-120, 120)),
        Jump(id="worker-jumps", process="worker", every_s=(1, 300), by_s=(-120, 120)),
        Crash(id="service-dies", process="service", every_s=(60, 900), down_s=(0, 30)),
        Crash(id="worker-dies", process="worker", every_s=(60, 900), down_s=(0, 30)),
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.25, parameters={"delay_s": [0.5, 15]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.1),
        FaultSpec(id="error-remembered", where="reply", kind="error-after", probability=0.1),
        FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.4),
    ),
)
