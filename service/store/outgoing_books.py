"""The part of the engine's `Books` on PostgreSQL that is about endpoints."""

from engine.outgoing import Endpoint
from service.store import outgoing_rows as rows
from service.store import outgoing_statements as statements
from service.store.part import Part


class EndpointPart(Part):
    """See `engine.ports.Books` for what each method promises."""

    async def count_endpoints(self, merchant_id: str) -> int:
        """Return how many endpoints a merchant has, and let nobody else add one before this transaction ends."""
        named = {"the_merchant": merchant_id}
        await self._connection.execute(statements.QUEUE_FOR_ENDPOINTS, named)
        row = await self._row(statements.COUNT_ENDPOINTS, named)
        assert row is not None
        return int(row["number"])

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Write a new endpoint."""
        await self._write(statements.INSERT_ENDPOINT, rows.endpoint_values(endpoint))

    async def lock_endpoint(self, *, merchant_id: str, endpoint_id: str) -> Endpoint | None:
        """Lock and read one endpoint, unless it is deleted."""
        row = await self._row(statements.LOCK_ENDPOINT, {"the_merchant": merchant_id, "the_endpoint": endpoint_id})
        return None if row is None else rows.endpoint_of(row)

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Write an endpoint."""
        changes = {"the_endpoint": endpoint.id} | rows.endpoint_changes(endpoint)
        await self._write(statements.UPDATE_ENDPOINT, changes)
