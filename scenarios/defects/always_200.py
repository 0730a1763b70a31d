"""The webhook answers 200 whatever happened, so the PSP never delivers again what was not applied."""

import logging

from engine.errors import StoreError
from engine.inbox import Event, EventState
from engine.usecases import ReceiveEvent
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import failing_handlers
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
    habitat=failing_handlers(),
    parts=Parts(receive_event=_Polite),
)
