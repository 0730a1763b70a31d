"""Try an attempt: claim it, ask the PSP, record the answer; three steps, the call alone between two commits.

The fast path after the 202 and the worker share this code, so it must bear everything that can come between:

- death before the claim commits: nothing happened, the attempt is still due;
- death after the claim: the attempt is SENT and leased; when the lease ends the worker repeats with the same PSP key;
- death after the PSP acted: the same, and the PSP answers the repeat from memory;
- the webhook is faster: the answer finds the case changed, decides again under its lock, and changes nothing;
- the PSP has been silent for a while: nothing is claimed, the attempt stays due (`engine.circuit`);
- the merchant asks for a cancel while we ask the PSP: the answer finds the wish, and unless it is the end, the
  attempt is due again at once (`engine.usecases.payment_cancellation` tells that race);
- two at once (a pause longer than the lease): both send the same key; what is certain is recorded once, and the one
  who is behind in `tries` may not postpone what the other one holds.
"""

from dataclasses import dataclass, replace
from random import Random

from engine.cancellation import cancel_key, is_worth_a_cancel
from engine.circuit import Circuit
from engine.lifecycle import PaymentState, Source
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Cause, Move, processing
from engine.ports import Clock, Gateway, Store, Written
from engine.reconciliation import Question, Trial, choose, question, unresolved
from engine.retries import Patience, retry_wait_us
from engine.settlement import Case, Settlement, settle, unsettled
from engine.usecases.settling import save, save_at_once

CANCEL_LEASES = 3  # a lease outlasts two questions, and a cancel asks five at most


@dataclass(frozen=True, kw_only=True)
class TryAttempt:
    """Brings one attempt a step nearer to its end."""

    store: Store
    gateway: Gateway
    clock: Clock
    random: Random  # for the jitter of retries
    patience: Patience
    circuit: Circuit

    async def dispatch(self, case: Case) -> bool:
        """Send an attempt that has just been committed, or ask for a cancel of it, unless the worker was faster.

        Returns whether it was tried. A store that fails on the way raises; the worker will find the attempt.
        """
        return await self._try(case, source=Source.DISPATCH)

    async def resolve(self, attempt_id: str) -> bool:
        """Send or ask about an attempt that is due, unless somebody else holds it; raises as `dispatch` does."""
        case = await self.store.case(attempt_id)
        return case is not None and await self._try(case, source=Source.WORKER)

    async def _try(self, case: Case, *, source: Source) -> bool:
        if not self.circuit.admits(now_us=self.clock.now_us()):
            return False
        trial = await self._claim(case, source=source)
        if trial is None:
            return False
        outcome = await self._ask(trial)
        self.circuit.heard(outcome, now_us=self.clock.now_us())
        await self._record(trial, outcome, source=source)
        return True

    async def _claim(self, case: Case, *, source: Source) -> Trial | None:
        """Take the lease and mark the attempt SENT, in one commit that the PSP call waits for.

        Whoever is overtaken here leaves the attempt to the one who was quicker.
        """
        now_us = self.clock.now_us()
        if not _may_try(case, source=source, now_us=now_us):
            return None
        capture_psp_id = await self._capture_psp_id(case)
        claimed, move = self._claimed(case, source=source, now_us=now_us)
        # The fast path may wait for a moment: who holds the payment asks for another refund, say, and changes nothing.
        write = self.store.advance if source is Source.DISPATCH else self.store.advance_unless_busy
        if await write(case, claimed, move=move) is not Written.DONE:
            return None
        return Trial(
            payment=claimed.payment, attempt=claimed.attempt, refund=claimed.refund, capture_psp_id=capture_psp_id
        )

    def _claimed(self, case: Case, *, source: Source, now_us: int) -> tuple[Case, Move | None]:
        leases = CANCEL_LEASES if case.is_to_be_canceled else 1
        attempt = case.attempt.claimed(now_us=now_us, lease_us=leases * self.patience.lease_us)
        if case.payment.state is not PaymentState.CREATED:
            return replace(case, attempt=attempt), None
        move = processing(case.payment, Cause(reason="sent", source=source, at_us=now_us))
        return replace(case, payment=move.payment, attempt=attempt), move

    async def _capture_psp_id(self, case: Case) -> str | None:
        if case.refund is None:
            return None
        psp_id = await self.store.capture_psp_id(case.payment.id)
        assert psp_id is not None, "only captured money is refunded"
        return psp_id

    async def _ask(self, trial: Trial) -> Outcome:
        """Ask the PSP how it stands, and to cancel what is to be canceled; no transaction is open."""
        found = await self._found(trial)
        return await self._cancel(trial, found) if is_worth_a_cancel(trial, found) else found

    async def _found(self, trial: Trial) -> Outcome:
        """Ask the safest question."""
        chosen = question(
            trial.attempt,
            now_us=self.clock.now_us(),
            psp_key_retention_us=self.patience.psp_key_retention_us,
            is_to_be_canceled=trial.is_to_be_canceled,
        )
        match chosen:
            case Question.RETRIEVE:
                return await self.gateway.retrieve(trial)
            case Question.SEARCH:
                return await self._search(trial)
            case Question.SEND:
                return await self._sent(trial)
            case Question.FORESTALL:
                outcome = await self.gateway.forestall(trial)
                if outcome.kind is OutcomeKind.REFUSED:
                    return await self._sent(trial)  # the PSP knows the key, so this can only tell what became of it
                return await self._or_listed(trial, outcome)

    async def _sent(self, trial: Trial) -> Outcome:
        outcome = (await self.gateway.send(trial)).judged(first_try=trial.is_first)
        return outcome if trial.is_first else await self._or_listed(trial, outcome)

    async def _or_listed(self, trial: Trial, outcome: Outcome) -> Outcome:
        """Look through the PSP's list if a repeat told nothing.

        The PSP remembers an error as faithfully as a success, so repeating alone may never end.
        """
        if outcome.kind is not OutcomeKind.UNKNOWN:
            return outcome
        found = await self._search(trial)
        return outcome if found.kind is OutcomeKind.UNKNOWN else found

    async def _cancel(self, trial: Trial, found: Outcome) -> Outcome:
        """Ask the PSP to cancel what it has not decided, and return its word, or silence that at least has a name."""
        known = replace(trial, attempt=replace(trial.attempt, psp_id=found.psp_id))
        word = await self.gateway.cancel(known, key=cancel_key(trial, found))
        if word.kind is OutcomeKind.REFUSED:
            word = await self.gateway.retrieve(known)  # it may have succeeded meanwhile, or not let itself be stopped
        return replace(word, psp_id=found.psp_id) if word.kind is OutcomeKind.UNKNOWN else word

    async def _search(self, trial: Trial) -> Outcome:
        return choose(await self.gateway.search(trial, until_us=self.clock.now_us()))

    async def _record(self, trial: Trial, outcome: Outcome, *, source: Source) -> None:
        """Write the answer: at once if the case is still as we left it, else as the books are under the lock."""
        case = Case(payment=trial.payment, attempt=trial.attempt, refund=trial.refund)
        settlement = self._settled(case, trial, outcome, source=source)
        if await save_at_once(self.store, case, settlement, patience=self.patience) is Written.OVERTAKEN:
            await self._record_locked(trial, outcome, source=source)

    async def _record_locked(self, trial: Trial, outcome: Outcome, *, source: Source) -> None:
        async with self.store.transaction() as books:
            case = await books.lock_case(trial.attempt.id)
            assert case is not None, "attempts are never deleted"
            settlement = self._settled(case, trial, outcome, source=source)
            await save(books, case, settlement, patience=self.patience)

    def _settled(self, case: Case, trial: Trial, outcome: Outcome, *, source: Source) -> Settlement:
        """Return what the answer makes of a case; while it is open and ours, also when to ask again."""
        now_us = self.clock.now_us()
        if outcome.kind is OutcomeKind.UNKNOWN:
            settlement = unsettled(case, psp_id=outcome.psp_id)
        else:
            settlement = settle(case, outcome, source=source, at_us=now_us)
        attempt = settlement.case.attempt
        if attempt.is_settled or attempt.tries != trial.attempt.tries:
            return settlement
        return self._postponed(settlement, trial, outcome, now_us=now_us)

    def _postponed(self, settlement: Settlement, trial: Trial, outcome: Outcome, *, now_us: int) -> Settlement:
        """Release the attempt until it is worth another question; tell a person once it is hopeless."""
        attempt = settlement.case.attempt
        # Whoever asked for a cancel while we were asking something else is not to wait for our next turn.
        is_urgent = settlement.case.is_to_be_canceled and not trial.is_to_be_canceled
        due_at_us = now_us if is_urgent else now_us + self._wait_us(attempt.tries, outcome)
        case = replace(settlement.case, attempt=attempt.postponed(due_at_us=due_at_us))
        hopeless = attempt.tries >= self.patience.retry_tries_max
        findings = (unresolved(trial, outcome, at_us=now_us),) if hopeless else ()
        return replace(settlement, case=case, discrepancies=(*settlement.discrepancies, *findings))

    def _wait_us(self, tries: int, outcome: Outcome) -> int:
        wait_us = retry_wait_us(self.patience, tries=tries, random=self.random, retry_after_s=outcome.retry_after_s)
        if outcome.kind is OutcomeKind.PENDING:
            return max(wait_us, self.patience.zombie_after_us)
        return wait_us


def _may_try(case: Case, *, source: Source, now_us: int) -> bool:
    """The fast path may send what nobody has tried, or ask for a cancel; the worker may try whatever is due."""
    attempt = case.attempt
    if attempt.is_settled or not attempt.is_free(now_us=now_us):
        return False
    is_new = attempt.tries == 0 or case.is_to_be_canceled
    return is_new if source is Source.DISPATCH else attempt.is_due(now_us=now_us)
