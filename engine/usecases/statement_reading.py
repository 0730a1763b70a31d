"""Reconcile: read the PSP's statement to its end, match what is new, and look for what should have been in it.

One reader at a time holds the progress row by a lease and renews it with every commit. It may die anywhere:

- while reading: pages are committed as they come and lines are kept once by their id, so reading again adds what was
  missing; the mark moves only when the window was read to its end;
- while matching: a line stays due until its match is committed;
- while looking for what is missing: the mark of that moves last.

A window begins a look-back before the mark, because lines come late and carry the time at which the money moved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from engine.matching import Matter, Next, Rules, changed
from engine.ports import Clock
from engine.retries import SECOND_US, Patience, retry_wait_us
from engine.statement import CLOCK_SLACK_US, Progress, Rhythm, StatementLine, Window, beginning
from engine.statement_ports import PspBooks, StatementBooks, StatementStore
from engine.usecases.line_matching import MatchObject, agrees_outright

BATCH = 100  # lines that are matched, or looked for, in one go
LEASES = 2  # a step asks the PSP once, which takes less than half a lease; a reader that was paused has time to spare


class _OvertakenError(Exception):
    """Somebody else holds the statement now."""


@dataclass(kw_only=True)
class Reading:
    """What one reading has done so far."""

    lines_read: int = 0
    lines_new: int = 0
    objects_agreed: int = 0
    objects_waiting: int = 0  # to be looked at again later
    objects_settled: int = 0  # asked about; what was wrong with them is settled or on record
    is_complete: bool = False  # the statement was read to its end


@dataclass(frozen=True, kw_only=True)
class ReadStatement:
    """Reads what the PSP reports, and holds it against our books."""

    store: StatementStore
    psp: PspBooks
    clock: Clock
    random: Random  # for the jitter of a retry
    patience: Patience
    rules: Rules
    match: MatchObject

    async def __call__(self, *, at_once: bool = False, since_us: int | None = None) -> Reading | None:
        """Return what was read, or None if it is not time, nothing was ever settled, or somebody else is at it.

        Args:
            at_once: Do not wait until it is due.
            since_us: Read and compare from then on, however far the marks are.
        """
        claimed = await self._claim(at_once=at_once, since_us=since_us)
        if claimed is None:
            return None
        reading = Reading()
        try:
            window = claimed.window(self._rhythm, now_us=self.clock.now_us(), since_us=since_us)
            reading.is_complete = await self._read(claimed, window, reading)
            if reading.is_complete:
                await self._match(claimed, reading)
                await self._compare(claimed, window, reading, since_us=since_us)
            await self._release(claimed, has_failed=not reading.is_complete)
        except _OvertakenError:
            reading.is_complete = False
        return reading

    @property
    def _rhythm(self) -> Rhythm:
        return self.rules.rhythm

    @property
    def _lease_us(self) -> int:
        return LEASES * self.patience.lease_us

    async def _claim(self, *, at_once: bool, since_us: int | None) -> Progress | None:
        async with self.store.transaction() as books:
            progress = await books.lock_progress(wait=False) or await self._begun(
                books, at_once=at_once, since_us=since_us
            )
            now_us = self.clock.now_us()
            if progress is None or not progress.is_free(now_us=now_us):
                return None
            if not at_once and not progress.is_due(now_us=now_us):
                return None
            claimed = progress.claimed(now_us=now_us, lease_us=self._lease_us)
            await books.save_progress(claimed)
            return claimed

    async def _begun(self, books: StatementBooks, *, at_once: bool, since_us: int | None) -> Progress | None:
        """Return the first progress, or None if there is one already, in somebody's hands, or nothing to begin with."""
        at_us = await books.first_settled_at_us() or since_us or (self.clock.now_us() if at_once else None)
        if at_us is not None:
            await books.begin_progress(beginning(at_us=at_us))
        return await books.lock_progress(wait=False)

    async def _save(self, books: StatementBooks, claimed: Progress, change: Callable[[Progress], Progress]) -> None:
        """Change the progress as it stands, and renew the lease."""
        progress = await books.lock_progress(wait=True)
        if progress is None or progress.tries != claimed.tries:
            raise _OvertakenError
        renewed = progress.renewed(now_us=self.clock.now_us(), lease_us=self._lease_us)
        await books.save_progress(change(renewed))

    # Reading

    async def _read(self, claimed: Progress, window: Window, reading: Reading) -> bool:
        """Read a window page by page and tell whether its end was reached."""
        after: str | None = None
        while True:
            page = await self.psp.page(window, after=after)
            if page is None or (page.next_after is not None and page.next_after == after):
                return False
            is_last = page.next_after is None
            async with self.store.transaction() as books:
                reading.lines_new += await self._keep(books, page.lines)
                await self._save(books, claimed, lambda progress: progress.read(window) if is_last else progress)  # noqa: B023
            reading.lines_read += len(page.lines)
            if is_last:
                return True
            after = page.next_after

    async def _keep(self, books: StatementBooks, lines: Sequence[StatementLine]) -> int:
        """Store what is new, put on record what has changed, and return how many were new."""
        if not lines:
            return 0
        now_us = self.clock.now_us()
        new = await books.insert_lines(lines, at_us=now_us)
        again = {line.id: line for line in lines if line.id not in new}
        for before in await books.lines(again.keys()) if again else ():
            if not before.is_same_as(again[before.id]):
                await books.record(changed(before, again[before.id], at_us=now_us))
        return len(new)

    # Matching

    async def _match(self, claimed: Progress, reading: Reading) -> None:
        """Match every object about which a line is due; what has to wait is due later than now."""
        now_us = self.clock.now_us()
        while matters := await self.store.due_matters(now_us=now_us, limit=BATCH):
            plain = [one for one in matters if agrees_outright(one, rules=self.rules, now_us=now_us)]
            await self._save_plain(claimed, plain)
            reading.objects_agreed += len(plain)
            agreed = {(one.kind, one.psp_id) for one in plain}
            for one in matters:
                if (one.kind, one.psp_id) not in agreed:
                    await self._match_one(claimed, one, reading)

    async def _save_plain(self, claimed: Progress, plain: Sequence[Matter]) -> None:
        async with self.store.transaction() as books:
            if plain:
                await books.save_matched([line.id for one in plain for line in one.lines], due_at_us=None)
                await books.close_explained([one.psp_id for one in plain], at_us=self.clock.now_us())
            await self._save(books, claimed, _unchanged)

    async def _match_one(self, claimed: Progress, matter: Matter, reading: Reading) -> None:
        judgement = await self.match(matter.kind, matter.psp_id)
        reading.objects_agreed += judgement.agrees
        reading.objects_waiting += judgement.next is Next.WAIT
        reading.objects_settled += judgement.next is Next.REST and not judgement.agrees
        async with self.store.transaction() as books:
            await self._save(books, claimed, _unchanged)

    # Looking for what is missing

    async def _compare(self, claimed: Progress, window: Window, reading: Reading, *, since_us: int | None) -> None:
        """Look for money in our books that the statement should have reported by now."""
        until_us = window.until_s * SECOND_US - self._rhythm.delay_max_us
        # Our processes' clocks may differ, so what was settled "before" the mark may have been written after it moved.
        from_us = claimed.compared_until_us - CLOCK_SLACK_US if since_us is None else since_us
        mark_us, after = until_us, (from_us, "")
        while found := await self.store.unreported(after=after, until_us=until_us, limit=BATCH):
            for one in found:
                judgement = await self.match(one.kind, one.psp_id, attempt_id=one.attempt_id)
                reading.objects_waiting += judgement.next is Next.WAIT
                reading.objects_settled += judgement.next is Next.REST
                if judgement.next is Next.WAIT:
                    mark_us = min(mark_us, one.settled_at_us)
                after = (one.settled_at_us, one.attempt_id)
            async with self.store.transaction() as books:
                await self._save(books, claimed, _unchanged)
        async with self.store.transaction() as books:
            await self._save(books, claimed, lambda progress: progress.compared(until_us=mark_us))

    async def _release(self, claimed: Progress, *, has_failed: bool) -> None:
        now_us = self.clock.now_us()
        wait_us = self._rhythm.period_us
        if has_failed:
            wait_us = min(wait_us, retry_wait_us(self.patience, tries=claimed.failures + 1, random=self.random))
        async with self.store.transaction() as books:
            await self._save(
                books, claimed, lambda one: one.released(due_at_us=now_us + wait_us, has_failed=has_failed)
            )


def _unchanged(progress: Progress) -> Progress:
    return progress
