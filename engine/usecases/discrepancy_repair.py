"""Repair a discrepancy: claim it, ask the PSP, act there if that is safe, record what came of it.

Three steps like a try of an attempt, and as restartable: the claim is one commit, the PSP is spoken to with no
transaction open, the result is another. Death in between leaves a lease that ends. A repeat asks first what has gone
back already, and uses the same key at the PSP until the PSP has said no to it.
"""

from dataclasses import dataclass
from random import Random

from engine.attempt import AttemptKind
from engine.lifecycle import Source
from engine.outcome import Outcome, OutcomeKind
from engine.ports import Clock
from engine.reconciliation import Remedy
from engine.repair import Progressed, Repair, after_following, after_giving_back, before_giving_back
from engine.retries import Patience, retry_wait_us
from engine.settlement import Case, settle
from engine.statement_ports import PspBooks, StatementBooks, StatementStore
from engine.usecases.settling import save

LEASES = 2  # a try asks the PSP three times, and a lease outlasts two questions


@dataclass(frozen=True, kw_only=True)
class RepairDiscrepancy:
    """Brings the repair of one discrepancy a step nearer to its end."""

    store: StatementStore
    psp: PspBooks
    clock: Clock
    random: Random  # for the jitter of retries
    patience: Patience

    async def __call__(self, discrepancy_id: str) -> bool:
        """Return whether it was tried: somebody else may hold it, or have closed it."""
        repair = await self._claim(discrepancy_id)
        if repair is None:
            return False
        if repair.remedy is Remedy.GIVE_BACK:
            progressed = await self._give_back(repair)
        else:
            progressed = await self._follow(repair)
        await self._record(repair, progressed)
        return True

    async def _claim(self, discrepancy_id: str) -> Repair | None:
        async with self.store.transaction() as books:
            repair = await books.lock_repair(discrepancy_id, wait=False)
            now_us = self.clock.now_us()
            if repair is None or not repair.may_be_tried(now_us=now_us):
                return None
            claimed = repair.claimed(now_us=now_us, lease_us=LEASES * self.patience.lease_us)
            await books.save_repair(claimed)
            return claimed

    async def _give_back(self, repair: Repair) -> Progressed:
        """Refund what is left of a capture that should not be; no transaction is open."""
        word = await self.psp.look(AttemptKind.CAPTURE, repair.subject)
        returns = await self.psp.returns(repair.subject) if word.kind is OutcomeKind.SUCCEEDED else ()
        progressed = before_giving_back(word, returns)
        if progressed is not None:
            return progressed
        assert returns is not None, "nothing is given back by those who do not know what went back already"
        return after_giving_back(await self.psp.give_back(repair.subject, key=repair.psp_key), returns)

    async def _follow(self, repair: Repair) -> Progressed:
        """Ask about the object again and settle what the PSP says."""
        case = await self.store.case(repair.attempt_id)
        assert case is not None, "attempts are never deleted"
        word = await self.psp.look(case.attempt.kind, repair.subject)
        if word.kind is OutcomeKind.UNKNOWN:
            return Progressed(retry_after_s=word.retry_after_s)
        async with self.store.transaction() as books:
            case = await self._settled(books, repair, word)
        return after_following(repair.kind, case, word)

    async def _settled(self, books: StatementBooks, repair: Repair, word: Outcome) -> Case:
        case = await books.lock_case(repair.attempt_id)
        assert case is not None, "attempts are never deleted"
        settlement = settle(case, word, source=Source.WORKER, at_us=self.clock.now_us())
        await save(books, case, settlement, patience=self.patience)
        return settlement.case

    async def _record(self, claimed: Repair, progressed: Progressed) -> None:
        """Write the result under the lock; only what is certain if somebody else has taken over meanwhile."""
        async with self.store.transaction() as books:
            repair = await books.lock_repair(claimed.discrepancy_id, wait=True)
            if repair is None:
                return
            now_us = self.clock.now_us()
            if progressed.is_done:
                await books.save_repair(repair.repaired(at_us=now_us))
            elif repair.tries == claimed.tries:
                due_at_us = now_us + self._wait_us(repair, progressed)
                after = repair.refused if progressed.is_refused else repair.postponed
                await books.save_repair(after(due_at_us=due_at_us))

    def _wait_us(self, repair: Repair, progressed: Progressed) -> int:
        return retry_wait_us(
            self.patience, tries=repair.tries, random=self.random, retry_after_s=progressed.retry_after_s
        )
