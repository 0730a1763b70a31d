"""Try an attempt: claim it, ask the PSP, record the answer; three steps, the call alone between two commits.

The fast path after the 202 and the worker share this code, so it must bear everything that can come between:

- death before the claim commits: nothing happened, the attempt is still due;
- death after the claim: the attempt is SENT and leased; when the lease ends the worker repeats with the same PSP key;
- death after the PSP acted: the same, and the PSP answers the repeat from memory;
- the webhook is faster: the answer finds the attempt settled and changes nothing;
- the PSP has been silent for a while: nothing is claimed, the attempt stays due (`engine.circuit`);
- two at once (a pause longer than the lease): both send the same key; what is certain is recorded once, and the one
  who is behind in `tries` may not postpone what the other one holds.
"""

from dataclasses import dataclass, replace
from random import Random

from engine.circuit import Circuit
from engine.lifecycle import PaymentState, Source
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Cause, processing
from engine.ports import Books, Clock, Gateway, Store
from engine.reconciliation import Question, Trial, choose, question, unresolved
from engine.retries import Patience, retry_wait_us
from engine.settlement import Case, settle
from engine.usecases.settling import save


@dataclass(frozen=True, kw_only=True)
class TryAttempt:
    """Brings one attempt a step nearer to its end."""

    store: Store
    gateway: Gateway
    clock: Clock
    random: Random  # for the jitter of retries
    patience: Patience
    circuit: Circuit

    async def dispatch(self, attempt_id: str) -> bool:
        """Send an attempt that has just been committed, unless the worker was faster.

        Returns whether it was tried. A store that fails on the way raises; the worker will find the attempt.
        """
        return await self._try(attempt_id, source=Source.DISPATCH)

    async def resolve(self, attempt_id: str) -> bool:
        """Send or ask about an attempt that is due, unless somebody else holds it; raises as `dispatch` does."""
        return await self._try(attempt_id, source=Source.WORKER)

    async def _try(self, attempt_id: str, *, source: Source) -> bool:
        if not self.circuit.admits(now_us=self.clock.now_us()):
            return False
        trial = await self._claim(attempt_id, source=source)
        if trial is None:
            return False
        outcome = await self._ask(trial)
        self.circuit.heard(outcome, now_us=self.clock.now_us())
        await self._record(trial, outcome, source=source)
        return True

    async def _claim(self, attempt_id: str, *, source: Source) -> Trial | None:
        """Take the lease and mark the attempt SENT, in one commit that the PSP call waits for."""
        async with self.store.transaction() as books:
            case = await books.lock_case_unless_busy(attempt_id)
            now_us = self.clock.now_us()
            if case is None or not _may_try(case, source=source, now_us=now_us):
                return None
            case = replace(case, attempt=case.attempt.claimed(now_us=now_us, lease_us=self.patience.lease_us))
            await books.save_attempt(case.attempt)
            if case.payment.state is PaymentState.CREATED:
                move = processing(case.payment, Cause(reason="sent", source=source, at_us=now_us))
                await books.save_payment(move)
                case = replace(case, payment=move.payment)
            return await _trial(books, case)

    async def _ask(self, trial: Trial) -> Outcome:
        """Ask the PSP the safest question; no transaction is open."""
        now_us = self.clock.now_us()
        retention_us = self.patience.psp_key_retention_us
        match question(trial.attempt, now_us=now_us, psp_key_retention_us=retention_us):
            case Question.RETRIEVE:
                return await self.gateway.retrieve(trial)
            case Question.SEARCH:
                return await self._search(trial)
            case Question.SEND:
                outcome = (await self.gateway.send(trial)).judged(first_try=trial.is_first)
                if outcome.kind is not OutcomeKind.UNKNOWN or trial.is_first:
                    return outcome
                # The PSP remembers an error as faithfully as a success, so repeating alone may never end.
                found = await self._search(trial)
                return outcome if found.kind is OutcomeKind.UNKNOWN else found

    async def _search(self, trial: Trial) -> Outcome:
        return choose(await self.gateway.search(trial, until_us=self.clock.now_us()))

    async def _record(self, trial: Trial, outcome: Outcome, *, source: Source) -> None:
        """Write the answer under the lock, believing the books rather than what was read before the call."""
        async with self.store.transaction() as books:
            case = await books.lock_case(trial.attempt.id)
            assert case is not None, "attempts are never deleted"
            now_us = self.clock.now_us()
            if outcome.kind is not OutcomeKind.UNKNOWN:
                settlement = settle(case, outcome, source=source, at_us=now_us)
                await save(books, case, settlement, patience=self.patience)
                case = settlement.case
            if not case.attempt.is_settled and case.attempt.tries == trial.attempt.tries:
                await self._postpone(books, trial, case, outcome, now_us=now_us)

    async def _postpone(self, books: Books, trial: Trial, case: Case, outcome: Outcome, *, now_us: int) -> None:
        """Release the attempt until it is worth another question; tell a person once it is hopeless."""
        wait_us = self._wait_us(case.attempt.tries, outcome)
        await books.save_attempt(case.attempt.postponed(due_at_us=now_us + wait_us))
        if case.attempt.tries >= self.patience.retry_tries_max:
            await books.record(unresolved(trial, outcome, at_us=now_us))

    def _wait_us(self, tries: int, outcome: Outcome) -> int:
        wait_us = retry_wait_us(self.patience, tries=tries, random=self.random, retry_after_s=outcome.retry_after_s)
        if outcome.kind is OutcomeKind.PENDING:
            return max(wait_us, self.patience.zombie_after_us)
        return wait_us


def _may_try(case: Case, *, source: Source, now_us: int) -> bool:
    """The fast path may send only what nobody has tried; the worker may try whatever is due."""
    attempt = case.attempt
    if attempt.is_settled or not attempt.is_free(now_us=now_us):
        return False
    return attempt.tries == 0 if source is Source.DISPATCH else attempt.is_due(now_us=now_us)


async def _trial(books: Books, case: Case) -> Trial:
    capture_psp_id = None
    if case.refund is not None:
        capture_psp_id = await books.capture_psp_id(case.payment.id)
        assert capture_psp_id is not None, "only captured money is refunded"
    return Trial(payment=case.payment, attempt=case.attempt, refund=case.refund, capture_psp_id=capture_psp_id)
