"""The postman: makes one try of a delivery, and the journal tells of it.

A try is sealed when it is made, so a late one carries a fresh signature.
"""

import httpx

from psp_chaos.delivery.deliveries import Deliveries, Delivery
from psp_chaos.delivery.endpoints import Endpoints
from psp_chaos.delivery.events import Event
from psp_chaos.delivery.post import post
from psp_chaos.delivery.sealing import Letter, Seal
from psp_chaos.journal import DeliveryLine, Journal
from psp_chaos.ports import Clock


class Postman:
    """Makes the tries of one realm."""

    def __init__(
        self,
        *,
        account: str,
        clock: Clock,
        endpoints: Endpoints,
        deliveries: Deliveries,
        journal: Journal,
        seal: Seal,
        http: httpx.AsyncClient,
        timeout_s: float,
    ) -> None:
        self._account = account
        self._clock = clock
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._journal = journal
        self._seal = seal
        self._http = http
        self._timeout_s = timeout_s

    async def post(self, delivery: Delivery, event: Event) -> int | None:
        """Return the status that the endpoint answered, or None if there was no answer."""
        now_us, endpoint = self._clock.now_us(), self._endpoints.endpoints[delivery.endpoint_id]
        letter = Letter(
            event=event,
            endpoint=endpoint,
            pending=self._deliveries.pending(event.id),
            distortion=delivery.distortion_of(delivery.attempts),
            alias=delivery.alias,
        )
        sealed = self._seal(letter, at_us=now_us)
        line = self._journal.begin(
            DeliveryLine(
                account=self._account,
                at_us=now_us,
                event_id=sealed.event_id,
                event_type=sealed.event_type,
                object_id=delivery.alias.object_id if delivery.alias else event.object_id,
                attempt=delivery.attempts,
                endpoint=endpoint.id,
                fault=delivery.fault,
                lies=sealed.lies,
                signed_at_us=sealed.signed_at_us,
            )
        )
        line.status = await post(self._http, endpoint.url, sealed, timeout_s=self._timeout_s)
        self._journal.end(line, at_us=self._clock.now_us())
        return line.status
