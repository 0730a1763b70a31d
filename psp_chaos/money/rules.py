"""What the books allow: pure decisions about a payment, each giving the amount that may move or the refusal."""

from psp_chaos.errors import AlreadyRefunded, CaptureTooLarge, RefundTooLarge, WrongState
from psp_chaos.records import Payment, PaymentStatus


def require_open(payment: Payment, *, verb: str) -> None:
    """Refuse unless nobody has decided about the payment, or the bank declined it."""
    if not payment.is_open:
        raise WrongState(f"This payment is {_state(payment)} and cannot be {verb}.", payment_id=payment.id)


def require_cancelable(payment: Payment) -> None:
    """Refuse if money has moved or may still move by itself."""
    if not payment.is_open and payment.status not in (PaymentStatus.AUTHORIZED, PaymentStatus.ACTION_REQUIRED):
        raise WrongState(f"This payment is {_state(payment)} and cannot be canceled.", payment_id=payment.id)


def capture_minor(payment: Payment, *, asked_minor: int | None) -> int:
    """Return what a capture of an authorized payment takes; without an amount, everything."""
    if payment.status is not PaymentStatus.AUTHORIZED:
        raise WrongState(f"This payment is {_state(payment)} and cannot be captured.", payment_id=payment.id)
    if asked_minor is None:
        return payment.capturable_minor
    if asked_minor > payment.capturable_minor:
        raise CaptureTooLarge(
            f"The capture of {asked_minor} is larger than the {payment.capturable_minor} that was set aside."
        )
    return asked_minor


def refund_minor(payment: Payment, *, asked_minor: int | None) -> int:
    """Return what a refund takes; without an amount, all that is left of the capture."""
    if payment.status is not PaymentStatus.CAPTURED:
        raise WrongState(
            f"This payment is {_state(payment)}; only captured money can be refunded.", payment_id=payment.id
        )
    if payment.refundable_minor == 0:
        raise AlreadyRefunded
    if asked_minor is None:
        return payment.refundable_minor
    if asked_minor > payment.refundable_minor:
        raise RefundTooLarge(
            f"The refund of {asked_minor} is larger than the {payment.refundable_minor} that is left of the capture."
        )
    return asked_minor


def _state(payment: Payment) -> str:
    is_at_the_bank = payment.status is PaymentStatus.PENDING and payment.confirmed
    return "confirmed and pending" if is_at_the_bank else payment.status.value
