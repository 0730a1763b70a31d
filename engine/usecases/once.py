"""Do the work of a keyed request once, in one transaction with its key and its answer.

Where it may die: before the commit nothing is visible and the customer's retry starts anew; after the commit the
answer is remembered and the retry gets it. There is no moment at which a visible key has no answer, hence no
recovery of half-done requests. A concurrent request with the same key waits on the unique index until the first
one has ended; the store's lock timeout bounds that wait.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.errors import RequestInFlight, StoreBusy
from engine.idempotency import Answer, KeyedRequest, Remembered
from engine.ports import Books, Clock, Replays, Store
from engine.settlement import Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What the work of a keyed request came to."""

    answer: Answer
    case: Case | None = None  # to be sent now that it is committed


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The answer, and whether it is the memory of an earlier one."""

    answer: Answer
    is_replay: bool
    case: Case | None = None


def _unforeseen() -> None:
    """Expect no answer in particular."""


@dataclass(frozen=True, kw_only=True)
class Once:
    """Runs the work of a keyed request at most once."""

    store: Store
    clock: Clock
    replays: Replays
    retention_us: int  # how long an answer is remembered

    async def __call__(
        self,
        request: KeyedRequest,
        work: Callable[[Books], Awaitable[Done]],
        *,
        expected: Callable[[], Answer | None] = _unforeseen,
    ) -> Reply:
        """Replay the remembered answer, or do the work and remember its answer.

        The answer that the work is expected to come to is written with the claim; only another one costs a statement.

        Raises:
            KeyReused: the key belongs to another request.
            RequestInFlight: the first request has not finished within the lock timeout.
            StoreUnavailable: whether the work was done is unknown; a retry with the same key finds out.
        """
        remembered = self.replays.get(request.scope, now_us=self.clock.now_us())
        if remembered is None:
            # Most keys are new, so the claim comes before the look: it finds out in any case.
            done = await self._done(request, work, expected)
            if done is not None:
                return Reply(answer=done.answer, is_replay=False, case=done.case)
            remembered = await self._stored(request)
        return Reply(answer=remembered.replayed(request.fingerprint), is_replay=True)

    async def _stored(self, request: KeyedRequest) -> Remembered:
        stored = await self.store.remembered(request.scope, now_us=self.clock.now_us())
        if stored is None:
            raise RequestInFlight  # it expired between our claim and our look: let the customer come again
        self.replays.put(request.scope, stored)
        return stored

    async def _done(
        self,
        request: KeyedRequest,
        work: Callable[[Books], Awaitable[Done]],
        expected: Callable[[], Answer | None],
    ) -> Done | None:
        now_us, answer = self.clock.now_us(), expected()
        expires_at_us = now_us + self.retention_us
        try:
            async with self.store.transaction() as books:
                if not await books.claim_key(request, answer, now_us=now_us, expires_at_us=expires_at_us):
                    return None
                done = await work(books)
                if done.answer != answer:
                    await books.remember(request.scope, done.answer)
        except StoreBusy as error:
            raise RequestInFlight from error
        kept = Remembered(fingerprint=request.fingerprint, answer=done.answer, expires_at_us=expires_at_us)
        self.replays.put(request.scope, kept)
        return done
