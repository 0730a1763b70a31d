"""The bank behind the provider: it decides whether a payment is taken, and when.

What is decided at once is decided before the method returns. What comes later
stands in the agenda and changes the books when its time has come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from psp_chaos.agenda import Agenda, What
from psp_chaos.money.books import Books
from psp_chaos.money.disputes import Disputes
from psp_chaos.records import (
    CaptureMethod,
    Cause,
    Instrument,
    Payment,
    PaymentStatus,
    Refund,
    RefundCourse,
    RefundStatus,
)
from psp_chaos.settings import PspSettings
from psp_chaos.spans import draw_s

# The one reason that Stripe documents for a card number whose refunds fail.
REFUND_FAILURE_REASON = "expired_or_canceled_card"
UNAUTHENTICATED = "unauthenticated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What somebody else has decided about a request; what is left out is the bank's to decide."""

    delay_s: float | None = None  # until the money moves
    is_rolled_back: bool = False  # it never moves: the payment is given up instead
    refund_course: RefundCourse | None = None
    pending_reason: str | None = None  # of a refund


UNDECIDED = Fate()


class Bank:
    """Charges instruments and returns money to them."""

    def __init__(
        self, *, books: Books, disputes: Disputes, agenda: Agenda, settings: PspSettings, random: Random
    ) -> None:
        self._books = books
        self._disputes = disputes
        self._agenda = agenda
        self._settings = settings
        self._random = random
        agenda.handle("charge", self._charge_now)
        agenda.handle("capture", self._capture_now)
        agenda.handle("roll-back", self._roll_back_now)
        agenda.handle("settle-refund", self._settle_now)
        agenda.handle("fail-refund", self._fail_now)

    def charge(self, payment_id: str, *, instrument: Instrument, fate: Fate, cause: Cause | None) -> Payment:
        """Charge the instrument, now or later, and return the payment as it is now."""
        self._books.confirm(payment_id, instrument=instrument)
        delay_s = self._asynchronous_s() if fate.delay_s is None else fate.delay_s
        if delay_s is None:
            return self._decide(payment_id, cause)
        kind = "roll-back" if fate.is_rolled_back else "charge"
        self._agenda.add(kind, {"payment": payment_id}, after_s=delay_s)
        return self._books.payment(payment_id)

    def capture(self, payment_id: str, *, amount_minor: int, fate: Fate, cause: Cause | None) -> Payment:
        """Take money that was set aside, now or later, and return the payment as it is now."""
        if fate.delay_s is None:
            return self._books.capture(payment_id, amount_minor=amount_minor, cause=cause)
        if not fate.is_rolled_back:
            self._agenda.add("capture", {"payment": payment_id, "amount": amount_minor}, after_s=fate.delay_s)
        return self._books.payment(payment_id)

    def authenticate(self, payment_id: str, *, succeeds: bool, cause: Cause | None) -> Payment:
        """Go on with a payment whose customer was asked to prove who it is."""
        payment = self._books.resume(payment_id)
        if succeeds:
            return self._settle(payment, cause)
        return self._books.decline(payment_id, decline_code=UNAUTHENTICATED, cause=cause)

    def refund(
        self,
        payment_id: str,
        *,
        amount_minor: int | None,
        reason: str | None,
        metadata: Mapping[str, str],
        fate: Fate,
        cause: Cause | None,
    ) -> Refund:
        """Send captured money back the way it came and return the refund as it is now."""
        course = fate.refund_course or self._course(payment_id)
        is_settled = fate.delay_s is None and course in (RefundCourse.AT_ONCE, RefundCourse.FAILS_LATER)
        refund = self._books.open_refund(
            payment_id=payment_id,
            amount_minor=amount_minor,
            settled=is_settled,
            reason=reason,
            pending_reason=fate.pending_reason,
            metadata=metadata,
            cause=cause,
        )
        self._plan(refund, course, delay_s=fate.delay_s)
        return refund

    def _decide(self, payment_id: str, cause: Cause | None) -> Payment:
        payment = self._books.payment(payment_id)
        assert payment.instrument is not None, payment
        if payment.instrument.needs_action:
            return self._books.require_action(payment_id, cause=cause)
        return self._settle(payment, cause)

    def _settle(self, payment: Payment, cause: Cause | None) -> Payment:
        instrument = payment.instrument
        assert instrument is not None, payment
        if instrument.decline_code is not None:
            return self._books.decline(payment.id, decline_code=instrument.decline_code, cause=cause)
        if payment.capture_method is CaptureMethod.MANUAL:
            return self._books.authorize(payment.id, cause=cause)
        captured = self._books.capture(payment.id, cause=cause)
        if instrument.dispute_reason is not None:
            self._disputes.open(captured, reason=instrument.dispute_reason, cause=None)
        return captured

    def _course(self, payment_id: str) -> RefundCourse:
        instrument = self._books.payment(payment_id).instrument
        return instrument.refund_course if instrument else RefundCourse.AT_ONCE

    def _plan(self, refund: Refund, course: RefundCourse, *, delay_s: float | None) -> None:
        """Write down what is still to become of a refund."""
        ends_badly = course in (RefundCourse.PENDING_FAILS, RefundCourse.FAILS_LATER)
        if refund.status is RefundStatus.SUCCEEDED and not ends_badly:
            return
        after_s = self._settlement_s() if delay_s is None else delay_s
        what: What = {"refund": refund.id, "fails_afterwards": course is RefundCourse.FAILS_LATER}
        fails_next = refund.status is RefundStatus.SUCCEEDED or course is RefundCourse.PENDING_FAILS
        self._agenda.add("fail-refund" if fails_next else "settle-refund", what, after_s=after_s)

    def _charge_now(self, what: What) -> None:
        payment = self._books.payment(str(what["payment"]))
        if payment.status is PaymentStatus.PENDING and payment.confirmed:
            self._decide(payment.id, None)

    def _capture_now(self, what: What) -> None:
        payment = self._books.payment(str(what["payment"]))
        amount_minor = what["amount"]
        assert isinstance(amount_minor, int), what
        if payment.status is PaymentStatus.AUTHORIZED:
            self._books.capture(payment.id, amount_minor=amount_minor, cause=None)

    def _roll_back_now(self, what: What) -> None:
        payment = self._books.payment(str(what["payment"]))
        if payment.status is PaymentStatus.PENDING and payment.confirmed:
            self._books.roll_back(payment.id)

    def _settle_now(self, what: What) -> None:
        refund = self._books.refund(str(what["refund"]))
        if refund.status is not RefundStatus.PENDING:
            return  # canceled meanwhile
        self._books.settle_refund(refund.id)
        if what["fails_afterwards"]:
            self._agenda.add("fail-refund", what, after_s=self._settlement_s())

    def _fail_now(self, what: What) -> None:
        refund = self._books.refund(str(what["refund"]))
        if refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED):
            self._books.fail_refund(refund.id, failure_reason=REFUND_FAILURE_REASON)

    def _asynchronous_s(self) -> float | None:
        if self._random.random() >= self._settings.asynchronous_share:
            return None
        return draw_s(self._settings.asynchronous_s, self._random)

    def _settlement_s(self) -> float:
        return draw_s(self._settings.refund_settlement_s, self._random)
