"""A payment and its moves: every change of state comes with the transition that tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.lifecycle import PaymentState, Source, is_lawful
from engine.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """What a merchant asked us to collect, and how far we got."""

    id: str
    merchant_id: str
    order_id: str | None  # the merchant's own reference; at most one live payment per order
    amount: Money
    payment_method: str  # the PSP's token for the customer's card
    description: str | None
    metadata: Mapping[str, str]  # the merchant's own; never sent to the PSP
    state: PaymentState
    failure_reason: str | None  # set exactly when FAILED
    captured_minor: int  # 0 until SUCCESS
    refunded_minor: int  # what succeeded refunds gave back; pending ones are not in it
    created_at_us: int
    updated_at_us: int
    cancel_requested_at_us: int | None = None  # the merchant wants it canceled; that alone decides nothing

    @property
    def is_to_be_canceled(self) -> bool:
        """Tell whether the merchant has asked for a cancel, whatever came of it."""
        return self.cancel_requested_at_us is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """One lawful move of one payment; the store numbers them in order."""

    payment_id: str
    from_state: PaymentState | None  # None: the payment came into being
    to_state: PaymentState
    reason: str
    source: Source
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why, by whom and when something changed."""

    reason: str
    source: Source
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A payment as it must be written, with the transition that tells of its new state, if that is new."""

    payment: Payment
    transition: Transition | None


def opened(payment: Payment, cause: Cause) -> Move:
    """Return a new payment with its first transition."""
    assert payment.state is PaymentState.CREATED
    return Move(payment=payment, transition=_transition(payment, from_state=None, cause=cause))


def processing(payment: Payment, cause: Cause) -> Move:
    """Move to PROCESSING: from now on money may move at any moment."""
    return _moved(replace(payment, state=PaymentState.PROCESSING), before=payment, cause=cause)


def captured(payment: Payment, cause: Cause) -> Move:
    """Move to SUCCESS: the PSP holds all of the money."""
    after = replace(payment, state=PaymentState.SUCCESS, captured_minor=payment.amount.amount_minor)
    return _moved(after, before=payment, cause=cause)


def failed(payment: Payment, cause: Cause) -> Move:
    """Move to FAILED; the cause's reason is shown to the merchant."""
    after = replace(payment, state=PaymentState.FAILED, failure_reason=cause.reason)
    return _moved(after, before=payment, cause=cause)


def given_back(payment: Payment, *, amount_minor: int, cause: Cause) -> Move:
    """Count a refund that succeeded; the last one moves SUCCESS to REFUNDED."""
    after = replace(payment, refunded_minor=payment.refunded_minor + amount_minor, updated_at_us=cause.at_us)
    assert after.refunded_minor <= after.captured_minor, "refunds exceed the capture"
    if payment.state is PaymentState.REFUNDED or after.refunded_minor < after.captured_minor:
        return Move(payment=after, transition=None)
    return _moved(replace(after, state=PaymentState.REFUNDED), before=payment, cause=cause)


def taken_back(payment: Payment, *, amount_minor: int, at_us: int) -> Move:
    """Uncount a refund that failed after it had succeeded; the state never moves back."""
    assert payment.refunded_minor >= amount_minor
    after = replace(payment, refunded_minor=payment.refunded_minor - amount_minor, updated_at_us=at_us)
    return Move(payment=after, transition=None)


def _moved(after: Payment, *, before: Payment, cause: Cause) -> Move:
    after = replace(after, updated_at_us=cause.at_us)
    return Move(payment=after, transition=_transition(after, from_state=before.state, cause=cause))


def _transition(payment: Payment, *, from_state: PaymentState | None, cause: Cause) -> Transition:
    assert is_lawful(from_state=from_state, to_state=payment.state), f"{from_state} may not become {payment.state}"
    return Transition(
        payment_id=payment.id,
        from_state=from_state,
        to_state=payment.state,
        reason=cause.reason,
        source=cause.source,
        at_us=cause.at_us,
    )
