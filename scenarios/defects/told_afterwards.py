"""What merchants are to be told is written down in a second transaction, after the one that makes it true."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import Attempt
from engine.inbox import InboxEntry
from engine.payment import Move, Transition
from engine.ports import Ids, Written
from engine.settlement import Case
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.process import Crash
from service.store import PostgresBooks, PostgresStore
from service.wiring import Parts

# A view that nothing is stored in: whoever inserts a step into it has it announced, as if it were written just now.
_ANNOUNCED_BY_HAND = (
    "DROP TRIGGER tell_of_payment ON transitions",
    "CREATE VIEW announcements AS SELECT * FROM transitions",
    "CREATE TRIGGER tell_of_payment INSTEAD OF INSERT ON announcements FOR EACH ROW EXECUTE FUNCTION tell_of_payment()",
)
_ANNOUNCE = text(
    "INSERT INTO announcements SELECT * FROM transitions WHERE payment_id = :payment_id AND to_state = :to_state"
)


class _Noting(PostgresBooks):
    def __init__(self, connection: AsyncConnection, *, ids: Ids) -> None:
        super().__init__(connection, ids=ids)
        self.steps: list[Transition] = []

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        is_open = await super().open_payment(move, attempt)
        if is_open and move.transition is not None:
            self.steps.append(move.transition)
        return is_open

    async def save_payment(self, move: Move) -> None:
        await super().save_payment(move)
        if move.transition is not None:
            self.steps.append(move.transition)


class _TellsAfterwards(PostgresStore):
    def books(self, connection: AsyncConnection) -> _Noting:
        return _Noting(connection, ids=self._ids)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresBooks]:
        async with super().transaction() as books:
            yield books
        assert isinstance(books, _Noting)
        for step in books.steps:
            await self._announce(step)

    async def advance(
        self, before: Case, after: Case, *, move: Move | None, event: InboxEntry | None = None
    ) -> Written:
        written = await super().advance(before, after, move=move, event=event)
        await self._announce_written(written, move)
        return written

    async def advance_unless_busy(self, before: Case, after: Case, *, move: Move | None) -> Written:
        written = await super().advance_unless_busy(before, after, move=move)
        await self._announce_written(written, move)
        return written

    async def _announce_written(self, written: Written, move: Move | None) -> None:
        if written is Written.DONE and move is not None and move.transition is not None:
            await self._announce(move.transition)

    async def _announce(self, step: Transition) -> None:
        await self._single.execute(_ANNOUNCE, {"payment_id": step.payment_id, "to_state": step.to_state})


TOLD_AFTERWARDS = Defect(
    id="told-afterwards",
    what=(
        "The event for a merchant is written in a second transaction, after the one that moves the payment: whoever "
        "dies in between has told nobody."
    ),
    seen_in="mohamedboukari/bunmail#184",
    breaks=frozenset({"I13"}),
    habitat=habitat(
        "deaf-merchants",
        scripts=["patient"],
        faults=[
            Crash(id="service-dies", process="service", every_s=(0.2, 2), down_s=(0, 0.5)),
            FaultSpec(id="webhook-twice", where="webhook", kind="doubled", probability=1),
        ],
        customers=8,
        database_latency_s=[0.005, 0.05],
    ),
    parts=Parts(store=_TellsAfterwards),
    alterations=_ANNOUNCED_BY_HAND,
)
