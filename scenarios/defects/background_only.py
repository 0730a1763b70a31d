"""The work after the answer lives in the process that answered; nobody picks up what a crash left behind."""

from scenarios.defects.defect import Defect
from service.wiring import Parts
from service.worker import WorkDone, Worker


class _Idle(Worker):
    async def tick(self) -> WorkDone:
        return WorkDone(attempts=0, events=0, found_work=False, has_more=False)


BACKGROUND_ONLY = Defect(
    id="background-only",
    what="The work after the answer lives in the process that answered; nobody picks up what it leaves behind.",
    breaks=frozenset({"I8"}),
    exposed_by="dying-machines",
    parts=Parts(worker=_Idle),
)
