"""What excuses that a merchant was not told: an endpoint that wants nothing, or a schedule that has come to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter
from types import MappingProxyType

from reports.checks.clocks import clock_error_us
from reports.checks.matters import Matter, MatterKey
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.grouping import grouped
from reports.records import Delivery, Endpoint, Notice, OutgoingEvent, RefundState
from reports.truth import Truth

_UNWANTED = frozenset({"gone", "disabled"})
_TOLERANCE_US = 300_000_000  # how old a signature may be, as merchants are told
_JITTER = 1.2  # the longest that a wait may be, to what the schedule says
_REFUND_STATES: Mapping[str, str] = MappingProxyType(
    {"refund.succeeded": RefundState.SUCCEEDED, "refund.failed": RefundState.FAILED}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How it stands with something that was not told; neither: that is how it may be."""

    wrong: str | None = None  # why there is no excuse
    is_waiting: bool = False  # it may still be told


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliveries:
    """The service's own books of what it told whom."""

    events: Mapping[MatterKey, OutgoingEvent]
    deliveries: Mapping[str, Sequence[Delivery]]  # by event
    endpoints: Mapping[str, Endpoint]
    schedule_us: tuple[int, ...]
    clock_error_us: int
    truth: Truth

    @classmethod
    def of(cls, evidence: Evidence, truth: Truth) -> "Deliveries":
        """Return the books of a run."""
        return cls(
            events={_key_of(event): event for event in evidence.service.outgoing_events or ()},
            deliveries=grouped(evidence.service.deliveries or (), attrgetter("event_id")),
            endpoints={endpoint.id: endpoint for endpoint in evidence.service.endpoints or ()},
            schedule_us=Terms.of(evidence.manifest).event_schedule_us,
            clock_error_us=clock_error_us(evidence.faults),
            truth=truth,
        )

    def standing(self, matter: Matter, notices: Sequence[Notice]) -> Standing:
        """Tell how it stands with a step that was not acknowledged, whatever reached its merchant of it."""
        event = self.events.get(matter.key)
        if event is None:
            return Standing(wrong=None if self._is_off(matter.merchant_id) else "no event of it was ever written")
        deliveries = self.deliveries.get(event.id, ())
        if not deliveries:
            return Standing(wrong=None if self._is_off(matter.merchant_id) else "its event is sent nowhere")
        standings = [self._of_delivery(delivery, notices) for delivery in deliveries]
        return max(standings, key=lambda one: (one.wrong is not None, one.is_waiting))

    def _of_delivery(self, delivery: Delivery, notices: Sequence[Notice]) -> Standing:
        match delivery.state:
            case "dead":
                return self._of_dead(delivery, notices)
            case "pending":
                return self._of_pending(delivery)
            case _:
                return Standing(wrong=f"it counts as {delivery.state} all the same")

    def _of_dead(self, delivery: Delivery, notices: Sequence[Notice]) -> Standing:
        is_unwanted = delivery.echo in _UNWANTED
        if is_unwanted and not self._wants_nothing(delivery, notices):
            return Standing(wrong=f"it was given up because its endpoint is {delivery.echo}, which it is not")
        if is_unwanted or delivery.tries > len(self.schedule_us):
            if notices and all(map(self._is_stale, notices)):
                return Standing(wrong="whatever came of it was signed too long ago to be believed")
            return Standing()
        return Standing(wrong=f"it was given up after {delivery.tries} of {len(self.schedule_us) + 1} tries")

    def _of_pending(self, delivery: Delivery) -> Standing:
        if self._waits_too_long(delivery):
            return Standing(wrong="its next try is later than the schedule says")
        if delivery.due_at_us is None or self.truth.is_due(delivery.due_at_us):
            return Standing(wrong=f"it is due and has not been tried again, after {delivery.tries} tries")
        return Standing(is_waiting=True)

    def _wants_nothing(self, delivery: Delivery, notices: Sequence[Notice]) -> bool:
        """Tell whether an endpoint is off, or has said of this very event that it is gone."""
        endpoint = self.endpoints.get(delivery.endpoint_id)
        is_on = endpoint is not None and endpoint.state == "enabled"
        return not is_on or any(notice.status == HTTPStatus.GONE for notice in notices)

    def _waits_too_long(self, delivery: Delivery) -> bool:
        if (
            delivery.due_at_us is None
            or delivery.tried_at_us is None
            or not 0 < delivery.tries <= len(self.schedule_us)
        ):
            return False
        longest_us = _JITTER * self.schedule_us[delivery.tries - 1]
        return self.truth.deadline_us(round(delivery.tried_at_us + longest_us)) < delivery.due_at_us

    def _is_stale(self, notice: Notice) -> bool:
        """Tell whether its merchant could not take it for fresh, and no clock of ours was so far off."""
        signed_at_us = notice.signed_at_us
        tolerance_us = _TOLERANCE_US + self.clock_error_us
        return signed_at_us is None or abs(notice.at_us - signed_at_us) > tolerance_us

    def _is_off(self, merchant_id: str) -> bool:
        """Tell whether a merchant has no endpoint left that wants anything."""
        theirs = [endpoint for endpoint in self.endpoints.values() if endpoint.merchant_id == merchant_id]
        return all(endpoint.state != "enabled" for endpoint in theirs)


def _key_of(event: OutgoingEvent) -> MatterKey:
    if event.refund_id is not None:
        return event.merchant_id, event.refund_id, _REFUND_STATES.get(event.type)
    return event.merchant_id, event.payment_id, event.sequence
