"""Processes die, stop and start again at any moment: whatever was acknowledged is still there when they come back."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.process import Crash, CrashLoop, Pause, Restart, RollingRestart
from scenarios.spec import Scenario

DYING_MACHINES = Scenario(
    name="dying-machines",
    story=(
        "Every process of the service and every worker is killed every few minutes, in the middle of whatever it is "
        "doing, and comes back a moment or half a minute later, remembering nothing but the database. Some die again "
        "and again right after their start. Others stand still for longer than any lease and then go on as if nothing "
        "had happened; machines are restarted one by one, and the service is deployed anew while people pay. Meanwhile "
        "the PSP loses answers and webhooks. What a customer was promised must hold, and nothing may be done twice."
    ),
    scripts={"patient": 6, "double-clicker": 5, "impatient": 4, "two-tabs": 2, "refunder": 3},
    storm_s=1_800,
    calm_s=10_800,
    final_within_s=5_400,
    psp_asynchronous_share=0.3,
    faults=(
        Crash(id="service-dies", process="service", every_s=(1, 180), down_s=(0, 30)),
        Crash(id="worker-dies", process="worker", every_s=(1, 180), down_s=(0, 30)),
        CrashLoop(id="service-dies-again", process="service", every_s=(60, 900)),
        CrashLoop(id="worker-dies-again", process="worker", every_s=(60, 900)),
        Pause(id="service-stops", process="service", every_s=(10, 600), for_s=(1, 90)),
        Pause(id="worker-stops", process="worker", every_s=(10, 600), for_s=(31, 120)),  # longer than a lease
        Restart(id="service-restarts", process="service", every_s=(60, 900), grace_s=(1, 30)),
        Restart(id="worker-restarts", process="worker", every_s=(60, 900)),
        RollingRestart(id="deployment", process="service", every_s=(120, 1_200)),
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.25, parameters={"delay_s": [0.5, 8]}),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.06),
        FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.2),
    ),
)
