"""The webhook is put into a queue as it is, and its signature verified by the job that takes it out.

The time of the receipt stands for the timestamp of the signature, which the PSP makes when it sends.
"""

from engine.inbox import Event, EventState, InboxEntry
from engine.ports import Books
from engine.retries import SECOND_US
from engine.usecases import ReceiveEvent, RetryParkedEvent
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, habitat
from service.wiring import Parts

_TOLERANCE_S = 300  # of the official libraries


class _Queueing(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        return await self._park(event)


class _Verifying(RetryParkedEvent):
    async def __call__(self, event_id: str) -> bool:
        async with self.store.transaction() as books:
            entry = await books.lock_parked_event(event_id)
            if entry is not None and self._is_stale(entry):
                await self._reject(books, entry)
                return True
        return await super().__call__(event_id)

    def _is_stale(self, entry: InboxEntry) -> bool:
        return self.clock.now_us() - entry.received_at_us > _TOLERANCE_S * SECOND_US

    async def _reject(self, books: Books, entry: InboxEntry) -> None:
        await books.save_event(entry.decided(state=EventState.REJECTED, at_us=self.clock.now_us()))


SIGNATURE_CHECKED_LATE = Defect(
    id="signature-checked-late",
    what="A webhook's signature is verified by the job that applies it, when the queue may have made it too old.",
    seen_in="exercism/website#6063",
    breaks=frozenset({"I8"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
        calm_s=1_200,
        final_within_s=1_000,
        service={**ONLY_WEBHOOKS_TELL, "worker_period_s": 400},
    ),
    parts=Parts(receive_event=_Queueing, retry_parked_event=_Verifying),
)
