"""What the service's own role may do: what its statements need, and nothing else.

It owns nothing, so it can neither drop, alter nor truncate a table, and what is history (transitions, the terms of a
payment, an attempt's key) it can write once and never again. Merchants and their keys it can only read.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PRIVILEGES: Mapping[str, str] = MappingProxyType(
    {
        "alembic_version": "SELECT",
        "merchants": "SELECT",
        "api_keys": "SELECT",
        "payments": (
            "SELECT, INSERT, UPDATE"
            " (state, failure_reason, captured_minor, refunded_minor, updated_at_us, cancel_requested_at_us)"
        ),
        "transitions": "SELECT, INSERT",
        "refunds": "SELECT, INSERT, UPDATE (state, psp_refund_id, settled_at_us)",
        "attempts": (
            "SELECT, INSERT, UPDATE (psp_id, state, tries, first_sent_at_us, settled_at_us, due_at_us, lease_until_us)"
        ),
        "inbox": "SELECT, INSERT, UPDATE (state, applied_at_us, due_at_us, tries), DELETE",
        "idempotency_keys": "SELECT, INSERT, UPDATE, DELETE",
        "discrepancies": "SELECT, INSERT, UPDATE (state, closed_at_us, due_at_us, tries, refusals, lease_until_us)",
        "statement_lines": "SELECT, INSERT, UPDATE (due_at_us)",
        "statement_progress": "SELECT, INSERT, UPDATE",
        "endpoints": ("SELECT, INSERT, UPDATE (url, state, secret, old_secret, old_secret_until_us, disabled_reason)"),
        "outgoing_events": "SELECT, DELETE",  # written by the database itself (`service.store.outbox`)
        "deliveries": (
            "SELECT, INSERT, UPDATE (state, tries, due_at_us, lease_until_us, tried_at_us, echo, status, note)"
        ),
    }
)


async def grant(database: AsyncEngine, *, role: str, password: str | None) -> None:
    """Give a role these privileges and take any other; create it, with a password if one is given, where it is not."""
    async with database.begin() as connection:
        await _let_in(connection, role=role, password=password)
        name = await _quoted(connection, "%I", role)
        await connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        await connection.execute(text(f"REVOKE ALL ON SCHEMA public FROM {name}"))
        await connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
        for table, privileges in PRIVILEGES.items():
            await connection.execute(text(f"REVOKE ALL ON {table} FROM {name}"))
            await connection.execute(text(f"GRANT {privileges} ON {table} TO {name}"))


async def _let_in(connection: AsyncConnection, *, role: str, password: str | None) -> None:
    known = await connection.scalar(text("SELECT TRUE FROM pg_roles WHERE rolname = :role"), {"role": role})
    if known and password is None:
        return
    name = await _quoted(connection, "%I", role)
    secret = "" if password is None else f" PASSWORD {await _quoted(connection, '%L', password)}"
    # Neither CREATE nor ALTER ROLE takes parameters, hence the text; a colon in it would be taken for one.
    statement = f"{'ALTER' if known else 'CREATE'} ROLE {name} LOGIN{secret}".replace(":", r"\:")
    await connection.execute(text(statement))


async def _quoted(connection: AsyncConnection, form: str, word: str) -> str:
    """Return a word as PostgreSQL itself quotes it, as an identifier (%I) or a literal (%L)."""
    quoted = await connection.scalar(
        text("SELECT format(CAST(:form AS text), CAST(:word AS text))"), {"form": form, "word": word}
    )
    assert isinstance(quoted, str)
    return quoted
