"""The webhook answers 200 whatever happened, so the PSP never delivers again what was not applied."""

import logging

from engine.errors import StoreError
from engine.inbox import Event, EventState
from engine.usecases import ReceiveEvent
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, habitat
from scenarios.faults.database import StatementTimeout
from service.wiring import Parts

logger = logging.getLogger(__name__)


class _Polite(ReceiveEvent):
    async def __call__(self, event: Event) -> EventState | None:
        try:
            return await super().__call__(event)
        except StoreError as error:
            logger.warning("event %s was not applied: %s", event.id, error)
            return None


ALWAYS_200 = Defect(
    id="always-200",
    what="The webhook answers 200 also when its handler failed, so that the PSP does not deliver it again.",
    seen_in="Sachinchaurasiya360/InternHack#2955",
    breaks=frozenset({"I8"}),
    habitat=habitat(
        "failing-database",
        scripts=["patient"],
        faults=[StatementTimeout(id="statement-timeout", probability=0.3, after_s=(0.5, 2))],
        customers=8,
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
        service=ONLY_WEBHOOKS_TELL,
    ),
    parts=Parts(receive_event=_Polite),
)
