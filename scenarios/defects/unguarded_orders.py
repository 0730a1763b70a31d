"""Books that trust in keys alone: nothing stops a second payment for one order."""

from dataclasses import asdict

from sqlalchemy import insert

from engine.attempt import Attempt
from engine.payment import Move
from service.store import rows
from service.store.books import PostgresBooks
from service.store.tables import attempts, payments, transitions

FORGET_THE_ORDER = "DROP INDEX one_live_payment_per_order"
"""The alteration that goes with it."""


class TrustingBooks(PostgresBooks):
    """Opens whatever payment is asked for."""

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        """Write payment, transition and attempt."""
        assert move.transition is not None
        await self._connection.execute(insert(payments).values(rows.payment_values(move.payment)))
        await self._connection.execute(insert(transitions).values(asdict(move.transition) | {"sequence": 1}))
        await self._connection.execute(insert(attempts).values(rows.attempt_values(attempt)))
        return True
