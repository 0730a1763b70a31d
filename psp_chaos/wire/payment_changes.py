"""What becomes of a payment by what a merchant says about it, before anybody is asked for money."""

from dataclasses import replace

from psp_chaos.records import CaptureMethod, Instrument, Payment
from psp_chaos.wire.fields import merged
from psp_chaos.wire.payment_parameters import (
    CapturePayment,
    ConfirmPayment,
    CreatePayment,
    UpdatePayment,
    particulars,
)

# What decides about the money is fixed once somebody has been asked for it.
_FIXED_BY_CONFIRMATION = frozenset(
    {
        "amount",
        "capture_method",
        "currency",
        "customer",
        "payment_method",
        "payment_method_data",
        "payment_method_types",
        "setup_future_usage",
    }
)


def touches_money(wanted: UpdatePayment) -> bool:
    """Tell whether an update is of something that decides about money."""
    return not wanted.model_fields_set.isdisjoint(_FIXED_BY_CONFIRMATION)


def confirmed(payment: Payment, wanted: ConfirmPayment) -> Payment:
    """Return a payment with what its confirmation says about it."""
    return replace(
        payment,
        capture_method=CaptureMethod(wanted.capture_method or payment.capture_method),
        particulars={**payment.particulars, **particulars(wanted)},
        return_url=wanted.return_url or payment.return_url,
    )


def described(payment: Payment, wanted: CapturePayment | UpdatePayment) -> Payment:
    """Return a payment with what is only said about it."""
    description = payment.description
    if isinstance(wanted, UpdatePayment) and "description" in wanted.model_fields_set:
        description = wanted.description
    return replace(
        payment,
        description=description,
        metadata=merged(payment.metadata, wanted.metadata),
        particulars={**payment.particulars, **particulars(wanted)},
    )


def attached(payment: Payment) -> Instrument | None:
    """Return what a payment is paid with, unless that was declined."""
    return payment.instrument if payment.decline_code is None else None


def is_kept(payment: Payment) -> bool:
    """Tell whether what pays is to be kept for further payments."""
    return payment.particulars.get("setup_future_usage") is not None


def as_asked(instrument: Instrument, wanted: CreatePayment | ConfirmPayment) -> Instrument:
    """Return an instrument as it behaves where its owner cannot be asked (docs.stripe.com/declines/codes)."""
    if not instrument.needs_action:
        return instrument
    if wanted.off_session:
        return replace(instrument, needs_action=False, decline_code="authentication_required")
    if wanted.error_on_requires_action:
        return replace(instrument, needs_action=False, decline_code="authentication_not_handled")
    return instrument
