"""What reading the statement and repairing need from the world, beyond what `engine.ports` asks for.

The lock order is the same: a payment's row first, then what belongs to it, then a discrepancy. The progress of the
statement is locked alone.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from engine.attempt import AttemptKind
from engine.matching import Matter
from engine.outcome import Outcome
from engine.ports import Books, Store
from engine.repair import Repair
from engine.statement import Progress, StatementLine, StatementPage, Window


class PspBooks(Protocol):
    """The PSP's own books, as far as it shows them. It never raises for what the PSP or the network does."""

    async def page(self, window: Window, *, after: str | None) -> StatementPage | None:
        """Return a page of the statement, or None if it could not be had or read."""
        ...

    async def look(self, kind: AttemptKind, psp_id: str) -> Outcome:
        """Ask about a payment or refund by the PSP's id."""
        ...

    async def returns(self, capture_psp_id: str) -> Sequence[Outcome] | None:
        """Return every refund of a payment, or None if a page is missing."""
        ...

    async def give_back(self, capture_psp_id: str, *, key: str) -> Outcome:
        """Refund all that is left of a payment, or ask again with the same key."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreported:
    """Money that our books have and that no line speaks of."""

    kind: AttemptKind
    psp_id: str
    attempt_id: str
    settled_at_us: int


class StatementBooks(Books, Protocol):
    """Our books inside one transaction, with the statement and the repairs."""

    async def begin_progress(self, progress: Progress) -> None:
        """Write the first progress, unless there is one."""
        ...

    async def lock_progress(self, *, wait: bool) -> Progress | None:
        """Lock the progress; None if there is none or, unless it is to be waited for, somebody else holds it."""
        ...

    async def save_progress(self, progress: Progress) -> None:
        """Write the progress."""
        ...

    async def first_settled_at_us(self) -> int | None:
        """Return when an attempt was first settled."""
        ...

    async def insert_lines(self, lines: Sequence[StatementLine], *, at_us: int) -> Collection[str]:
        """Store lines once by their id, due for matching, and return the ids of those that were new."""
        ...

    async def lines(self, ids: Collection[str]) -> Sequence[StatementLine]:
        """Return these lines as they were first read."""
        ...

    async def lines_of(self, kind: AttemptKind, psp_id: str) -> Sequence[StatementLine]:
        """Return all lines about an object of the PSP, oldest first."""
        ...

    async def is_repaired_by_refunds_of(self, capture_psp_id: str) -> bool:
        """Tell whether refunds of this payment repair a discrepancy."""
        ...

    async def save_matched(self, line_ids: Collection[str], *, due_at_us: int | None) -> None:
        """Write when these lines are to be looked at again; None: never."""
        ...

    async def close_explained(self, psp_ids: Collection[str], *, at_us: int) -> None:
        """Close, as repaired, that lines of these objects were missing or that their money was nobody's."""
        ...

    async def lock_repair(self, discrepancy_id: str, *, wait: bool) -> Repair | None:
        """Lock a discrepancy that can be repaired; None if, unless it is to be waited for, somebody holds it."""
        ...

    async def save_repair(self, repair: Repair) -> None:
        """Write how a repair stands."""
        ...


class StatementStore(Store, Protocol):
    """Our books between transactions, with the statement and the repairs."""

    def transaction(self) -> AbstractAsyncContextManager[StatementBooks]:
        """Open a transaction: committed at the end of the block, rolled back if it raises."""
        ...

    async def due_matters(self, *, now_us: int, limit: int) -> Sequence[Matter]:
        """Return the objects of at most `limit` lines that are due, read without a lock, each with what we know of it.

        A case is found by the PSP's id only: whoever needs our reference, or certainty, looks again under the lock.
        """
        ...

    async def unreported(self, *, after: tuple[int, str], until_us: int, limit: int) -> Sequence[Unreported]:
        """Return money without a line that was settled after this moment and attempt and before then.

        At most `limit`, longest ago first; what is on record as missing is left out.
        """
        ...
