"""Webhooks: each event goes to each endpoint that wants it, as a delivery of its own.

What the faults do to a delivery is decided once, when the event happens.
"""

from psp_chaos.delivery.courier import Courier
from psp_chaos.delivery.deliveries import Deliveries, Delivery
from psp_chaos.delivery.endpoints import Endpoint, Endpoints
from psp_chaos.delivery.events import Event, EventLog
from psp_chaos.delivery.misdeeds import Misdeeds
from psp_chaos.faults.fault import DeliveryFault, Occasion
from psp_chaos.faults.installed import Faults


class Webhooks:
    """Sends the events of one realm, and decides with the faults how."""

    def __init__(
        self,
        *,
        account: str,
        log: EventLog,
        endpoints: Endpoints,
        deliveries: Deliveries,
        courier: Courier,
        misdeeds: Misdeeds,
        faults: Faults,
    ) -> None:
        self._account = account
        self._log = log
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._courier = courier
        self._misdeeds = misdeeds
        self._faults = faults

    def publish(self, event: Event) -> None:
        """Write an event down and send it to every endpoint that wants it."""
        self._log.append(event)
        for forgotten in self._log.forget_old(is_needed=self._deliveries.needs):
            self._deliveries.forget(forgotten)
        for endpoint in list(self._endpoints.endpoints.values()):
            if endpoint.wants(event.type):
                self._dispatch(event, endpoint)

    async def before_answer(self, request_id: str) -> None:
        """Wait for the events that are to arrive before this request is answered."""
        await self._misdeeds.before_answer(request_id)

    def resend(self, event_id: str, *, endpoint_id: str | None = None) -> list[Delivery]:
        """Send an event again, to one endpoint or to all that want it, whether they have it or not."""
        event = self._log.event(event_id)
        if endpoint_id is not None:
            targets = [self._endpoints.endpoint(endpoint_id)]
        else:
            targets = [endpoint for endpoint in self._endpoints.endpoints.values() if endpoint.wants(event.type)]
        return [self._courier.start(self._courier.draft(event, endpoint)) for endpoint in targets]

    def resume(self) -> None:
        """Go on with what an earlier process was sending."""
        self._courier.resume()

    def forget(self, endpoint_id: str) -> None:
        """Send nothing more to an endpoint that is gone."""
        for delivery in self._deliveries.where(lambda row: row.endpoint_id == endpoint_id):
            self._courier.end(delivery, got_through=False)

    def _dispatch(self, event: Event, endpoint: Endpoint) -> None:
        occasion = Occasion(
            where="webhook",
            target=event.type,
            metadata=event.metadata,
            account=self._account,
            payment_id=event.payment_id,
            request_id=event.cause.request_id if event.cause else None,
            before_answer=event.cause is not None,
        )
        ruling = self._faults.ask(DeliveryFault, occasion)
        if ruling is None:
            self._courier.start(self._courier.draft(event, endpoint))
        else:
            self._misdeeds.carry_out(ruling, event, endpoint)
