"""The engine's `Books` on PostgreSQL: one open transaction, one statement per method."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import Attempt, AttemptKind
from engine.idempotency import Answer, KeyedRequest, KeyScope
from engine.inbox import InboxEntry
from engine.payment import Move, Payment
from engine.ports import Ids
from engine.reconciliation import Discrepancy, DiscrepancyState
from engine.refund import Refund
from engine.settlement import Case
from service.store import rows, statements
from service.store.outgoing_books import EndpointPart
from service.store.statement_books import StatementPart


class PostgresBooks(EndpointPart, StatementPart):
    """Our books inside one transaction; see `engine.ports.Books` for what each method promises."""

    def __init__(self, connection: AsyncConnection, *, ids: Ids) -> None:
        """Take a connection with an open transaction."""
        super().__init__(connection)
        self._ids = ids

    # Keys

    async def claim_key(self, request: KeyedRequest, answer: Answer | None, *, now_us: int, expires_at_us: int) -> bool:
        """Claim the key, waiting for a concurrent claim; False if it is taken and has not expired."""
        values = rows.key_values(request, answer, now_us=now_us, expires_at_us=expires_at_us)
        return await self._row(statements.CLAIM_KEY, values) is not None

    async def remember(self, scope: KeyScope, answer: Answer) -> None:
        """Put the answer, or another one, to the key that this transaction claimed."""
        await self._write(statements.REMEMBER, key_parameters(scope) | asdict(answer))

    # Payments

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        """Write payment, transition and attempt; False, and nothing is written, if the order has a live payment."""
        assert move.transition is not None
        parameters = {
            **rows.prefixed(rows.payment_values(move.payment), "payment"),
            **rows.prefixed(asdict(move.transition), "transition"),
            **rows.prefixed(rows.attempt_values(attempt), "attempt"),
        }
        return await self._row(statements.OPEN_PAYMENT, parameters) is not None

    async def live_payment_id(self, *, merchant_id: str, order_id: str) -> str | None:
        """Return the payment of this order that has not failed."""
        row = await self._row(statements.LIVE_PAYMENT_ID, {"merchant_id": merchant_id, "order_id": order_id})
        return None if row is None else str(row["id"])

    async def lock_payment(self, *, merchant_id: str, payment_id: str) -> Payment | None:
        """Lock and read one payment."""
        row = await self._row(statements.LOCK_PAYMENT, {"merchant_id": merchant_id, "payment_id": payment_id})
        return None if row is None else rows.payment_of(row)

    async def save_payment(self, move: Move) -> None:
        """Write a payment; a change of state only together with its transition."""
        parameters = rows.prefixed(rows.payment_values(move.payment), "payment")
        if move.transition is None:
            await self._write(statements.UPDATE_PAYMENT, parameters)
            return
        parameters |= rows.prefixed(asdict(move.transition), "transition")
        moved = await self._row(statements.MOVE_PAYMENT, parameters)
        assert moved is not None, f"{move.payment.id} was not {move.transition.from_state} under our lock"

    async def request_cancel(self, payment: Payment) -> None:
        """Put it on record that this payment is to be canceled."""
        await self._write(statements.REQUEST_CANCEL, rows.prefixed(rows.payment_values(payment), "payment"))

    # Attempts

    async def lock_case(self, attempt_id: str) -> Case | None:
        """Lock an attempt and its payment, waiting for them."""
        return await self._case(statements.LOCK_CASE, {"attempt_id": attempt_id})

    async def lock_capture_case(self, *, merchant_id: str, payment_id: str) -> Case | None:
        """Lock a merchant's payment and the attempt that captures it, waiting for them."""
        parameters = {"merchant_id": merchant_id, "payment_id": payment_id}
        return await self._case(statements.LOCK_CAPTURE_CASE, parameters)

    async def lock_case_of_psp_object(self, *, kind: AttemptKind, psp_id: str) -> Case | None:
        """Lock an attempt and its payment, found by the PSP's id."""
        return await self._case(statements.LOCK_CASE_OF_PSP_OBJECT, {"kind": kind, "psp_id": psp_id})

    async def save_attempt(self, attempt: Attempt) -> None:
        """Write an attempt."""
        await self._write(statements.UPDATE_ATTEMPT, {"the_attempt": attempt.id} | rows.attempt_changes(attempt))

    # Refunds

    async def reserved_minor(self, payment_id: str) -> int:
        """Return the sum of pending refunds."""
        row = await self._row(statements.RESERVED_MINOR, {"payment_id": payment_id})
        assert row is not None
        return int(row["reserved_minor"])

    async def open_refund(self, refund: Refund, attempt: Attempt) -> None:
        """Write a refund and its attempt."""
        values = rows.prefixed(rows.refund_values(refund), "refund") | rows.prefixed(
            rows.attempt_values(attempt), "attempt"
        )
        await self._write(statements.OPEN_REFUND, values)

    async def save_refund(self, refund: Refund) -> None:
        """Write a refund."""
        await self._write(statements.UPDATE_REFUND, {"the_refund": refund.id} | rows.refund_changes(refund))

    # Inbox and discrepancies

    async def insert_event(self, entry: InboxEntry) -> bool:
        """Store an event once; False if it was stored before."""
        return await self._row(statements.INSERT_EVENT, asdict(entry)) is not None

    async def lock_parked_event(self, event_id: str) -> InboxEntry | None:
        """Lock a parked event unless somebody else holds it or has decided it."""
        row = await self._row(statements.LOCK_PARKED_EVENT, {"the_event": event_id})
        return None if row is None else rows.entry_of(row)

    async def save_event(self, entry: InboxEntry) -> None:
        """Write what became of a parked event."""
        await self._write(statements.UPDATE_EVENT, {"the_event": entry.event_id} | rows.entry_changes(entry))

    async def record(self, discrepancy: Discrepancy) -> None:
        """Put a discrepancy on record; once per kind and subject."""
        values = rows.discrepancy_values(discrepancy, discrepancy_id=self._ids.new("dis"))
        await self._connection.execute(statements.RECORD_DISCREPANCY, values)

    async def close_unresolved(self, attempt_id: str, *, at_us: int) -> None:
        """Close the discrepancy about an attempt that was resolved after all."""
        parameters = {"the_attempt": attempt_id, "state": DiscrepancyState.REPAIRED, "closed_at_us": at_us}
        await self._connection.execute(statements.CLOSE_UNRESOLVED, parameters)

    async def _case(self, statement: Executable, parameters: dict[str, Any]) -> Case | None:
        row = await self._row(statement, parameters)
        if row is None:
            return None
        payment = rows.payment_of(row, prefix="payment_")
        attempt = rows.attempt_of(row, prefix="attempt_")
        refund = None
        if attempt.refund_id is not None:
            found = await self._row(statements.REFUND_BY_ID, {"refund_id": attempt.refund_id})
            assert found is not None
            refund = rows.refund_of(found, currency=payment.amount.currency)
        return Case(payment=payment, attempt=attempt, refund=refund)


def key_parameters(scope: KeyScope) -> dict[str, Any]:
    """Return the parameters that name one key."""
    return {"the_merchant": scope.merchant_id, "the_route": scope.route, "the_key": scope.key}
