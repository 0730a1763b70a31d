"""The work after the answer lives in the process that answered; nobody picks up what a crash left behind."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.process import Crash
from service.wiring import Parts
from service.worker import WorkDone, Worker


class _Idle(Worker):
    async def tick(self) -> WorkDone:
        return WorkDone(attempts=0, events=0, found_work=False, has_more=False)


BACKGROUND_ONLY = Defect(
    id="background-only",
    what="The work after the answer lives in the process that answered; nobody picks up what it leaves behind.",
    seen_in="hoangdaochuz/booking#72",
    breaks=frozenset({"I8", "I11"}),
    habitat=habitat(
        "dying-machines",
        scripts=["patient"],
        faults=[
            Crash(id="service-dies", process="service", every_s=(0.05, 2), down_s=(0, 1)),
            FaultSpec(id="webhook-lost", where="webhook", kind="lost"),
        ],
        psp_latency_s=[0.5, 3],
    ),
    parts=Parts(worker=_Idle),
)
