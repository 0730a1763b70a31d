"""Everything the PSP refuses, as one tree.

PspError
├── Refusal                  the books will not do it
│   ├── NoSuchPayment
│   ├── NoSuchCharge
│   ├── NoSuchRefund
│   ├── NoSuchDispute
│   ├── NoSuchPayout
│   ├── NoSuchCustomer
│   ├── NoSuchPaymentMethod
│   ├── WrongState
│   ├── AlreadyRefunded
│   ├── RefundTooLarge
│   ├── CaptureTooLarge
│   └── BalanceTooSmall
├── KeyConflict              the idempotency key forbids it
│   ├── KeyReused
│   └── KeyInUse
├── NoSuchEndpoint
├── NoSuchEvent
├── NoSuchDelivery
├── TargetRefused            webhooks may not go there
├── FaultError               the control plane will not do it
│   ├── NoSuchFault
│   ├── FaultExists
│   ├── NoSuchPreset
│   └── BadFaultFile
├── ClockError               the clock cannot be moved
│   ├── ClockElsewhere
│   └── ClockMoving
├── ArchiveUnusable          the file that is to hold everything does not
├── CannotStand              a process of its own cannot be made
│   ├── CannotListen
│   └── TooOpen
└── wire.errors.WireError    an error in the provider's own spelling

A class's docstring is its default message.
"""


class PspError(Exception):
    """The payment provider refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class Refusal(PspError):
    """The books will not do it."""


class NoSuchPayment(Refusal):
    """No payment has this identifier."""


class NoSuchCharge(Refusal):
    """No charge has this identifier."""


class NoSuchRefund(Refusal):
    """No refund has this identifier."""


class NoSuchDispute(Refusal):
    """No dispute has this identifier."""


class NoSuchPayout(Refusal):
    """No payout has this identifier."""


class NoSuchCustomer(Refusal):
    """No customer has this identifier."""


class NoSuchPaymentMethod(Refusal):
    """No payment method has this identifier."""


class WrongState(Refusal):
    """The status of this does not allow it.

    Attributes:
        payment_id: The payment that stands in another state, if it is one.
    """

    def __init__(self, message: str, *, payment_id: str | None = None) -> None:
        super().__init__(message)
        self.payment_id = payment_id


class AlreadyRefunded(Refusal):
    """All of this payment's money has been refunded already."""


class RefundTooLarge(Refusal):
    """The refund is larger than what is left of the capture."""


class CaptureTooLarge(Refusal):
    """The capture is larger than what was set aside."""


class BalanceTooSmall(Refusal):
    """There is not so much money in the balance."""


class KeyConflict(PspError):
    """The idempotency key forbids it."""


class KeyReused(KeyConflict):
    """This idempotency key was first used with another request."""


class KeyInUse(KeyConflict):
    """The first request with this idempotency key is still being worked on."""


class NoSuchEndpoint(PspError):
    """No webhook endpoint has this identifier."""


class NoSuchEvent(PspError):
    """No event has this identifier, or it is too old to be shown."""


class NoSuchDelivery(PspError):
    """No delivery with this identifier is under way."""


class TargetRefused(PspError):
    """Webhooks may not go there."""


class FaultError(PspError):
    """The control plane will not do it."""


class NoSuchFault(FaultError):
    """No fault with this id is installed."""


class FaultExists(FaultError):
    """A fault with this id is installed already."""


class NoSuchPreset(FaultError):
    """No preset has this name."""


class BadFaultFile(FaultError):
    """This file does not describe faults."""


class ClockError(PspError):
    """The clock cannot be moved."""


class ClockElsewhere(ClockError):
    """This provider does not stand alone: its clock is moved from outside."""


class ClockMoving(ClockError):
    """The clock is being moved already; ask again when that is done."""


class ArchiveUnusable(PspError):
    """The file that is to hold everything cannot be used."""


class CannotStand(PspError):
    """A process of its own cannot be made."""


class CannotListen(CannotStand):
    """Nobody can listen there."""


class TooOpen(CannotStand):
    """Secrets that everybody knows are not for addresses that everybody reaches."""
