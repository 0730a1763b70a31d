r"""The one place where the PSP's word changes our books, whoever brought it: API answer, event or worker.

It is a lattice, not a log: a word can only lead onwards, so words may come twice, late and in any order.

    capture \ word   SUCCEEDED               FAILED       PENDING
    UNSENT, SENT     SUCCESS                 FAILED       learn the PSP's id
    SUCCEEDED        nothing                 nothing      nothing
    FAILED           late-capture            nothing      nothing

    refund \ word    SUCCEEDED               FAILED
    PENDING          SUCCEEDED (REFUNDED     FAILED, the reserve is free again
                     when all is back)
    SUCCEEDED        nothing                 FAILED and refund-failed-late
    FAILED           nothing                 nothing

A word about another amount or currency is not believed at all. A word about a second object of the PSP that carries
the same reference never touches the first; if money moved there, it is put on record. Everything here is decided
under the payment's row lock; the caller loads, this module decides, the caller saves.
"""

from dataclasses import dataclass, replace

from engine.attempt import Attempt, AttemptKind
from engine.inbox import EventState
from engine.lifecycle import AttemptState, PaymentState, RefundState, Source
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Cause, Move, Payment, captured, failed, given_back, processing, taken_back
from engine.reconciliation import Discrepancy, DiscrepancyKind, expected_money, first_state
from engine.refund import Refund


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What our books say about one attempt, read under the payment's lock."""

    payment: Payment
    attempt: Attempt
    refund: Refund | None  # set exactly for refund attempts

    @property
    def is_to_be_canceled(self) -> bool:
        """Tell whether this attempt takes money that the merchant no longer wants; a refund never does."""
        return self.refund is None and self.payment.is_to_be_canceled


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """The case after the PSP's word, and what must be written along with it."""

    case: Case
    verdict: EventState  # what became of the word, as the inbox tells it
    moves: tuple[Move, ...] = ()  # the payment's changes in order; the last one is `case.payment`
    discrepancies: tuple[Discrepancy, ...] = ()


def unsettled(case: Case, *, psp_id: str | None = None) -> Settlement:
    """Return what no word at all changes: nothing, but we may have heard the PSP's id before it fell silent."""
    if psp_id is None or case.attempt.is_settled or case.attempt.psp_id is not None:
        return Settlement(case=case, verdict=EventState.IGNORED)
    return Settlement(case=_named(case, psp_id), verdict=EventState.IGNORED)


def settle(case: Case, outcome: Outcome, *, source: Source, at_us: int) -> Settlement:
    """Decide what the PSP's word changes.

    Unknown and refused outcomes are not words; they never get here (`Outcome.judged`).
    """
    assert outcome.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.FAILED, OutcomeKind.PENDING)
    if outcome.money is not None and outcome.money != expected_money(case.payment, case.refund):
        return _disbelieved(case, outcome, at_us=at_us)
    if _is_second_object(case, outcome):
        return _second_object(case, outcome, at_us=at_us)
    if outcome.kind is OutcomeKind.PENDING:
        return _identified(case, outcome)
    if case.attempt.kind is AttemptKind.CAPTURE:
        return _capture_settled(case, outcome, source=source, at_us=at_us)
    return _refund_settled(case, outcome, source=source, at_us=at_us)


def _disbelieved(case: Case, outcome: Outcome, *, at_us: int) -> Settlement:
    finding = _found(case, outcome, kind=DiscrepancyKind.AMOUNT_MISMATCH, at_us=at_us)
    return Settlement(case=case, verdict=EventState.REJECTED, discrepancies=(finding,))


def _is_second_object(case: Case, outcome: Outcome) -> bool:
    known, named = case.attempt.psp_id, outcome.psp_id
    return known is not None and named is not None and known != named


def _second_object(case: Case, outcome: Outcome, *, at_us: int) -> Settlement:
    if outcome.kind is not OutcomeKind.SUCCEEDED:
        return Settlement(case=case, verdict=EventState.IGNORED)
    kind = DiscrepancyKind.DOUBLE_REFUND
    if case.attempt.kind is AttemptKind.CAPTURE:
        failed_before = case.attempt.state is AttemptState.FAILED
        kind = DiscrepancyKind.LATE_CAPTURE if failed_before else DiscrepancyKind.DOUBLE_CAPTURE
    finding = _found(case, outcome, kind=kind, at_us=at_us)
    return Settlement(case=case, verdict=EventState.APPLIED, discrepancies=(finding,))


def _identified(case: Case, outcome: Outcome) -> Settlement:
    if case.attempt.is_settled or case.attempt.psp_id is not None:
        return Settlement(case=case, verdict=EventState.IGNORED)
    return Settlement(case=_named(case, outcome.psp_id), verdict=EventState.APPLIED)


def _named(case: Case, psp_id: str | None) -> Case:
    return replace(case, attempt=replace(case.attempt, psp_id=psp_id))


def _capture_settled(case: Case, outcome: Outcome, *, source: Source, at_us: int) -> Settlement:
    succeeded = outcome.kind is OutcomeKind.SUCCEEDED
    match case.attempt.state:
        case AttemptState.UNSENT | AttemptState.SENT:
            return _capture_decided(case, outcome, source=source, at_us=at_us)
        case AttemptState.SUCCEEDED:
            return Settlement(case=case, verdict=EventState.APPLIED if succeeded else EventState.IGNORED)
        case AttemptState.FAILED if succeeded:
            finding = _found(case, outcome, kind=DiscrepancyKind.LATE_CAPTURE, at_us=at_us)
            return Settlement(case=case, verdict=EventState.APPLIED, discrepancies=(finding,))
        case AttemptState.FAILED:
            return Settlement(case=case, verdict=EventState.APPLIED)


def _capture_decided(case: Case, outcome: Outcome, *, source: Source, at_us: int) -> Settlement:
    succeeded = outcome.kind is OutcomeKind.SUCCEEDED
    caught_up = _caught_up(case.payment, source=source, at_us=at_us)
    payment = caught_up[-1].payment if caught_up else case.payment
    cause = Cause(reason="captured" if succeeded else outcome.reason or "declined", source=source, at_us=at_us)
    move = captured(payment, cause) if succeeded else failed(payment, cause)
    state = AttemptState.SUCCEEDED if succeeded else AttemptState.FAILED
    attempt = case.attempt.settled(state=state, psp_id=outcome.psp_id, at_us=at_us)
    return Settlement(
        case=replace(case, payment=move.payment, attempt=attempt),
        verdict=EventState.APPLIED,
        moves=(*caught_up, move),
    )


def _caught_up(payment: Payment, *, source: Source, at_us: int) -> tuple[Move, ...]:
    """Follow a PSP that has decided a payment which our books (restored from a backup, say) never sent."""
    if payment.state is not PaymentState.CREATED:
        return ()
    return (processing(payment, Cause(reason="known at the PSP", source=source, at_us=at_us)),)


def _refund_settled(case: Case, outcome: Outcome, *, source: Source, at_us: int) -> Settlement:
    assert case.refund is not None
    succeeded = outcome.kind is OutcomeKind.SUCCEEDED
    match case.refund.state:
        case RefundState.PENDING if succeeded:
            return _refund_succeeded(case, case.refund, outcome, source=source, at_us=at_us)
        case RefundState.PENDING:
            return _refund_closed(case, case.refund, outcome, state=RefundState.FAILED, at_us=at_us)
        case RefundState.SUCCEEDED if not succeeded:
            return _refund_failed_late(case, case.refund, outcome, at_us=at_us)
        case RefundState.SUCCEEDED:
            return Settlement(case=case, verdict=EventState.APPLIED)
        case RefundState.FAILED:
            # A refund fails after it succeeds, never the other way round, so a success here is an old word.
            return Settlement(case=case, verdict=EventState.IGNORED)


def _refund_succeeded(case: Case, refund: Refund, outcome: Outcome, *, source: Source, at_us: int) -> Settlement:
    cause = Cause(reason=f"refunded by {refund.id}", source=source, at_us=at_us)
    move = given_back(case.payment, amount_minor=refund.amount.amount_minor, cause=cause)
    closed = _refund_closed(case, refund, outcome, state=RefundState.SUCCEEDED, at_us=at_us)
    return replace(closed, case=replace(closed.case, payment=move.payment), moves=(move,))


def _refund_closed(case: Case, refund: Refund, outcome: Outcome, *, state: RefundState, at_us: int) -> Settlement:
    attempt_state = AttemptState.SUCCEEDED if state is RefundState.SUCCEEDED else AttemptState.FAILED
    attempt = case.attempt.settled(state=attempt_state, psp_id=outcome.psp_id, at_us=at_us)
    refund = refund.settled(state=state, psp_refund_id=outcome.psp_id, at_us=at_us)
    return Settlement(case=replace(case, attempt=attempt, refund=refund), verdict=EventState.APPLIED)


def _refund_failed_late(case: Case, refund: Refund, outcome: Outcome, *, at_us: int) -> Settlement:
    move = taken_back(case.payment, amount_minor=refund.amount.amount_minor, at_us=at_us)
    refund = refund.settled(state=RefundState.FAILED, psp_refund_id=outcome.psp_id, at_us=at_us)
    return Settlement(
        case=replace(case, payment=move.payment, refund=refund),
        verdict=EventState.APPLIED,
        moves=(move,),
        discrepancies=(_found(case, outcome, kind=DiscrepancyKind.REFUND_FAILED_LATE, at_us=at_us),),
    )


def _found(case: Case, outcome: Outcome, *, kind: DiscrepancyKind, at_us: int) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        subject=outcome.psp_id or case.attempt.id,
        payment_id=case.payment.id,
        money=outcome.money or expected_money(case.payment, case.refund),
        state=first_state(kind),
        evidence={
            "attempt_id": case.attempt.id,
            "psp_id_known": case.attempt.psp_id or "",
            "payment_state": case.payment.state,
            "expected": str(expected_money(case.payment, case.refund)),
            "word": outcome.reason or outcome.kind,
        },
        found_at_us=at_us,
    )
