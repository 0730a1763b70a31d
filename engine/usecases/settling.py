"""Write a settlement: only what changed, in one order, so every path to the books is the same path."""

from engine.ports import Books
from engine.retries import Patience
from engine.settlement import Case, Settlement


async def save(books: Books, before: Case, settlement: Settlement, *, patience: Patience) -> None:
    """Write the settlement of a case that this transaction has locked."""
    after = settlement.case
    for move in settlement.moves:
        await books.save_payment(move)
    if after.attempt != before.attempt:
        await books.save_attempt(after.attempt)
    if after.refund is not None and after.refund != before.refund:
        await books.save_refund(after.refund)
    for discrepancy in settlement.discrepancies:
        await books.record(discrepancy)
    if after.attempt.is_settled and not before.attempt.is_settled and after.attempt.tries >= patience.retry_tries_max:
        # A person was told that this attempt is hopeless; it was not.
        assert after.attempt.settled_at_us is not None
        await books.close_unresolved(after.attempt.id, at_us=after.attempt.settled_at_us)
