"""What the engine needs from the world; the service brings PostgreSQL and the PSP, tests bring small fakes.

Two rules hold for every store. Lock order: the payment's row first, then its attempts and refunds, so two transactions
never wait for each other in a circle. And nothing awaits the PSP while a transaction is open.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from engine.attempt import Attempt, AttemptKind
from engine.cancellation import CancelRefusal
from engine.idempotency import Answer, KeyedRequest, KeyScope, Remembered
from engine.inbox import Event, InboxEntry
from engine.money import Money
from engine.outcome import Outcome
from engine.outgoing import Endpoint
from engine.payment import Move, Payment
from engine.reconciliation import Discrepancy, Trial
from engine.refund import Refund, Refusal
from engine.settlement import Case


class Clock(Protocol):
    """The time."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC."""
        ...


class Ids(Protocol):
    """Names for new things."""

    def new(self, prefix: str) -> str:
        """Return an id that nobody has used, such as `pay_3k…`."""
        ...


class Gateway(Protocol):
    """The PSP. It never raises for what the PSP or the network does: that is an unknown outcome."""

    async def send(self, trial: Trial) -> Outcome:
        """Create the payment or refund, or create it again with the same key."""
        ...

    async def forestall(self, trial: Trial) -> Outcome:
        """Create the payment unconfirmed under the attempt's key; refused if the key has been used."""
        ...

    async def retrieve(self, trial: Trial) -> Outcome:
        """Ask by the PSP's id."""
        ...

    async def cancel(self, trial: Trial, *, key: str) -> Outcome:
        """Ask to cancel the payment of the PSP's id; refused if it does not let itself be canceled."""
        ...

    async def search(self, trial: Trial, *, until_us: int) -> Sequence[Outcome]:
        """Return everything in the PSP's list that carries our reference; empty proves nothing."""
        ...


class Books(Protocol):
    """Our books inside one transaction. Each method is one statement unless it says otherwise."""

    async def claim_key(self, request: KeyedRequest, answer: Answer | None, *, now_us: int, expires_at_us: int) -> bool:
        """Claim the key, waiting for a concurrent claim; False if it is taken and has not expired.

        The answer is put to it if it is known by now.
        """
        ...

    async def remember(self, scope: KeyScope, answer: Answer) -> None:
        """Put the answer, or another one, to the key that this transaction claimed."""
        ...

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        """Write all three together; False, and nothing is written, if the order has a live payment."""
        ...

    async def live_payment_id(self, *, merchant_id: str, order_id: str) -> str | None:
        """Return the payment of this order that has not failed."""
        ...

    async def lock_payment(self, *, merchant_id: str, payment_id: str) -> Payment | None:
        """Lock and read one payment."""
        ...

    async def reserved_minor(self, payment_id: str) -> int:
        """Return the sum of pending refunds; only meaningful under the payment's lock."""
        ...

    async def open_refund(self, refund: Refund, attempt: Attempt) -> None:
        """Write both."""
        ...

    async def lock_case(self, attempt_id: str) -> Case | None:
        """Lock an attempt and its payment, waiting for them; a refund's row is read in a second statement."""
        ...

    async def lock_capture_case(self, *, merchant_id: str, payment_id: str) -> Case | None:
        """Lock a merchant's payment and the attempt that captures it, waiting for them."""
        ...

    async def lock_case_of_psp_object(self, *, kind: AttemptKind, psp_id: str) -> Case | None:
        """Do the same, found by the PSP's id of what the attempt created."""
        ...

    async def save_payment(self, move: Move) -> None:
        """Write a payment; a change of state only together with its transition."""
        ...

    async def request_cancel(self, payment: Payment) -> None:
        """Put it on record that this payment is to be canceled; that can be done once."""
        ...

    async def save_attempt(self, attempt: Attempt) -> None:
        """Write an attempt."""
        ...

    async def save_refund(self, refund: Refund) -> None:
        """Write a refund."""
        ...

    async def insert_event(self, entry: InboxEntry) -> bool:
        """Store an event once; False if it was stored before."""
        ...

    async def lock_parked_event(self, event_id: str) -> InboxEntry | None:
        """Lock a parked event unless somebody else holds it or has decided it."""
        ...

    async def save_event(self, entry: InboxEntry) -> None:
        """Write what became of a parked event."""
        ...

    async def record(self, discrepancy: Discrepancy) -> None:
        """Put a discrepancy on record; once per kind and subject, however often it is found."""
        ...

    async def close_unresolved(self, attempt_id: str, *, at_us: int) -> None:
        """Close the discrepancy about an attempt that was resolved after all."""
        ...

    async def count_endpoints(self, merchant_id: str) -> int:
        """Return how many endpoints a merchant has, and let nobody else add one before this transaction ends."""
        ...

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Write a new endpoint."""
        ...

    async def lock_endpoint(self, *, merchant_id: str, endpoint_id: str) -> Endpoint | None:
        """Lock and read one endpoint, unless it is deleted."""
        ...

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Write an endpoint."""
        ...

    async def hasten_repair(self, subject: str, *, has_failed: bool, at_us: int) -> None:
        """Have the repair of a capture looked at now; one whose refund failed afterwards is open again."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DueWork:
    """What a worker should do now; of each kind the longest waiting first."""

    attempt_ids: Sequence[str]  # unsettled, due and free
    event_ids: Sequence[str]  # parked and due
    discrepancy_ids: Sequence[str]  # to be repaired, due and free
    is_statement_due: bool  # the PSP's statement is to be read
    is_delivery_due: bool  # a merchant is to be sent an event
    has_old_events: bool  # outgoing events have been kept for long enough


class Written(StrEnum):
    """What came of a change that was decided without a lock."""

    DONE = "done"
    REPEATED = "repeated"  # the event that brought the change had been received before; nothing is written
    OVERTAKEN = "overtaken"  # the case is no longer what it was; nothing is written


class Store(Protocol):
    """Our books between transactions; what is read here is locked by nobody and may be old."""

    async def case(self, attempt_id: str) -> Case | None:
        """Read an attempt with its payment and its refund."""
        ...

    async def case_of_psp_object(self, *, kind: AttemptKind, psp_id: str, attempt_id: str | None) -> Case | None:
        """Read what the PSP speaks of: by its own id, else by our reference; only an attempt of this kind."""
        ...

    async def capture_psp_id(self, payment_id: str) -> str | None:
        """Return the PSP's payment that holds the captured money."""
        ...

    async def advance(
        self, before: Case, after: Case, *, move: Move | None, event: InboxEntry | None = None
    ) -> Written:
        """Write what has become of a case, and the event that says so, if nothing of the case has changed meanwhile.

        It is one statement and a transaction of its own; it locks what everybody locks, in the same order.
        """
        ...

    async def advance_unless_busy(self, before: Case, after: Case, *, move: Move | None) -> Written:
        """Do the same, but write nothing and return at once if somebody else holds any of it."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Books]:
        """Open a transaction: committed at the end of the block, rolled back if it raises."""
        ...

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        """Return the answer to a key, unless it has expired."""
        ...

    async def insert_event(self, entry: InboxEntry) -> bool:
        """Store an event that needs no look at the books, in a transaction of its own."""
        ...

    async def due_work(self, *, now_us: int, limit: int, settled_before_us: int, told_before_us: int) -> DueWork:
        """Return what is due, at most `limit` of each kind.

        A statement that was never read is due if an attempt was settled before `settled_before_us`. Outgoing events
        are old if they happened before `told_before_us`.
        """
        ...

    async def forget_keys(self, *, now_us: int, limit: int) -> int:
        """Delete keys whose retention is over, at most `limit`, and return how many."""
        ...

    async def forget_events(self, *, before_us: int, limit: int) -> int:
        """Delete decided events that were received before, at most `limit`, and return how many."""
        ...

    async def forget_outgoing_events(self, *, before_us: int, limit: int) -> int:
        """Delete outgoing events that happened before, with their deliveries, and return how many; at most `limit`."""
        ...


class Replays(Protocol):
    """Finished answers kept in this process, so that a replay costs nothing. It may forget at any time."""

    def get(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        """Return the answer unless it is gone or has expired."""
        ...

    def put(self, scope: KeyScope, remembered: Remembered) -> None:
        """Keep an answer that has been committed."""
        ...


class Presenter(Protocol):
    """How answers look; they are remembered as they are sent, so they are rendered inside the transaction."""

    def payment_accepted(self, payment: Payment) -> Answer:
        """Return the answer to a payment that was stored."""
        ...

    def order_taken(self, *, order_id: str, payment_id: str) -> Answer:
        """Return the answer to a second payment for one order."""
        ...

    def refund_accepted(self, refund: Refund) -> Answer:
        """Return the answer to a refund that was stored."""
        ...

    def refund_refused(self, payment: Payment, *, why: Refusal, left: Money) -> Answer:
        """Return the answer to a refund that cannot be."""
        ...

    def cancel_accepted(self, payment: Payment) -> Answer:
        """Return the answer to a cancel that is on record, or that has nothing left to do."""
        ...

    def cancel_refused(self, payment: Payment, *, why: CancelRefusal) -> Answer:
        """Return the answer to a cancel that cannot be."""
        ...

    def payment_missing(self) -> Answer:
        """Return the answer about a payment that this merchant does not have."""
        ...


class EventReader(Protocol):
    """How a stored payload is understood again when a parked event is tried."""

    def __call__(self, payload: str) -> Event:
        """Return the event in our words."""
        ...
