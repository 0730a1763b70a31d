"""The PSP's spelling (Stripe's v1 API), translated into the engine's words; nothing else here knows it.

Statuses of a PaymentIntent: https://docs.stripe.com/payments/paymentintents/lifecycle. A status that we do not know
counts as pending: only the words that end something may end something.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from engine.attempt import AttemptKind
from engine.inbox import Event
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.reconciliation import Trial
from service.errors import WireUnreadable

REJECTED = "psp_rejected"  # the failure reason of a request that the PSP refused to try

# Types of event that say something about money: what an endpoint of ours subscribes to. Others are stored and not acted
# upon.
PAYMENT_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
)
REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
REPAIR_OF = "repair_of"  # the reference of refunds that repair a discrepancy: the payment that they give back

CANCEL_FORM: Mapping[str, str] = MappingProxyType({"cancellation_reason": "requested_by_customer"})

HANDLED_EVENTS = (*PAYMENT_EVENTS, *REFUND_EVENTS)

# What our tables can hold. Anything else is unreadable, rather than an error of the database whenever it is repeated.
type PspId = Annotated[str, Field(pattern="^[!-~]{1,255}$")]
type Minor = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]
type CurrencyCode = Annotated[str, Field(pattern="^[A-Za-z]{3}$")]

_REFERENCE = re.compile(r"[A-Za-z0-9_]{1,64}")
_WORDS = re.compile(r"[ -~]{1,200}")


class PaymentError(BaseModel):
    """Why a payment did not succeed."""

    code: str | None = None
    decline_code: str | None = None

    @property
    def reason(self) -> str:
        """Return the most telling word."""
        return _in_words(self.decline_code or self.code) or "declined"


class PaymentIntent(BaseModel):
    """The PSP's payment."""

    id: PspId
    status: str
    amount: Minor
    amount_received: Minor | None = None
    currency: CurrencyCode
    metadata: Mapping[str, str] = {}
    last_payment_error: PaymentError | None = None

    def outcome(self) -> Outcome:
        """Return what it says about the money."""
        return Outcome(kind=self._kind, psp_id=self.id, money=self._money, reason=self._reason)

    @property
    def _kind(self) -> OutcomeKind:
        match self.status:
            case "succeeded":
                return OutcomeKind.SUCCEEDED
            case "canceled":
                return OutcomeKind.FAILED
            case "requires_payment_method" if self.last_payment_error is not None:
                # Without an error it has not been tried yet, and may succeed in a moment.
                return OutcomeKind.FAILED
            case _:
                return OutcomeKind.PENDING

    @property
    def _money(self) -> Money:
        amount_minor = self.amount
        if self.status == "succeeded" and self.amount_received is not None:
            amount_minor = self.amount_received
        return Money(amount_minor=amount_minor, currency=self.currency.upper())

    @property
    def _reason(self) -> str | None:
        if self.status == "requires_payment_method" and self.last_payment_error is not None:
            return self.last_payment_error.reason
        return _in_words(self.status)


class PspRefund(BaseModel):
    """The PSP's refund."""

    id: PspId
    status: str | None
    amount: Minor
    currency: CurrencyCode
    metadata: Mapping[str, str] = {}
    failure_reason: str | None = None

    def outcome(self) -> Outcome:
        """Return what it says about the money."""
        money = Money(amount_minor=self.amount, currency=self.currency.upper())
        return Outcome(
            kind=self._kind, psp_id=self.id, money=money, reason=_in_words(self.failure_reason or self.status)
        )

    @property
    def _kind(self) -> OutcomeKind:
        match self.status:
            case "succeeded":
                return OutcomeKind.SUCCEEDED
            case "failed" | "canceled":
                return OutcomeKind.FAILED
            case _:
                return OutcomeKind.PENDING


class PspErrorBody(PaymentError):
    """The PSP's error."""

    type: str
    payment_intent: PaymentIntent | None = None


class _ErrorEnvelope(BaseModel):
    error: PspErrorBody


class _EventData(BaseModel):
    object: Mapping[str, object]


class _Event(BaseModel):
    id: str = Field(pattern="^[!-~]{1,255}$")
    type: str = Field(pattern="^[!-~]{1,255}$")
    livemode: bool = Field(strict=True)
    account: str | None = None
    data: _EventData


def read_object(kind: AttemptKind, body: Mapping[str, object]) -> PaymentIntent | PspRefund:
    """Return the payment or refund in a body.

    Raises:
        WireUnreadable: it is none.
    """
    model = PaymentIntent if kind is AttemptKind.CAPTURE else PspRefund
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise WireUnreadable(f"not a {model.__name__}: {error.errors(include_input=False)}") from error


def read_error(body: Mapping[str, object]) -> PspErrorBody:
    """Return the error in a body.

    Raises:
        WireUnreadable: it is none.
    """
    try:
        return _ErrorEnvelope.model_validate(body).error
    except ValidationError as error:
        raise WireUnreadable("not an error of the PSP") from error


def declined(error: PspErrorBody) -> Outcome:
    """Return the outcome of a card that was declined (402)."""
    psp_id = None if error.payment_intent is None else error.payment_intent.id
    return Outcome(kind=OutcomeKind.FAILED, psp_id=psp_id, reason=error.reason)


def read_event(payload: str, *, is_live: bool, account: str | None) -> Event:
    """Return a verified event in the engine's words.

    Raises:
        WireUnreadable: it is not an event, or not one that can be understood.
    """
    try:
        event = _Event.model_validate_json(payload)
    except ValidationError as error:
        raise WireUnreadable(f"not an event: {error.errors(include_input=False)}") from error
    kind = _kind_of(event.type)
    spoken_of = None if kind is None else read_object(kind, event.data.object)
    return Event(
        id=event.id,
        type=event.type,
        psp_object_id=None if spoken_of is None else spoken_of.id,
        kind=kind,
        attempt_id=None if spoken_of is None else _reference(spoken_of.metadata, "attempt_id"),
        outcome=None if spoken_of is None else _told_by(event.type, spoken_of.outcome()),
        is_foreign=event.livemode != is_live or event.account != account,
        payload=payload,
        repair_of=None
        if kind is not AttemptKind.REFUND or spoken_of is None
        else _reference(spoken_of.metadata, REPAIR_OF),
    )


def _reference(metadata: Mapping[str, str], name: str) -> str | None:
    """Return one of our ids; anybody can write there, so what cannot be one is none."""
    text = metadata.get(name, "")
    return text if _REFERENCE.fullmatch(text) else None


def _in_words(reason: str | None) -> str | None:
    """Return a reason if it can be shown and stored."""
    return reason if reason and _WORDS.fullmatch(reason) else None


def _kind_of(event_type: str) -> AttemptKind | None:
    if event_type in PAYMENT_EVENTS:
        return AttemptKind.CAPTURE
    return AttemptKind.REFUND if event_type in REFUND_EVENTS else None


def _told_by(event_type: str, outcome: Outcome) -> Outcome:
    """Return the outcome that an event tells: a failure is one even where the object does not say why."""
    if event_type == "payment_intent.payment_failed" and outcome.kind is OutcomeKind.PENDING:
        return replace(outcome, kind=OutcomeKind.FAILED, reason="declined")
    return outcome


def create_form(trial: Trial) -> dict[str, str]:
    """Return the parameters that create the trial's payment or refund, always the same for the same attempt."""
    return _payment_form(trial) if trial.attempt.kind is AttemptKind.CAPTURE else _refund_form(trial)


def _payment_form(trial: Trial) -> dict[str, str]:
    payment = trial.payment
    form = {
        "amount": str(payment.amount.amount_minor),
        "currency": payment.amount.currency.lower(),
        "confirm": "true",
        "payment_method": payment.payment_method,
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "metadata[payment_id]": payment.id,
        "metadata[attempt_id]": trial.attempt.id,
        "metadata[merchant_id]": payment.merchant_id,
    }
    if payment.order_id is not None:
        form["metadata[order_id]"] = payment.order_id
    if payment.description is not None:
        form["description"] = payment.description
    return form


def _refund_form(trial: Trial) -> dict[str, str]:
    assert trial.refund is not None
    assert trial.capture_psp_id is not None
    return {
        "payment_intent": trial.capture_psp_id,
        "amount": str(trial.refund.amount.amount_minor),
        "metadata[refund_id]": trial.refund.id,
        "metadata[attempt_id]": trial.attempt.id,
        "metadata[payment_id]": trial.payment.id,
    }


def unconfirmed_form(trial: Trial) -> dict[str, str]:
    """Return the parameters that create the trial's payment without ever charging anybody."""
    return _payment_form(trial) | {"confirm": "false"}


def refused(*, is_replay: bool) -> Outcome:
    """Return the outcome of a request that the PSP did not even try (400).

    A replay is what the first request with our key was answered, so no request with it has moved anything.
    """
    return Outcome(kind=OutcomeKind.FAILED if is_replay else OutcomeKind.REFUSED, reason=REJECTED)


def outcome_of(kind: AttemptKind, body: Mapping[str, object], *, attempt_id: str) -> Outcome:
    """Return the outcome in a body about our attempt; unknown if it is about something else or unreadable."""
    try:
        spoken_of = read_object(kind, body)
    except WireUnreadable as error:
        return unknown(str(error))
    if spoken_of.metadata.get("attempt_id", attempt_id) != attempt_id:
        return unknown(f"the answer is about {spoken_of.id}, which is not ours")
    return spoken_of.outcome()
