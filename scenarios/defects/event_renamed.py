"""Each try to tell a merchant something has an id of its own, so that a repetition looks like news."""

from dataclasses import replace

from engine.outgoing import Delivery, Echo
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.merchant import DropAfter
from service.courier import HttpCourier
from service.wiring import Parts


class _Renaming(HttpCourier):
    async def deliver(self, delivery: Delivery) -> Echo:
        event = replace(delivery.event, id=f"{delivery.event.id}_{delivery.tries}")
        return await super().deliver(replace(delivery, event=event))


EVENT_RENAMED = Defect(
    id="event-renamed",
    what="Each try to tell a merchant something has an id of its own, so nobody can tell a repetition from news.",
    seen_in="sendgrid/sendgrid-nodejs#1435",
    breaks=frozenset({"I13"}),
    habitat=habitat(
        "deaf-merchants",
        scripts=["patient"],
        faults=[DropAfter(id="merchant-answer-lost", probability=0.7)],
        service={"worker_idle_s": 1},
    ),
    parts=Parts(courier=_Renaming),
)
