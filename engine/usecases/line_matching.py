"""Match one object of the PSP: read our books and the lines, decide, ask the PSP if need be, settle, decide again.

Where it may die: before a commit nothing has happened and the line is still due; the PSP is only asked, never told, so
asking again does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.attempt import AttemptKind
from engine.lifecycle import Source
from engine.matching import AGREED, Judgement, Matter, Next, Rules, judge
from engine.outcome import Outcome, OutcomeKind
from engine.ports import Clock
from engine.retries import Patience
from engine.settlement import Case, settle
from engine.statement import StatementLine
from engine.statement_ports import PspBooks, StatementBooks, StatementStore
from engine.usecases.settling import save

_WORDS = (OutcomeKind.SUCCEEDED, OutcomeKind.FAILED, OutcomeKind.PENDING)


@dataclass(frozen=True, kw_only=True)
class MatchObject:
    """Brings one object of the PSP, our books and the lines about it together."""

    store: StatementStore
    psp: PspBooks
    clock: Clock
    patience: Patience
    rules: Rules

    async def __call__(self, kind: AttemptKind, psp_id: str, *, attempt_id: str | None = None) -> Judgement:
        """Return what became of it; `attempt_id` is whose it should be, if no line can tell."""
        judgement = await self._examine(kind, psp_id, attempt_id=attempt_id, word=None)
        if judgement.next is not Next.ASK:
            return judgement
        word = await self.psp.look(kind, psp_id)
        return await self._examine(kind, psp_id, attempt_id=attempt_id, word=word)

    async def _examine(
        self, kind: AttemptKind, psp_id: str, *, attempt_id: str | None, word: Outcome | None
    ) -> Judgement:
        async with self.store.transaction() as books:
            matter = await _matter(books, kind, psp_id, attempt_id=attempt_id)
            now_us = self.clock.now_us()
            if word is not None and word.kind in _WORDS and matter.case is not None:
                settlement = settle(matter.case, word, source=Source.WORKER, at_us=now_us)
                await save(books, matter.case, settlement, patience=self.patience)
                matter = replace(matter, case=settlement.case)
            judgement = judge(matter, word=word, rules=self.rules, now_us=now_us)
            if judgement.next is not Next.ASK:
                await self._save(books, matter, judgement, now_us=now_us)
            return judgement

    async def _save(self, books: StatementBooks, matter: Matter, judgement: Judgement, *, now_us: int) -> None:
        for discrepancy in judgement.discrepancies:
            await books.record(discrepancy)
        if judgement.agrees:
            await books.close_explained([matter.psp_id], at_us=now_us)
        if matter.lines:
            due_at_us = now_us + self.rules.rhythm.period_us if judgement.next is Next.WAIT else None
            # These, and not whatever has come since: a line that nobody has seen stays due.
            await books.save_matched([line.id for line in matter.lines], due_at_us=due_at_us)
        if matter.is_repair and matter.lines[-1].capture_psp_id is not None and _came_back(matter):
            await books.hasten_repair(matter.lines[-1].capture_psp_id, has_failed=True, at_us=now_us)


def agrees_outright(matter: Matter, *, rules: Rules, now_us: int) -> bool:
    """Tell whether a matter that was read without a lock needs no further look.

    What it rests on never changes: a settled attempt stays what it is, and a new line is due by itself.
    """
    return judge(matter, word=None, rules=rules, now_us=now_us) == AGREED


async def _matter(books: StatementBooks, kind: AttemptKind, psp_id: str, *, attempt_id: str | None) -> Matter:
    """Lock and read what our books say: by the PSP's id, else by our reference; then the lines."""
    case = await books.lock_case_of_psp_object(kind=kind, psp_id=psp_id)
    lines = await books.lines_of(kind, psp_id)
    if case is None:
        case = await _case_by_reference(books, kind, lines, attempt_id=attempt_id)
    is_repair = case is None and await _is_repair(books, lines)
    return Matter(kind=kind, psp_id=psp_id, lines=lines, case=case, is_repair=is_repair)


async def _case_by_reference(
    books: StatementBooks, kind: AttemptKind, lines: Sequence[StatementLine], *, attempt_id: str | None
) -> Case | None:
    reference = next((line.attempt_id for line in lines if line.attempt_id is not None), attempt_id)
    case = None if reference is None else await books.lock_case(reference)
    return case if case is not None and case.attempt.kind is kind else None


async def _is_repair(books: StatementBooks, lines: Sequence[StatementLine]) -> bool:
    capture = next((line.capture_psp_id for line in lines if line.capture_psp_id is not None), None)
    return capture is not None and await books.is_repaired_by_refunds_of(capture)


def _came_back(matter: Matter) -> bool:
    return any(line.money.amount_minor > 0 for line in matter.lines)
