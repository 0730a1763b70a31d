"""Keys are kept in a dictionary of one process: another process, or this one after a restart, knows none of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.idempotency import Answer, KeyedRequest, KeyScope, Remembered
from engine.ports import Ids
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.unguarded_orders import FORGET_THE_ORDER, TrustingBooks
from service.store import PostgresBooks, PostgresStore
from service.wiring import Parts


class _Memory:
    """The keys of one process, with the answers that are finished."""

    def __init__(self) -> None:
        self.claimed: dict[KeyScope, KeyedRequest] = {}
        self.answers: dict[KeyScope, Remembered] = {}


class _RememberingBooks(TrustingBooks):
    def __init__(self, connection: AsyncConnection, *, ids: Ids, memory: _Memory) -> None:
        super().__init__(connection, ids=ids)
        self._memory = memory
        self._expires_at_us = 0
        self.claimed: KeyScope | None = None  # by this transaction

    async def claim_key(self, request: KeyedRequest, answer: Answer | None, *, now_us: int, expires_at_us: int) -> bool:  # noqa: ARG002 - it never forgets
        if request.scope in self._memory.claimed:
            return False
        self._memory.claimed[request.scope] = request
        self.claimed, self._expires_at_us = request.scope, expires_at_us
        if answer is not None:
            await self.remember(request.scope, answer)
        return True

    async def remember(self, scope: KeyScope, answer: Answer) -> None:
        fingerprint = self._memory.claimed[scope].fingerprint
        kept = Remembered(fingerprint=fingerprint, answer=answer, expires_at_us=self._expires_at_us)
        self._memory.answers[scope] = kept


class _RememberingStore(PostgresStore):
    def __init__(self, engine: AsyncEngine, *, ids: Ids) -> None:
        super().__init__(engine, ids=ids)
        self._memory = _Memory()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresBooks]:
        async with super().transaction() as books:
            try:
                yield books
            except BaseException:  # whatever it was: the transaction is rolled back, and it is raised again
                self._forget(books)
                raise

    def books(self, connection: AsyncConnection) -> PostgresBooks:
        return _RememberingBooks(connection, ids=self._ids, memory=self._memory)

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:  # noqa: ARG002 - it never forgets
        return self._memory.answers.get(scope)

    def _forget(self, books: PostgresBooks) -> None:
        """Let a request that came to nothing be asked again."""
        assert isinstance(books, _RememberingBooks)
        if books.claimed is not None:
            self._memory.claimed.pop(books.claimed, None)
            self._memory.answers.pop(books.claimed, None)


KEY_IN_PROCESS_MEMORY = Defect(
    id="key-in-process-memory",
    what="Keys are kept in a dictionary of one process, and nothing else stops a second payment for one order.",
    seen_in="AnchorNet-Backend#221",
    breaks=frozenset({"I1"}),
    habitat=habitat("duplicate-clicks", scripts=["double-clicker", "impatient"], service_processes=2),
    parts=Parts(store=_RememberingStore),
    alterations=(FORGET_THE_ORDER,),
)
