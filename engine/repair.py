"""Repairs: what is done about a discrepancy without a person, and when a person is called after all.

Money that we should not have, a late or a double capture, goes back by a refund at the PSP of all that is left of it,
whatever that is, so that no repeat can ever give back too much. A repair is claimed and leased like an attempt; its key
at the PSP follows from the discrepancy and from how often the PSP has said no, because a refusal is remembered under
its key as faithfully as a success, and so is the beginning of a refund that failed later. Before each request the PSP
is asked what has gone back already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.lifecycle import RefundState
from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import REMEDIES, DiscrepancyKind, DiscrepancyState, Remedy, expected_money
from engine.settlement import Case

REFUSALS_MAX = 3  # how often the PSP may say no before a person is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """A discrepancy that is being repaired."""

    discrepancy_id: str
    kind: DiscrepancyKind
    subject: str  # the PSP's object
    attempt_id: str  # under whose reference it was found
    state: DiscrepancyState
    tries: int  # how often it was claimed; also the fencing token
    refusals: int  # how often the PSP said no
    due_at_us: int | None  # set exactly while open
    lease_until_us: int | None
    closed_at_us: int | None

    @property
    def remedy(self) -> Remedy:
        """Return what can be done."""
        return REMEDIES[self.kind]

    @property
    def psp_key(self) -> str:
        """Return the idempotency key of the refund: the same until the PSP has said no to it."""
        return f"repair_{self.subject}_{self.refusals}"

    def may_be_tried(self, *, now_us: int) -> bool:
        """Tell whether it is due and nobody works on it."""
        is_free = self.lease_until_us is None or self.lease_until_us <= now_us
        return is_free and self.due_at_us is not None and self.due_at_us <= now_us

    def claimed(self, *, now_us: int, lease_us: int) -> "Repair":
        """Return it as it must be stored before the PSP is asked."""
        return replace(self, tries=self.tries + 1, lease_until_us=now_us + lease_us)

    def postponed(self, *, due_at_us: int) -> "Repair":
        """Release it until later."""
        return replace(self, due_at_us=due_at_us, lease_until_us=None)

    def refused(self, *, due_at_us: int) -> "Repair":
        """Count a no; after too many a person has to act."""
        after = replace(self, refusals=self.refusals + 1)
        if after.refusals < REFUSALS_MAX:
            return after.postponed(due_at_us=due_at_us)
        return after.closed(state=DiscrepancyState.NEEDS_PERSON, at_us=None)

    def repaired(self, *, at_us: int) -> "Repair":
        """Close it."""
        return self.closed(state=DiscrepancyState.REPAIRED, at_us=at_us)

    def closed(self, *, state: DiscrepancyState, at_us: int | None) -> "Repair":
        """End our work on it."""
        return replace(self, state=state, due_at_us=None, lease_until_us=None, closed_at_us=at_us)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progressed:
    """What one try came to; neither done nor refused means: again later."""

    is_done: bool = False
    is_refused: bool = False
    retry_after_s: int | None = None


DONE = Progressed(is_done=True)
REFUSED = Progressed(is_refused=True)
LATER = Progressed()


def before_giving_back(word: Outcome, returns: Sequence[Outcome] | None) -> Progressed | None:
    """Decide by what the PSP says of the capture and of its refunds; None means: give the rest back now.

    Args:
        word: About the capture itself.
        returns: About every refund of it, whoever made it; None if the list could not be had.
    """
    if word.kind is OutcomeKind.FAILED:
        return REFUSED  # no money is there, says the PSP, which once said the opposite
    if word.kind is not OutcomeKind.SUCCEEDED or returns is None:
        return Progressed(retry_after_s=word.retry_after_s)
    assert word.money is not None
    if _sum(returns, OutcomeKind.SUCCEEDED) >= word.money.amount_minor:
        return DONE
    on_its_way_minor = _sum(returns, OutcomeKind.SUCCEEDED) + _sum(returns, OutcomeKind.PENDING)
    return LATER if on_its_way_minor >= word.money.amount_minor else None


def _sum(returns: Sequence[Outcome], kind: OutcomeKind) -> int:
    return sum(one.money.amount_minor for one in returns if one.kind is kind and one.money is not None)


def after_giving_back(word: Outcome, returns: Sequence[Outcome]) -> Progressed:
    """Decide by the PSP's answer to our refund, and by what it said of all refunds before.

    An answer that is remembered tells how a refund began. If that very refund has failed since, the money is still
    there, and the key is good for nothing more.
    """
    if word.psp_id in {one.psp_id for one in returns if one.kind is OutcomeKind.FAILED}:
        return REFUSED
    match word.kind:
        case OutcomeKind.SUCCEEDED:
            return DONE
        case OutcomeKind.FAILED | OutcomeKind.REFUSED:
            return REFUSED
        case _:
            return Progressed(retry_after_s=word.retry_after_s)


def after_following(kind: DiscrepancyKind, case: Case, word: Outcome) -> Progressed:
    """Decide by what the PSP says of the object, which our books have settled by now."""
    if not word.is_final:
        return Progressed(retry_after_s=word.retry_after_s)
    if kind is DiscrepancyKind.AMOUNT_MISMATCH:
        return DONE if word.money in (None, expected_money(case.payment, case.refund)) else REFUSED
    assert case.refund is not None, "only refunds fail late"
    is_followed = word.kind is OutcomeKind.FAILED and case.refund.state is RefundState.FAILED
    return DONE if is_followed else REFUSED
