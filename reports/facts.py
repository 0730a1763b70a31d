"""The facts that truth is made of: what customers wanted, and what the PSP did with their money."""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.records import DiaryEntry, Outcome, PspMovement, PspPayment, PspRefund, PspStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Purchase:
    """Something that a customer wanted to pay for once, however often the button was pressed."""

    order_id: str
    customer: str
    clicks: tuple[DiaryEntry, ...]
    payment_ids: tuple[str, ...]  # every payment that an answer to this customer spoke of, each once

    def prices(self, payment_id: str | None) -> frozenset[tuple[int, str]]:
        """Return the amounts and currencies that this payment may have charged.

        What was asked in the very request that made the payment counts; where no answer says which one that was,
        every request that was not refused may have been it.
        """
        made = [click for click in self.clicks if click.outcome == Outcome.SUCCEEDED and click.payment_id == payment_id]
        possible = made or [click for click in self.clicks if click.outcome != Outcome.FAILED]
        return frozenset(
            (click.amount_minor, click.currency)
            for click in possible
            if click.amount_minor is not None and click.currency is not None
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """One payment at the PSP, with everything that moved because of it.

    Its sums are asked for a dozen times in a judgement, mostly of one row or none: lists are quicker than generators,
    and what every check asks for is added up once.
    """

    payment: PspPayment
    captures: tuple[PspMovement, ...]
    refunds: tuple[PspRefund, ...]
    captured_minor: int  # what was taken from the customer

    @classmethod
    def of(cls, payment: PspPayment, captures: Iterable[PspMovement], refunds: Iterable[PspRefund]) -> "Money":
        """Return a payment with its captures and refunds."""
        taken = tuple(captures)
        captured_minor = sum([movement.amount_minor for movement in taken])
        return cls(payment=payment, captures=taken, refunds=tuple(refunds), captured_minor=captured_minor)

    @property
    def currency(self) -> str:
        """The currency in which it moved."""
        return self.payment.currency

    @property
    def captured_at_us(self) -> int:
        """When it was first taken; ask only where something was."""
        return min([movement.at_us for movement in self.captures])

    @property
    def refunded_minor(self) -> int:
        """What has been given back for good."""
        return sum([refund.amount_minor for refund in self.refunds if refund.status == PspStatus.SUCCEEDED])

    @property
    def returning_minor(self) -> int:
        """What is on its way back and may yet fail."""
        return sum([refund.amount_minor for refund in self.refunds if refund.status == PspStatus.PENDING])

    @property
    def kept_minor(self) -> int:
        """What stays with the merchant once all that is on its way has arrived."""
        return self.captured_minor - self.refunded_minor - self.returning_minor

    @property
    def is_undecided(self) -> bool:
        """Whether the PSP itself does not know yet how the payment ends."""
        return self.payment.status in (PspStatus.PENDING, PspStatus.ACTION_REQUIRED) and not self.captures

    @property
    def can_be_canceled(self) -> bool:
        """Whether the PSP would give the payment up if it were asked to; what is at the bank it does not."""
        return self.payment.status == PspStatus.ACTION_REQUIRED
