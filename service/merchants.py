"""Merchants and their API keys, as an operator keeps them; the service itself may only read them.

A key is shown once, when it is made, and stored as a hash. A merchant may have several, so that a new one can be in use
before the old one is revoked. A revoked key may go on working for `authentication_cache_s`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.ports import Clock, Ids
from service.authentication import key_hash
from service.store.tables import api_keys, merchants

_SECRET_BYTES = 32  # of chance, which is why a plain hash is enough


@dataclass(frozen=True, kw_only=True, slots=True)
class Merchant:
    """Whoever uses the API."""

    id: str
    name: str
    keys: int  # that are not revoked


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """What is known of a key after it has been handed out."""

    id: str
    merchant_id: str
    name: str
    created_at_us: int
    revoked_at_us: int | None


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The merchants of one database."""

    database: AsyncEngine
    clock: Clock
    ids: Ids

    async def create_merchant(self, *, name: str, merchant_id: str | None = None) -> str | None:
        """Let a merchant in and return its id, or None if that id is taken; it has no key yet."""
        values = {"id": merchant_id or self.ids.new("mer"), "name": name}
        statement = upsert(merchants).values(values).on_conflict_do_nothing().returning(merchants.c.id)
        async with self.database.begin() as connection:
            made: str | None = await connection.scalar(statement)
        return made

    async def merchants(self) -> Sequence[Merchant]:
        """Return all merchants by id."""
        live = func.count(api_keys.c.id).filter(api_keys.c.revoked_at_us.is_(None))
        statement = (
            select(merchants.c.id, merchants.c.name, live.label("keys"))
            .select_from(merchants.outerjoin(api_keys))
            .group_by(merchants.c.id)
            .order_by(merchants.c.id)
        )
        async with self.database.connect() as connection:
            return [Merchant(**row) for row in (await connection.execute(statement)).mappings()]

    async def create_key(self, *, merchant_id: str, name: str) -> tuple[ApiKey, str] | None:
        """Return a new key and its secret, which nobody can ever learn again; None if there is no such merchant."""
        secret = f"pay_{secrets.token_urlsafe(_SECRET_BYTES)}"
        key = ApiKey(
            id=self.ids.new("key"),
            merchant_id=merchant_id,
            name=name,
            created_at_us=self.clock.now_us(),
            revoked_at_us=None,
        )
        async with self.database.begin() as connection:
            if await connection.scalar(select(merchants.c.id).where(merchants.c.id == merchant_id)) is None:
                return None
            values = {"id": key.id, "merchant_id": merchant_id, "name": name, "created_at_us": key.created_at_us}
            await connection.execute(insert(api_keys), values | {"key_sha256": key_hash(secret)})
        return key, secret

    async def keys(self, *, merchant_id: str | None = None) -> Sequence[ApiKey]:
        """Return the keys of a merchant, or all, oldest first."""
        shown = (column for column in api_keys.columns if column.name != "key_sha256")
        statement = select(*shown).order_by(api_keys.c.created_at_us, api_keys.c.id)
        if merchant_id is not None:
            statement = statement.where(api_keys.c.merchant_id == merchant_id)
        async with self.database.connect() as connection:
            return [ApiKey(**row) for row in (await connection.execute(statement)).mappings()]

    async def revoke_key(self, key_id: str) -> bool:
        """Let a key work no more; return whether it is revoked now, by this call or an earlier one."""
        revoked = (
            update(api_keys)
            .where(api_keys.c.id == key_id)
            .values(revoked_at_us=func.coalesce(api_keys.c.revoked_at_us, self.clock.now_us()))
        )
        async with self.database.begin() as connection:
            return (await connection.execute(revoked)).rowcount == 1
