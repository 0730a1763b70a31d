"""The books: the only place where money moves, and the truth about where it is.

Every method is synchronous. Whoever calls one sees it done completely or not at
all, and nobody runs in between, so no sum is ever read stale: refunds never
exceed the capture, however many are asked for at once. Each change is announced
before the method returns, which makes the event part of the effect.

A refund takes its money when it is accepted, not when it arrives. If it fails
later, a `refund_failure` movement gives the money back.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from psp_chaos.errors import (
    AlreadyRefunded,
    NoSuchPayment,
    NoSuchRefund,
    RefundTooLarge,
    WrongState,
)
from psp_chaos.ports import Clock, Names
from psp_chaos.records import (
    Cause,
    Change,
    Happening,
    Instrument,
    Movement,
    MovementKind,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)


class Books:
    """Payments and refunds in order of creation, and every movement of money.

    Args:
        announce: Told of each change, synchronously.
    """

    def __init__(self, *, clock: Clock, names: Names, announce: Callable[[Change], None]) -> None:
        self._clock = clock
        self._names = names
        self._announce = announce
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.movements: list[Movement] = []

    def payment(self, payment_id: str) -> Payment:
        """Return the payment of this identifier, or raise `NoSuchPayment`."""
        if payment_id not in self.payments:
            raise NoSuchPayment(f"No such payment: '{payment_id}'")
        return self.payments[payment_id]

    def refund(self, refund_id: str) -> Refund:
        """Return the refund of this identifier, or raise `NoSuchRefund`."""
        if refund_id not in self.refunds:
            raise NoSuchRefund(f"No such refund: '{refund_id}'")
        return self.refunds[refund_id]

    def metadata_of(self, object_id: str) -> Mapping[str, str]:
        """Return what the merchant attached to a payment, or to a refund and its payment."""
        if payment := self.payments.get(object_id):
            return payment.metadata
        if refund := self.refunds.get(object_id):
            return {**self.payment(refund.payment_id).metadata, **refund.metadata}
        return {}

    def open_payment(
        self,
        *,
        amount_minor: int,
        currency: str,
        instrument: Instrument | None,
        description: str | None,
        metadata: Mapping[str, str],
        cause: Cause | None,
    ) -> Payment:
        """Write down a payment that nobody has confirmed yet."""
        assert amount_minor > 0, f"a payment moves money, not {amount_minor}"
        now_us = self._clock.now_us()
        payment = Payment(
            id=self._names.payment(),
            amount_minor=amount_minor,
            currency=currency,
            status=PaymentStatus.PENDING,
            confirmed=False,
            captured_minor=0,
            refunded_minor=0,
            instrument=instrument,
            decline_code=None,
            cancellation_reason=None,
            description=description,
            metadata=dict(metadata),
            capture_id=None,
            created_at_us=now_us,
            captured_at_us=None,
            canceled_at_us=None,
        )
        return self._write_payment(payment, Happening.PAYMENT_CREATED, cause, at_us=now_us)

    def confirm(self, payment_id: str, *, instrument: Instrument) -> Payment:
        """Hand a payment to the bank; it stays pending until the bank decides."""
        payment = self.payment(payment_id)
        self._require_unconfirmed(payment, verb="confirmed")
        confirmed = replace(
            payment,
            status=PaymentStatus.PENDING,
            confirmed=True,
            instrument=instrument,
            decline_code=None,
        )
        self.payments[payment_id] = confirmed
        return confirmed

    def capture(self, payment_id: str, *, cause: Cause | None) -> Payment:
        """Take the whole amount of a confirmed payment."""
        payment = self.payment(payment_id)
        assert payment.confirmed, f"{payment_id} is not confirmed"
        assert payment.status is PaymentStatus.PENDING, payment
        now_us = self._clock.now_us()
        captured = replace(
            payment,
            status=PaymentStatus.CAPTURED,
            captured_minor=payment.amount_minor,
            capture_id=self._names.capture(),
            captured_at_us=now_us,
        )
        self._move(MovementKind.CAPTURE, payment, amount_minor=payment.amount_minor, at_us=now_us)
        return self._write_payment(captured, Happening.PAYMENT_CAPTURED, cause, at_us=now_us)

    def decline(self, payment_id: str, *, decline_code: str, cause: Cause | None) -> Payment:
        """Record that the bank refused a confirmed payment."""
        payment = self.payment(payment_id)
        assert payment.confirmed, f"{payment_id} is not confirmed"
        assert payment.status is PaymentStatus.PENDING, payment
        declined = replace(
            payment,
            status=PaymentStatus.DECLINED,
            confirmed=False,
            decline_code=decline_code,
        )
        return self._write_payment(declined, Happening.PAYMENT_DECLINED, cause, at_us=self._clock.now_us())

    def cancel(self, payment_id: str, *, reason: str | None, cause: Cause | None) -> Payment:
        """Give up a payment of which no money has moved or may still move."""
        payment = self.payment(payment_id)
        self._require_unconfirmed(payment, verb="canceled")
        now_us = self._clock.now_us()
        canceled = replace(
            payment,
            status=PaymentStatus.CANCELED,
            cancellation_reason=reason,
            canceled_at_us=now_us,
        )
        return self._write_payment(canceled, Happening.PAYMENT_CANCELED, cause, at_us=now_us)

    def open_refund(
        self,
        *,
        payment_id: str,
        amount_minor: int | None,
        settled: bool,
        reason: str | None,
        metadata: Mapping[str, str],
        cause: Cause | None,
    ) -> Refund:
        """Accept a refund and take its money; without an amount, all that is left of the capture.

        A refund that is not settled stays pending until `settle_refund`.
        """
        payment = self.payment(payment_id)
        now_us = self._clock.now_us()
        refund = Refund(
            id=self._names.refund(),
            payment_id=payment_id,
            amount_minor=_refund_amount(payment, asked_minor=amount_minor),
            currency=payment.currency,
            status=RefundStatus.SUCCEEDED if settled else RefundStatus.PENDING,
            reason=reason,
            failure_reason=None,
            metadata=dict(metadata),
            created_at_us=now_us,
            settled_at_us=now_us if settled else None,
        )
        self._return(refund, MovementKind.REFUND, amount_minor=-refund.amount_minor, at_us=now_us)
        return self._write_refund(refund, Happening.REFUND_CREATED, cause, at_us=now_us)

    def settle_refund(self, refund_id: str) -> Refund:
        """Record that a pending refund has arrived."""
        refund = self.refund(refund_id)
        assert refund.status is RefundStatus.PENDING, refund
        now_us = self._clock.now_us()
        settled = replace(refund, status=RefundStatus.SUCCEEDED, settled_at_us=now_us)
        return self._write_refund(settled, Happening.REFUND_SUCCEEDED, None, at_us=now_us)

    def fail_refund(self, refund_id: str, *, failure_reason: str) -> Refund:
        """Record that a refund came back; its money is the merchant's again."""
        refund = self.refund(refund_id)
        assert refund.status is not RefundStatus.FAILED, refund
        now_us = self._clock.now_us()
        failed = replace(refund, status=RefundStatus.FAILED, failure_reason=failure_reason, settled_at_us=now_us)
        self._return(failed, MovementKind.REFUND_FAILURE, amount_minor=refund.amount_minor, at_us=now_us)
        return self._write_refund(failed, Happening.REFUND_FAILED, None, at_us=now_us)

    def _require_unconfirmed(self, payment: Payment, *, verb: str) -> None:
        unconfirmed = payment.status is PaymentStatus.PENDING and not payment.confirmed
        if not unconfirmed and payment.status is not PaymentStatus.DECLINED:
            state = "confirmed and pending" if payment.confirmed else payment.status
            raise WrongState(f"This payment is {state} and cannot be {verb}.", payment_id=payment.id)

    def _return(self, refund: Refund, kind: MovementKind, *, amount_minor: int, at_us: int) -> None:
        payment = self.payment(refund.payment_id)
        refunded_minor = payment.refunded_minor - amount_minor
        assert 0 <= refunded_minor <= payment.captured_minor, (payment, refund)
        self.payments[payment.id] = replace(payment, refunded_minor=refunded_minor)
        self._move(kind, payment, amount_minor=amount_minor, refund_id=refund.id, at_us=at_us)

    def _move(
        self, kind: MovementKind, payment: Payment, *, amount_minor: int, refund_id: str | None = None, at_us: int
    ) -> None:
        self.movements.append(
            Movement(
                id=self._names.movement(),
                kind=kind,
                payment_id=payment.id,
                refund_id=refund_id,
                amount_minor=amount_minor,
                currency=payment.currency,
                at_us=at_us,
            )
        )

    def _write_payment(self, payment: Payment, happening: Happening, cause: Cause | None, *, at_us: int) -> Payment:
        self.payments[payment.id] = payment
        self._announce(Change(happening=happening, payment=payment, refund=None, cause=cause, at_us=at_us))
        return payment

    def _write_refund(self, refund: Refund, happening: Happening, cause: Cause | None, *, at_us: int) -> Refund:
        self.refunds[refund.id] = refund
        payment = self.payment(refund.payment_id)
        self._announce(Change(happening=happening, payment=payment, refund=refund, cause=cause, at_us=at_us))
        return refund


def _refund_amount(payment: Payment, *, asked_minor: int | None) -> int:
    """Return what a refund takes, or raise the reason why it may not."""
    if payment.status is not PaymentStatus.CAPTURED:
        raise WrongState(
            f"This payment is {payment.status}; only captured money can be refunded.",
            payment_id=payment.id,
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
