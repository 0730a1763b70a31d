"""Of two events about one object the newer one counts, and newer means a larger `created`, in whole seconds."""

import json

from sqlalchemy import select

from engine.inbox import Event, EventState, received
from engine.usecases import ReceiveEvent
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, habitat
from service.store import PostgresStore
from service.store.tables import inbox
from service.wiring import Parts


class _OrderedStore(PostgresStore):
    async def newest_created_s(self, psp_object_id: str) -> int:
        """Return when the newest event about this object came to be."""
        found = await self._single.rows(select(inbox.c.payload).where(inbox.c.psp_object_id == psp_object_id))
        return max((_created_s(row["payload"]) for row in found), default=0)


class _Ordering(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        assert isinstance(self.store, _OrderedStore)
        assert event.psp_object_id is not None
        if _created_s(event.payload) > await self.store.newest_created_s(event.psp_object_id):
            return await super()._apply(event)
        old = received(event, state=EventState.IGNORED, at_us=self.clock.now_us())
        return old.state if await self.store.insert_event(old) else None


def _created_s(payload: str) -> int:
    return int(json.loads(payload)["created"])


ORDER_BY_CREATED_SECOND = Defect(
    id="order-by-created-second",
    what="An event counts only if its `created`, in whole seconds, is larger than that of the one before.",
    seen_in="PostHog/posthog#98651",
    breaks=frozenset({"I5", "I8"}),
    habitat=habitat(
        "racing-refunds",
        scripts=["refunder"],
        faults=[
            FaultSpec(
                id="refund-pending",
                where="reply",
                kind="refund-pending",
                parameters={"delay_s": [0.05, 0.4]},
                window={"to_s": 10_000},
            )
        ],
        service=ONLY_WEBHOOKS_TELL,
    ),
    parts=Parts(store=_OrderedStore, receive_event=_Ordering),
)
