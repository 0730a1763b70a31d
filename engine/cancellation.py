r"""A cancel: a wish on record, and the little that it may decide by itself.

What becomes of a payment that is out at the PSP is the PSP's to say, and `engine.settlement` takes its word from
whoever brings it. Only an attempt that was never sent has nobody who could be asked: SENT is committed before the first
request leaves, so under the lock UNSENT means that the PSP has never heard of it, and that whoever claims it next will
see it ended.

    payment                 attempt     a cancel that is asked for
    CREATED                 UNSENT      ends it: FAILED, `canceled`
    PROCESSING              SENT        goes on record, once, and the PSP is asked
    FAILED, `canceled`      any         is accepted again and changes nothing
    FAILED otherwise        any         is refused: there is nothing left to cancel
    SUCCESS, REFUNDED       any         is refused: money that was taken is refunded
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.inbox import EventState
from engine.lifecycle import AttemptState, PaymentState, Source
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Cause, failed, processing
from engine.reconciliation import Trial
from engine.settlement import Case, Settlement

CANCELED = "canceled"  # the failure reason, and the PSP's own word for it


class CancelRefusal(StrEnum):
    """Why a payment cannot be canceled."""

    CAPTURED = "captured"  # the money was taken: it can be refunded
    FAILED = "failed"  # nothing was taken, and nothing will be


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a cancel that is asked for changes in our books."""

    settlement: Settlement
    is_new: bool = False  # it goes on record
    is_to_be_asked: bool = False  # the PSP can be asked at once: nobody else is about to


def cancel_refusal(case: Case) -> CancelRefusal | None:
    """Return why a cancel must be refused, or None."""
    match case.payment.state:
        case PaymentState.SUCCESS | PaymentState.REFUNDED:
            return CancelRefusal.CAPTURED
        case PaymentState.FAILED:
            return None if case.payment.failure_reason == CANCELED else CancelRefusal.FAILED
        case PaymentState.CREATED | PaymentState.PROCESSING:
            return None


def wish(case: Case, *, at_us: int) -> Wish:
    """Decide what a cancel changes that is not refused; the case was read under the payment's lock."""
    assert cancel_refusal(case) is None
    if case.payment.is_to_be_canceled or case.attempt.is_settled:
        return Wish(settlement=_unchanged(case))
    case = replace(case, payment=replace(case.payment, cancel_requested_at_us=at_us, updated_at_us=at_us))
    if case.attempt.state is AttemptState.UNSENT:
        return Wish(settlement=_ended(case, at_us=at_us), is_new=True)
    # Due at once: whoever holds it now is done soon, or dies and loses the lease.
    is_free = case.attempt.is_free(now_us=at_us)
    case = replace(case, attempt=replace(case.attempt, due_at_us=at_us))
    return Wish(settlement=_unchanged(case), is_new=True, is_to_be_asked=is_free)


def _unchanged(case: Case) -> Settlement:
    return Settlement(case=case, verdict=EventState.IGNORED)


def _ended(case: Case, *, at_us: int) -> Settlement:
    """End a payment that was never sent, on the one lawful way that leads to FAILED."""
    begun = processing(case.payment, Cause(reason="cancel requested", source=Source.API, at_us=at_us))
    ended = failed(begun.payment, Cause(reason=CANCELED, source=Source.API, at_us=at_us))
    attempt = case.attempt.settled(state=AttemptState.FAILED, psp_id=None, at_us=at_us)
    return Settlement(
        case=replace(case, payment=ended.payment, attempt=attempt),
        verdict=EventState.APPLIED,
        moves=(begun, ended),
    )


def is_worth_a_cancel(trial: Trial, found: Outcome) -> bool:
    """Tell whether the PSP is to be asked to cancel what it has just said it has not decided."""
    return trial.is_to_be_canceled and found.kind is OutcomeKind.PENDING and found.psp_id is not None


def cancel_key(trial: Trial, found: Outcome) -> str:
    """Return the key of the request to cancel what was found: the same until the PSP says something else about it.

    A refusal is remembered under its key as faithfully as a success. A payment that has come into another state since
    is therefore asked about under another key; one whose answer was lost is asked about under the same.
    """
    return f"{trial.attempt.psp_key}_cancel_{found.reason}"
