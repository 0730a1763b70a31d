"""Nobody listens to `refund.failed`: money that came back stays booked as given back."""

from engine.attempt import AttemptKind
from engine.inbox import Event, EventState, received
from engine.outcome import OutcomeKind
from engine.usecases import ReceiveEvent
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts


class _Deaf(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        assert event.outcome is not None
        if event.kind is AttemptKind.REFUND and event.outcome.kind is OutcomeKind.FAILED:
            ignored = received(event, state=EventState.IGNORED, at_us=self.clock.now_us())
            return ignored.state if await self.store.insert_event(ignored) else None
        return await super()._apply(event)


REFUND_FAILURE_IGNORED = Defect(
    id="refund-failure-ignored",
    what="A refund that the bank sends back later is not heard of, and stays booked as given back.",
    seen_in="woocommerce-gateway-stripe#4405",
    breaks=frozenset({"I4", "I7"}),
    habitat=habitat("racing-refunds", scripts=["closed-account"]),
    parts=Parts(receive_event=_Deaf),
)
