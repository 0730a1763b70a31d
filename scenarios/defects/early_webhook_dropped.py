"""An event about a payment of the PSP that is not known yet is acknowledged and forgotten."""

from engine.inbox import Event, EventState
from engine.settlement import Case
from engine.usecases import ReceiveEvent
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, early_webhooks
from service.wiring import Parts


class _Forgetful(ReceiveEvent):
    async def _case(self, event: Event) -> Case | None:
        """Look by the PSP's id alone, which is known once the PSP has answered."""
        assert event.kind is not None
        assert event.psp_object_id is not None
        return await self.store.case_of_psp_object(kind=event.kind, psp_id=event.psp_object_id, attempt_id=None)

    async def _park(self, event: Event) -> EventState | None:  # noqa: ARG002 - it is not kept
        return EventState.IGNORED


EARLY_WEBHOOK_DROPPED = Defect(
    id="early-webhook-dropped",
    what="An event about a payment whose PSP id is not known yet is acknowledged and forgotten.",
    seen_in="statamic-cargo#190",
    breaks=frozenset({"I8"}),
    habitat=early_webhooks(service=ONLY_WEBHOOKS_TELL),
    parts=Parts(receive_event=_Forgetful),
)
