"""Our books as plain rows, for whoever judges them: every table, in the order of its primary key."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from service.store.tables import (
    attempts,
    deliveries,
    discrepancies,
    endpoints,
    idempotency_keys,
    inbox,
    outgoing_events,
    payments,
    refunds,
    transitions,
)

EXPORTED = (payments, transitions, attempts, refunds, inbox, idempotency_keys, discrepancies)
OUTGOING = (endpoints, outgoing_events, deliveries)  # books about merchants who listen
# The remembered bodies and the snapshots repeat what the payments say, and secrets are nobody's business.
LEFT_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "idempotency_keys": ("body",),
        "endpoints": ("url", "secret", "old_secret", "old_secret_until_us"),
        "outgoing_events": ("snapshot",),
    }
)

OPEN_WORK = """
EXISTS (SELECT FROM attempts WHERE settled_at_us IS NULL) OR EXISTS (SELECT FROM inbox WHERE state = 'parked')
OR EXISTS (SELECT FROM discrepancies WHERE due_at_us IS NOT NULL)
OR EXISTS (SELECT FROM deliveries WHERE state = 'pending')
"""
"""True while anything is left that a worker would ever do, but for reading the PSP's statement, which never ends."""


async def export_books(database: AsyncEngine, tables: Sequence[Table] = EXPORTED) -> dict[str, list[dict[str, object]]]:
    """Return all rows by table, all read from one snapshot."""
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        books: dict[str, list[dict[str, object]]] = {}
        for table in tables:
            result = await connection.execute(_all_of(table))
            books[table.name] = [{str(name): value for name, value in row.items()} for row in result.mappings()]
        return books


def _all_of(table: Table) -> "Select[*tuple[object, ...]]":
    columns = [column for column in table.columns if column.name not in LEFT_OUT.get(table.name, ())]
    # By all columns, since a schema that lacks its primary key must be read in one order as well.
    return select(*columns).order_by(*table.primary_key.columns, *columns)
