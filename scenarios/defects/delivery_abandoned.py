"""A delivery that was begun is nobody else's any more: what a dead worker was about to send is never sent."""

from collections.abc import Collection

from engine.outgoing import Delivery
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.merchant import Hang
from scenarios.faults.process import Crash
from service.store import PostgresOutgoing
from service.wiring import Parts

_FOR_EVER_US = 10**15


class _Possessive(PostgresOutgoing):
    async def claim_delivery(self, *, now_us: int, lease_us: int, apart_from: Collection[str]) -> Delivery | None:
        del lease_us
        return await super().claim_delivery(now_us=now_us, lease_us=_FOR_EVER_US, apart_from=apart_from)


DELIVERY_ABANDONED = Defect(
    id="delivery-abandoned",
    what="Whoever begins a delivery has it for good, so what a dead worker was sending is never tried again.",
    seen_in="textbee/textbee#267",
    breaks=frozenset({"I13"}),
    habitat=habitat(
        "deaf-merchants",
        scripts=["patient"],
        faults=[
            Crash(id="worker-dies", process="worker", every_s=(1, 5), down_s=(0, 1)),
            Hang(id="merchant-hangs", probability=0.5),
        ],
        service={"worker_idle_s": 1},
    ),
    parts=Parts(outgoing_store=_Possessive),
)
