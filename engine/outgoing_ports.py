"""What telling merchants needs from the world, beyond what `engine.ports` asks for."""

from collections.abc import Collection
from typing import Protocol

from engine.idempotency import Answer
from engine.outgoing import Consequence, Delivery, Echo, Endpoint


class Courier(Protocol):
    """Carries events to merchants. It never raises for what a merchant or the network does."""

    async def deliver(self, delivery: Delivery) -> Echo:
        """Send an event to an endpoint once, with no transaction open, and return what came back."""
        ...


class Targets(Protocol):
    """Says where events may go."""

    async def refusal(self, url: str) -> str | None:
        """Return why nothing may be sent to this address, or None; the name in it is looked up."""
        ...


class OutgoingStore(Protocol):
    """The deliveries; no method holds a transaction open."""

    async def claim_delivery(self, *, now_us: int, lease_us: int, apart_from: Collection[str]) -> Delivery | None:
        """Claim the delivery that has been due for longest and is held by nobody, except to these endpoints.

        A claim that is not recorded ends with its lease, and the delivery is due again.
        """
        ...

    async def record_delivery(self, delivery: Delivery, echo: Echo, consequence: Consequence) -> None:
        """Write how a try ended; if somebody else has tried since, only that the endpoint has the event.

        An endpoint that is gone is disabled before that.
        """
        ...

    async def resend(self, *, event_id: str, endpoint_id: str | None, now_us: int) -> Collection[str]:
        """Make an event due, from its first try on, and return for which endpoints; only enabled ones of its merchant.

        Without an endpoint, for all of them, also for those that never had the event.
        """
        ...


class OutgoingPresenter(Protocol):
    """How answers about endpoints look."""

    def endpoint_created(self, endpoint: Endpoint) -> Answer:
        """Return the answer to a new endpoint; it shows the secret."""
        ...

    def secret_rotated(self, endpoint: Endpoint) -> Answer:
        """Return the answer to a change of the secret; it shows the new one."""
        ...

    def target_refused(self, why: str) -> Answer:
        """Return the answer to an address to which nothing may be sent."""
        ...

    def too_many_endpoints(self) -> Answer:
        """Return the answer to one endpoint more than a merchant may have."""
        ...

    def endpoint_missing(self) -> Answer:
        """Return the answer about an endpoint that this merchant does not have."""
        ...
