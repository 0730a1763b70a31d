"""Parts that tell the metrics what they do; only a service that is watched is composed of them."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from structlog.contextvars import bound_contextvars

from engine.attempt import Attempt
from engine.inbox import InboxEntry
from engine.outcome import Outcome
from engine.payment import Move, Transition
from engine.ports import Clock, Gateway, Ids, Written
from engine.reconciliation import Trial, choose
from engine.settlement import Case
from service.metrics import Metrics
from service.store import PostgresBooks, PostgresStore
from service.tracing import question_span


class ObservedGateway:
    """A gateway whose questions are counted, timed and traced; what is logged meanwhile names the payment."""

    def __init__(self, gateway: Gateway, *, metrics: Metrics, clock: Clock) -> None:
        """Wrap a gateway."""
        self._gateway = gateway
        self._metrics = metrics
        self._clock = clock

    async def send(self, trial: Trial) -> Outcome:
        """Create the payment or refund, or create it again with the same key."""
        with self._asking("send", trial) as tell:
            return tell(await self._gateway.send(trial))

    async def forestall(self, trial: Trial) -> Outcome:
        """Create the payment unconfirmed under the attempt's key."""
        with self._asking("forestall", trial) as tell:
            return tell(await self._gateway.forestall(trial))

    async def cancel(self, trial: Trial, *, key: str) -> Outcome:
        """Ask to cancel the payment of the PSP's id."""
        with self._asking("cancel", trial) as tell:
            return tell(await self._gateway.cancel(trial, key=key))

    async def retrieve(self, trial: Trial) -> Outcome:
        """Ask by the PSP's id."""
        with self._asking("retrieve", trial) as tell:
            return tell(await self._gateway.retrieve(trial))

    async def search(self, trial: Trial, *, until_us: int) -> Sequence[Outcome]:
        """Return everything in the PSP's list that carries our reference."""
        with self._asking("search", trial) as tell:
            found = await self._gateway.search(trial, until_us=until_us)
            tell(choose(found))
            return found

    @contextmanager
    def _asking(self, question: str, trial: Trial) -> Iterator[Callable[[Outcome], Outcome]]:
        """Name the payment while the PSP is asked, and yield what notes the outcome and hands it on."""
        since_us = self._clock.now_us()

        def tell(outcome: Outcome) -> Outcome:
            took_us = self._clock.now_us() - since_us
            self._metrics.psp_call(question=question, outcome=outcome.kind, took_us=took_us)
            span.set_attribute("paystorm.outcome", outcome.kind)
            return outcome

        with _named(trial), question_span(question, trial) as span:
            yield tell


class _ObservedBooks(PostgresBooks):
    """Books that remember what was written, to be told once it is committed."""

    def __init__(self, connection: AsyncConnection, *, ids: Ids) -> None:
        super().__init__(connection, ids=ids)
        self.transitions: list[Transition] = []
        self.settled: list[Attempt] = []

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        is_new = await super().open_payment(move, attempt)
        if is_new:
            self._note(move)
        return is_new

    async def save_payment(self, move: Move) -> None:
        await super().save_payment(move)
        self._note(move)

    async def save_attempt(self, attempt: Attempt) -> None:
        await super().save_attempt(attempt)
        if attempt.is_settled:
            self.settled.append(attempt)

    def _note(self, move: Move) -> None:
        if move.transition is not None:
            self.transitions.append(move.transition)


class ObservedStore(PostgresStore):
    """A store that counts what it has committed."""

    def __init__(self, engine: AsyncEngine, *, ids: Ids, metrics: Metrics) -> None:
        """Take the pool, and where to tell."""
        super().__init__(engine, ids=ids)
        self._metrics = metrics

    def books(self, connection: AsyncConnection) -> _ObservedBooks:
        """Return the books on an open transaction."""
        return _ObservedBooks(connection, ids=self._ids)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresBooks]:
        """Open a transaction, and tell of it if it is committed."""
        async with super().transaction() as books:
            yield books
        assert isinstance(books, _ObservedBooks)
        self._tell(books.transitions, books.settled)

    async def advance(
        self, before: Case, after: Case, *, move: Move | None, event: InboxEntry | None = None
    ) -> Written:
        """Write a case, and tell of it if it was written."""
        written = await super().advance(before, after, move=move, event=event)
        self._tell_advance(before, after, move=move, written=written)
        return written

    async def advance_unless_busy(self, before: Case, after: Case, *, move: Move | None) -> Written:
        """Do the same, unless somebody else holds any of it."""
        written = await super().advance_unless_busy(before, after, move=move)
        self._tell_advance(before, after, move=move, written=written)
        return written

    def _tell_advance(self, before: Case, after: Case, *, move: Move | None, written: Written) -> None:
        if written is not Written.DONE:
            return
        transitions = [] if move is None or move.transition is None else [move.transition]
        is_news = after.attempt.is_settled and not before.attempt.is_settled
        self._tell(transitions, [after.attempt] if is_news else [])

    def _tell(self, transitions: Sequence[Transition], settled: Sequence[Attempt]) -> None:
        for transition in transitions:
            self._metrics.payment_moved(state=transition.to_state, source=transition.source)
        for attempt in settled:
            self._tell_healed(attempt)

    def _tell_healed(self, attempt: Attempt) -> None:
        assert attempt.settled_at_us is not None
        since_us = attempt.created_at_us if attempt.first_sent_at_us is None else attempt.first_sent_at_us
        self._metrics.healed(kind=attempt.kind, took_us=attempt.settled_at_us - since_us)


def _named(trial: Trial) -> AbstractContextManager[None]:
    return bound_contextvars(payment_id=trial.payment.id, attempt_id=trial.attempt.id)
