"""A refund, and the rule that refunds never exceed what was captured.

Pending refunds hold a reserve: the money is promised, so a second refund may not promise it again. All sums are
taken under the payment's row lock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.lifecycle import PaymentState, RefundState
from engine.money import Money, step_minor
from engine.payment import Payment


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back to the customer."""

    id: str
    payment_id: str
    amount: Money
    reason: str | None
    state: RefundState
    psp_refund_id: str | None
    created_at_us: int
    settled_at_us: int | None

    def settled(self, *, state: RefundState, psp_refund_id: str | None, at_us: int) -> "Refund":
        """Close it with the PSP's word."""
        return replace(self, state=state, psp_refund_id=psp_refund_id or self.psp_refund_id, settled_at_us=at_us)


class Refusal(StrEnum):
    """Why a refund is not accepted."""

    NOT_CAPTURED = "not-captured"  # there is no money to give back (yet)
    NOTHING_LEFT = "nothing-left"  # all of it has been given back or promised
    TOO_MUCH = "too-much"  # more than is left
    NO_MULTIPLE = "no-multiple"  # of the least that the currency's cards know


def refundable(payment: Payment, *, reserved_minor: int) -> Money:
    """Return what can still be promised; `reserved_minor` is the sum of pending refunds."""
    left_minor = payment.captured_minor - payment.refunded_minor - reserved_minor
    assert left_minor >= 0, "more was promised than captured"
    return Money(amount_minor=left_minor, currency=payment.amount.currency)


def refusal(payment: Payment, *, left: Money, asked_minor: int | None) -> Refusal | None:
    """Return why a refund of `asked_minor` (None: all that is left) must be refused, or None."""
    if payment.state not in (PaymentState.SUCCESS, PaymentState.REFUNDED):
        return Refusal.NOT_CAPTURED
    if left.amount_minor == 0:
        return Refusal.NOTHING_LEFT
    if asked_minor is not None and asked_minor > left.amount_minor:
        return Refusal.TOO_MUCH
    if asked_minor is not None and asked_minor % step_minor(left.currency):
        return Refusal.NO_MULTIPLE
    return None
