"""The engine's `OutgoingStore` on PostgreSQL: deliveries, one statement each."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.outgoing import Consequence, Delivery, Echo, EchoKind
from service.store import outgoing_rows as rows
from service.store import outgoing_statements as statements
from service.store.single import Singles

GONE = "it answered 410 Gone"


class PostgresOutgoing:
    """See `engine.outgoing_ports.OutgoingStore` for what each method promises."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take the pool."""
        self._single = Singles(engine)

    async def claim_delivery(self, *, now_us: int, lease_us: int, apart_from: Collection[str]) -> Delivery | None:
        """Claim the delivery that has been due for longest and is held by nobody, except to these endpoints."""
        parameters = {"now_us": now_us, "lease_until_us": now_us + lease_us, "apart_from": sorted(apart_from)}
        row = await self._single.row(statements.CLAIM_DELIVERY, parameters)
        return None if row is None else rows.delivery_of(row)

    async def record_delivery(self, delivery: Delivery, echo: Echo, consequence: Consequence) -> None:
        """Write how a try ended; if somebody else has tried since, only that the endpoint has the event."""
        if consequence.disables:
            # First, so that whoever dies in between asks once more and is told the same again.
            gone = {"the_endpoint": delivery.endpoint.id, "the_url": delivery.endpoint.url, "the_reason": GONE}
            await self._single.execute(statements.DISABLE_ENDPOINT, gone)
        parameters = {
            "the_event": delivery.event.id,
            "the_endpoint": delivery.endpoint.id,
            "the_try": delivery.tries,
            "is_certain": echo.kind is EchoKind.ACCEPTED,
            "state": consequence.state,
            "due_at_us": consequence.due_at_us,
            "lease_until_us": None,
            "echo": echo.kind,
            "status": echo.status,
            "note": echo.note,
        }
        await self._single.execute(statements.RECORD_DELIVERY, parameters)

    async def resend(self, *, event_id: str, endpoint_id: str | None, now_us: int) -> Collection[str]:
        """Make an event due, from its first try on, and return for which endpoints; only enabled ones."""
        parameters = {"the_event": event_id, "the_endpoint": endpoint_id, "now_us": now_us}
        return [row["endpoint_id"] for row in await self._single.rows(statements.RESEND, parameters)]
