"""Write a settlement: only what changed, in one order, so every path to the books is the same path.

Nobody meddles with most cases between our look and our word, so a settlement is first tried without a lock, in one
statement that writes nothing if anything of the case has changed. Who is overtaken decides again under the lock.
"""

from engine.inbox import InboxEntry
from engine.ports import Books, Store, Written
from engine.retries import Patience
from engine.settlement import Case, Settlement


async def save_at_once(
    store: Store, before: Case, settlement: Settlement, *, patience: Patience, event: InboxEntry | None = None
) -> Written:
    """Write the settlement of a case that was read and not locked; what is out of the ordinary counts as overtaken."""
    if len(settlement.moves) > 1 or settlement.discrepancies or _is_hopeless(before, settlement, patience):
        return Written.OVERTAKEN
    move = settlement.moves[0] if settlement.moves else None
    return await store.advance(before, settlement.case, move=move, event=event)


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
    if _is_hopeless(before, settlement, patience):
        assert after.attempt.settled_at_us is not None
        await books.close_unresolved(after.attempt.id, at_us=after.attempt.settled_at_us)


def _is_hopeless(before: Case, settlement: Settlement, patience: Patience) -> bool:
    """Tell whether an attempt is settled after all that a person was told is hopeless."""
    after = settlement.case.attempt
    return after.is_settled and not before.attempt.is_settled and after.tries >= patience.retry_tries_max
