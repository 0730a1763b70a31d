"""The books: payments, the tries to charge them, and what was sent back.

Every method is synchronous. Whoever calls one sees it done completely or not at
all, and nobody runs in between, so no sum is ever read stale: refunds never
exceed the capture, however many are asked for at once. Each change is announced
before the method returns, which makes the event part of the effect.

A refund takes its money when it is accepted, not when it arrives. If it fails
later, a `refund_failure` movement gives the money back.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import JsonValue

from psp_chaos.errors import NoSuchCharge, NoSuchPayment, NoSuchRefund, WrongState
from psp_chaos.keeping.archive import Archive
from psp_chaos.keeping.index import Index
from psp_chaos.money.ledger import Ledger
from psp_chaos.money.rules import capture_minor, refund_minor, require_cancelable, require_open
from psp_chaos.ports import Clock, Names
from psp_chaos.records import (
    CaptureMethod,
    Cause,
    Change,
    Charge,
    ChargeStatus,
    Happening,
    Instrument,
    MovementKind,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)

NOTHING: Mapping[str, JsonValue] = {}


class Books:
    """Payments, charges and refunds of one realm, each in order of creation.

    Args:
        announce: Told of each change, synchronously.
    """

    def __init__(
        self, *, clock: Clock, names: Names, archive: Archive, ledger: Ledger, announce: Callable[[Change], None]
    ) -> None:
        self._clock = clock
        self._names = names
        self._ledger = ledger
        self._announce = announce
        self.payments = archive.shelf("payments", Payment)
        self.charges = archive.shelf("charges", Charge)
        self.refunds = archive.shelf("refunds", Refund)
        self._charges_by_payment = Index(self.charges, lambda charge: charge.payment_id)
        self._refunds_by_payment = Index(self.refunds, lambda refund: refund.payment_id)

    def payment(self, payment_id: str) -> Payment:
        """Return the payment of this identifier, or raise `NoSuchPayment`."""
        if payment_id not in self.payments:
            raise NoSuchPayment(f"No such payment: '{payment_id}'")
        return self.payments[payment_id]

    def charge(self, charge_id: str) -> Charge:
        """Return the charge of this identifier, or raise `NoSuchCharge`."""
        if charge_id not in self.charges:
            raise NoSuchCharge(f"No such charge: '{charge_id}'")
        return self.charges[charge_id]

    def refund(self, refund_id: str) -> Refund:
        """Return the refund of this identifier, or raise `NoSuchRefund`."""
        if refund_id not in self.refunds:
            raise NoSuchRefund(f"No such refund: '{refund_id}'")
        return self.refunds[refund_id]

    def charges_of(self, payment_id: str) -> dict[str, Charge]:
        """Return the tries to charge a payment, oldest first."""
        return self._charges_by_payment.of(payment_id)

    def refunds_of(self, payment_id: str) -> dict[str, Refund]:
        """Return what was sent back of a payment, oldest first."""
        return self._refunds_by_payment.of(payment_id)

    def payment_of(self, object_id: str) -> Payment | None:
        """Return the payment that this is, or to which this charge or refund belongs."""
        if charge := self.charges.get(object_id):
            return self.payments[charge.payment_id]
        if refund := self.refunds.get(object_id):
            return self.payments[refund.payment_id]
        return self.payments.get(object_id)

    def metadata_of(self, object_id: str) -> Mapping[str, str]:
        """Return what the merchant attached to a payment, or to a refund and its payment."""
        payment = self.payment_of(object_id)
        refund = self.refunds.get(object_id)
        return {**(payment.metadata if payment else {}), **(refund.metadata if refund else {})}

    def open_payment(
        self,
        *,
        amount_minor: int,
        currency: str,
        instrument: Instrument | None,
        capture_method: CaptureMethod = CaptureMethod.AUTOMATIC,
        customer_id: str | None = None,
        description: str | None,
        metadata: Mapping[str, str],
        particulars: Mapping[str, JsonValue] = NOTHING,
        return_url: str | None = None,
        cause: Cause | None,
    ) -> Payment:
        """Write down a payment that nobody has confirmed yet."""
        assert amount_minor > 0, f"a payment moves money, not {amount_minor}"
        payment = Payment(
            id=self._names.payment(),
            amount_minor=amount_minor,
            currency=currency,
            status=PaymentStatus.PENDING,
            confirmed=False,
            capture_method=capture_method,
            captured_minor=0,
            refunded_minor=0,
            instrument=instrument,
            decline_code=None,
            cancellation_reason=None,
            customer_id=customer_id,
            description=description,
            metadata=dict(metadata),
            particulars=dict(particulars),
            return_url=return_url,
            charge_id=None,
            created_at_us=self._clock.now_us(),
            captured_at_us=None,
            canceled_at_us=None,
        )
        return self._write_payment(payment, Happening.PAYMENT_CREATED, cause)

    def update_payment(self, payment: Payment) -> Payment:
        """Write down what a merchant has changed of its own; no event tells of it."""
        assert payment.id in self.payments, payment.id
        self.payments[payment.id] = payment
        return payment

    def confirm(self, payment_id: str, *, instrument: Instrument) -> Payment:
        """Hand a payment to the bank; it stays pending until the bank decides."""
        payment = self.payment(payment_id)
        require_open(payment, verb="confirmed")
        confirmed = replace(
            payment, status=PaymentStatus.PENDING, confirmed=True, instrument=instrument, decline_code=None
        )
        return self.update_payment(confirmed)

    def require_action(self, payment_id: str, *, cause: Cause | None) -> Payment:
        """Have the customer of a confirmed payment prove who it is."""
        payment = replace(self._undecided(payment_id), status=PaymentStatus.ACTION_REQUIRED, confirmed=False)
        return self._write_payment(payment, Happening.PAYMENT_ACTION_REQUIRED, cause)

    def resume(self, payment_id: str) -> Payment:
        """Hand a payment to the bank again whose customer has proved who it is, or has failed to."""
        payment = self.payment(payment_id)
        if payment.status is not PaymentStatus.ACTION_REQUIRED:
            raise WrongState("This payment does not wait for its customer.", payment_id=payment_id)
        return self.update_payment(replace(payment, status=PaymentStatus.PENDING, confirmed=True))

    def authorize(self, payment_id: str, *, cause: Cause | None) -> Payment:
        """Set the money of a confirmed payment aside."""
        payment = self._undecided(payment_id)
        charge = self._write_charge(payment, ChargeStatus.SUCCEEDED)
        authorized = replace(payment, status=PaymentStatus.AUTHORIZED, charge_id=charge.id)
        return self._write_payment(authorized, Happening.PAYMENT_AUTHORIZED, cause, charge=charge)

    def capture(self, payment_id: str, *, amount_minor: int | None = None, cause: Cause | None) -> Payment:
        """Take money that was set aside, or the whole amount of a confirmed payment.

        Without an amount everything is taken; what is not taken is let go.
        """
        payment = self._set_aside(self.payment(payment_id))
        taken_minor = capture_minor(payment, asked_minor=amount_minor)
        charge = self.charges.get(payment.charge_id or "") or self._write_charge(payment, ChargeStatus.SUCCEEDED)
        captured = replace(
            payment,
            status=PaymentStatus.CAPTURED,
            captured_minor=taken_minor,
            charge_id=charge.id,
            captured_at_us=self._clock.now_us(),
        )
        self._move(MovementKind.CAPTURE, captured, amount_minor=captured.captured_minor, source_id=charge.id)
        return self._write_payment(captured, Happening.PAYMENT_CAPTURED, cause, charge=charge)

    def decline(self, payment_id: str, *, decline_code: str, cause: Cause | None) -> Payment:
        """Record that the bank refused a confirmed payment."""
        payment = self._undecided(payment_id)
        charge = self._write_charge(payment, ChargeStatus.FAILED, decline_code=decline_code)
        declined = replace(
            payment,
            status=PaymentStatus.DECLINED,
            confirmed=False,
            decline_code=decline_code,
            charge_id=charge.id,
            declined_at_us=charge.created_at_us,
        )
        return self._write_payment(declined, Happening.PAYMENT_DECLINED, cause, charge=charge)

    def cancel(self, payment_id: str, *, reason: str | None, cause: Cause | None) -> Payment:
        """Give up a payment of which no money has moved or may still move."""
        payment = self.payment(payment_id)
        require_cancelable(payment)
        return self._cancel(payment, reason=reason, cause=cause)

    def roll_back(self, payment_id: str) -> Payment:
        """Give up a confirmed payment of which the bank will never hear."""
        return self._cancel(self._undecided(payment_id), reason="automatic", cause=None)

    def open_refund(
        self,
        *,
        payment_id: str,
        amount_minor: int | None,
        settled: bool,
        reason: str | None,
        pending_reason: str | None = None,
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
            charge_id=payment.charge_id,
            amount_minor=refund_minor(payment, asked_minor=amount_minor),
            currency=payment.currency,
            status=RefundStatus.SUCCEEDED if settled else RefundStatus.PENDING,
            reason=reason,
            pending_reason=pending_reason,
            failure_reason=None,
            metadata=dict(metadata),
            created_at_us=now_us,
            settled_at_us=now_us if settled else None,
            succeeded_at_us=now_us if settled else None,
        )
        self._return(refund, MovementKind.REFUND, amount_minor=-refund.amount_minor)
        return self._write_refund(refund, Happening.REFUND_CREATED, cause)

    def settle_refund(self, refund_id: str) -> Refund:
        """Record that a pending refund has arrived."""
        refund = self.refund(refund_id)
        assert refund.status is RefundStatus.PENDING, refund
        now_us = self._clock.now_us()
        settled = replace(
            refund,
            status=RefundStatus.SUCCEEDED,
            pending_reason=None,
            settled_at_us=now_us,
            succeeded_at_us=now_us,
        )
        return self._write_refund(settled, Happening.REFUND_SUCCEEDED, None)

    def fail_refund(self, refund_id: str, *, failure_reason: str) -> Refund:
        """Record that a refund came back; its money is the merchant's again."""
        refund = self.refund(refund_id)
        assert refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED), refund
        failed = replace(
            refund,
            status=RefundStatus.FAILED,
            pending_reason=None,
            failure_reason=failure_reason,
            settled_at_us=self._clock.now_us(),
        )
        self._return(failed, MovementKind.REFUND_FAILURE, amount_minor=refund.amount_minor)
        return self._write_refund(failed, Happening.REFUND_FAILED, None)

    def cancel_refund(self, refund_id: str, *, cause: Cause | None) -> Refund:
        """Call a pending refund back; its money is the merchant's again."""
        refund = self.refund(refund_id)
        if refund.status is not RefundStatus.PENDING:
            raise WrongState(f"This refund is {refund.status} and cannot be canceled.")
        canceled = replace(
            refund,
            status=RefundStatus.CANCELED,
            pending_reason=None,
            failure_reason="merchant_request",
            settled_at_us=self._clock.now_us(),
        )
        self._return(canceled, MovementKind.REFUND_FAILURE, amount_minor=refund.amount_minor)
        return self._write_refund(canceled, Happening.REFUND_CANCELED, cause)

    def update_refund(self, refund: Refund, *, cause: Cause | None) -> Refund:
        """Write down what a merchant has changed of its own."""
        return self._write_refund(refund, Happening.REFUND_UPDATED, cause)

    def _undecided(self, payment_id: str) -> Payment:
        payment = self.payment(payment_id)
        assert payment.confirmed, f"{payment_id} is not confirmed"
        assert payment.status is PaymentStatus.PENDING, payment
        return payment

    def _set_aside(self, payment: Payment) -> Payment:
        """Return a payment that was just confirmed as if its money had been set aside first, with no charge yet."""
        if payment.status is PaymentStatus.PENDING and payment.confirmed:
            return replace(payment, status=PaymentStatus.AUTHORIZED, charge_id=None)
        return payment

    def _cancel(self, payment: Payment, *, reason: str | None, cause: Cause | None) -> Payment:
        canceled = replace(
            payment,
            status=PaymentStatus.CANCELED,
            confirmed=False,
            cancellation_reason=reason,
            canceled_at_us=self._clock.now_us(),
        )
        return self._write_payment(canceled, Happening.PAYMENT_CANCELED, cause)

    def _return(self, refund: Refund, kind: MovementKind, *, amount_minor: int) -> None:
        payment = self.payment(refund.payment_id)
        refunded_minor = payment.refunded_minor - amount_minor
        assert 0 <= refunded_minor <= payment.captured_minor, (payment, refund)
        self.payments[payment.id] = replace(payment, refunded_minor=refunded_minor)
        self._move(kind, payment, amount_minor=amount_minor, source_id=refund.id, refund_id=refund.id)

    def _move(
        self, kind: MovementKind, payment: Payment, *, amount_minor: int, source_id: str, refund_id: str | None = None
    ) -> None:
        self._ledger.move(
            kind,
            amount_minor=amount_minor,
            currency=payment.currency,
            source_id=source_id,
            payment_id=payment.id,
            refund_id=refund_id,
        )

    def _write_charge(self, payment: Payment, status: ChargeStatus, *, decline_code: str | None = None) -> Charge:
        assert payment.instrument is not None, f"{payment.id} is charged without an instrument"
        charge = Charge(
            id=self._names.charge(),
            payment_id=payment.id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            status=status,
            instrument=payment.instrument,
            decline_code=decline_code,
            created_at_us=self._clock.now_us(),
        )
        self.charges[charge.id] = charge
        return charge

    def _write_payment(
        self, payment: Payment, happening: Happening, cause: Cause | None, *, charge: Charge | None = None
    ) -> Payment:
        before = self.payments.get(payment.id)
        self.payments[payment.id] = payment
        self._announce(
            Change(
                happening=happening,
                subject=payment,
                payment=payment,
                charge=charge,
                before=before,
                cause=cause,
                at_us=self._clock.now_us(),
            )
        )
        return payment

    def _write_refund(self, refund: Refund, happening: Happening, cause: Cause | None) -> Refund:
        before = self.refunds.get(refund.id)
        self.refunds[refund.id] = refund
        payment = self.payment(refund.payment_id)
        self._announce(
            Change(
                happening=happening,
                subject=refund,
                payment=payment,
                charge=self.charges.get(refund.charge_id or ""),
                before=before,
                cause=cause,
                at_us=self._clock.now_us(),
            )
        )
        return refund
