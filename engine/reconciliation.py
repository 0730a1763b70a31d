"""How to learn an unknown outcome without guessing, and what to put on record when books disagree.

The order of questions: by the PSP's id if we know it; else by repeating the create with the same PSP key, which is
harmless while the PSP remembers the key; else by looking through the PSP's list for our reference. An empty search
proves nothing: lists lag and pages get lost, so it stays unknown.

Repeating the create of a payment that is to be canceled could take its money, should the first request never have
arrived. So the key is forestalled first: the same payment is created under it without being confirmed. If the PSP knows
the key, it says so and nothing happens, and the repeat is what it always is; if it does not, there is now a payment
that can be canceled, and no request that comes late under this key can take anything any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.attempt import Attempt, AttemptKind
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.payment import Payment
from engine.refund import Refund


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One claimed attempt with all that is needed to speak to the PSP about it."""

    payment: Payment
    attempt: Attempt  # as stored by the claim
    refund: Refund | None  # set exactly for refund attempts
    capture_psp_id: str | None  # for refund attempts: the PSP's payment that holds the money

    @property
    def money(self) -> Money:
        """Return what this attempt is to move."""
        return expected_money(self.payment, self.refund)

    @property
    def is_to_be_canceled(self) -> bool:
        """Tell whether this is about a capture that the merchant no longer wants."""
        return self.refund is None and self.payment.is_to_be_canceled

    @property
    def is_first(self) -> bool:
        """Tell whether no request about this attempt can have gone out before."""
        return self.attempt.tries == 1


class Question(StrEnum):
    """How the PSP is to be asked."""

    SEND = "send"  # create, or create again with the same key
    FORESTALL = "forestall"  # create unconfirmed with the same key, so that it can take no money
    RETRIEVE = "retrieve"
    SEARCH = "search"


def question(attempt: Attempt, *, now_us: int, psp_key_retention_us: int, is_to_be_canceled: bool = False) -> Question:
    """Choose the safest question that can still be answered."""
    assert attempt.first_sent_at_us is not None, "an attempt is claimed before the PSP is asked"
    if attempt.psp_id is not None:
        return Question.RETRIEVE
    if now_us - attempt.first_sent_at_us < psp_key_retention_us:
        return Question.FORESTALL if is_to_be_canceled else Question.SEND
    return Question.SEARCH


def choose(found: Sequence[Outcome]) -> Outcome:
    """Return the outcome that counts among all objects with our reference: moved money before anything else."""
    for kind in (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING, OutcomeKind.FAILED):
        for outcome in found:
            if outcome.kind is kind:
                return outcome
    return unknown("not found in the PSP's list")


def expected_money(payment: Payment, refund: Refund | None) -> Money:
    """Return what the PSP must name: the refund's amount, or the payment's."""
    return payment.amount if refund is None else refund.amount


class DiscrepancyKind(StrEnum):
    """What can be wrong between the PSP's books and ours."""

    UNRESOLVED_ATTEMPT = "unresolved-attempt"  # so many tries, still no word
    AMOUNT_MISMATCH = "amount-mismatch"  # the PSP names another amount or currency
    LATE_CAPTURE = "late-capture"  # money moved after we said FAILED
    DOUBLE_CAPTURE = "double-capture"  # two objects of the PSP carry one attempt's reference
    DOUBLE_REFUND = "double-refund"  # the same for a refund
    REFUND_FAILED_LATE = "refund-failed-late"  # money came back after we said it was given
    ORPHAN_EVENT = "orphan-event"  # the PSP speaks of something that we never made
    ORPHAN_MONEY = "orphan-money"  # the PSP's statement has money that is nobody's
    LINE_MISSING = "line-missing"  # money that moved, says the PSP itself, and its statement does not
    LINE_DOUBLED = "line-doubled"  # the statement reports one movement twice
    LINE_WRONG = "line-wrong"  # the statement says what neither our books nor the PSP's object say
    LINE_CHANGED = "line-changed"  # a line came again and said something else
    FEE_MISMATCH = "fee-mismatch"  # the fee is not the agreed one
    CAPTURE_REVERSED = "capture-reversed"  # a bank took a capture back
    LATE_REFUND = "late-refund"  # money was given back after we said that the refund had failed
    PHANTOM_MONEY = "phantom-money"  # our books have money that neither the statement nor the PSP knows of


class DiscrepancyState(StrEnum):
    """Who has to act."""

    OPEN = "open"  # reconciliation may repair it
    REPAIRED = "repaired"
    NEEDS_PERSON = "needs_person"


class Remedy(StrEnum):
    """What can safely be done about a discrepancy without a person."""

    GIVE_BACK = "give-back"  # money that we should not have: refund it at the PSP
    FOLLOW = "follow"  # ask the PSP about the object again, and settle what it says


REMEDIES: Mapping[DiscrepancyKind, Remedy] = MappingProxyType(
    {
        DiscrepancyKind.LATE_CAPTURE: Remedy.GIVE_BACK,
        DiscrepancyKind.DOUBLE_CAPTURE: Remedy.GIVE_BACK,
        DiscrepancyKind.REFUND_FAILED_LATE: Remedy.FOLLOW,
        DiscrepancyKind.AMOUNT_MISMATCH: Remedy.FOLLOW,
    }
)


def first_state(kind: DiscrepancyKind) -> DiscrepancyState:
    """Return who has to act on a discrepancy that was just found."""
    return DiscrepancyState.OPEN if kind in REMEDIES else DiscrepancyState.NEEDS_PERSON


@dataclass(frozen=True, kw_only=True, slots=True)
class Discrepancy:
    """A disagreement worth a record; at most one per kind and subject."""

    kind: DiscrepancyKind
    subject: str  # the id of the attempt, PSP object or event that it is about
    payment_id: str | None
    money: Money
    state: DiscrepancyState
    evidence: Mapping[str, str]
    found_at_us: int


def unresolved(trial: Trial, outcome: Outcome, *, at_us: int) -> Discrepancy:
    """Return the record of an attempt that no try could resolve."""
    kind = "capture" if trial.attempt.kind is AttemptKind.CAPTURE else "refund"
    return Discrepancy(
        kind=DiscrepancyKind.UNRESOLVED_ATTEMPT,
        subject=trial.attempt.id,
        payment_id=trial.payment.id,
        money=trial.money,
        state=DiscrepancyState.NEEDS_PERSON,
        evidence={"attempt_kind": kind, "psp_key": trial.attempt.psp_key, "last_word": outcome.reason or outcome.kind},
        found_at_us=at_us,
    )
