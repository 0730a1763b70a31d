"""Errors in Stripe's spelling (docs.stripe.com/api/errors), and how refusals of ours become them."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Self, TypedDict

from psp_chaos.answers import Answer
from psp_chaos.errors import (
    AlreadyRefunded,
    BalanceTooSmall,
    CaptureTooLarge,
    KeyConflict,
    KeyInUse,
    NoSuchCharge,
    NoSuchCustomer,
    NoSuchDispute,
    NoSuchEndpoint,
    NoSuchPayment,
    NoSuchPaymentMethod,
    NoSuchPayout,
    NoSuchRefund,
    PspError,
    RefundTooLarge,
    TargetRefused,
    WrongState,
)
from psp_chaos.profiles import Profile
from psp_chaos.wire.answers import Json, answer

INVALID_REQUEST = "invalid_request_error"
IDEMPOTENCY = "idempotency_error"
API = "api_error"
CARD = "card_error"


DOC_URL = "https://stripe.com/docs/error-codes"
LOG_URL = "https://dashboard.stripe.com/test/logs"


class Spelling(TypedDict, total=False):
    """What the wire adds to the message of a refusal."""

    status: int
    type: str
    code: str
    param: str


class WireError(PspError):
    """The provider refuses, and says so in its own way."""

    def __init__(
        self,
        message: str,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        type: str = INVALID_REQUEST,  # noqa: A002 - the wire's word
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        named = {"type": type, "code": code, "message": message, "param": param, "doc_url": doc_url(code), **more}
        self.content: Json = {name: value for name, value in named.items() if value is not None}

    @classmethod
    def missing(cls, kind: str, object_id: str, *, param: str, status: int = HTTPStatus.BAD_REQUEST) -> Self:
        """Say that something does not exist; Stripe answers 404 only if the path names it."""
        return cls(f"No such {kind}: '{object_id}'", status=status, code="resource_missing", param=param)

    def answer(self, *, object_id: str | None = None, request_id: str | None = None) -> Answer:
        """Write the error as an answer to a request."""
        logged = {} if request_id is None else {"request_log_url": f"{LOG_URL}/{request_id}"}
        content = {"error": {**self.content, **logged}}
        return replace(answer(content, status=self.status, object_id=object_id), headers=self.headers)


_MISSING: Spelling = {"status": HTTPStatus.NOT_FOUND, "code": "resource_missing", "param": "id"}

SPELLINGS: Mapping[type[PspError], Spelling] = {
    NoSuchPayment: {**_MISSING, "param": "intent"},
    NoSuchRefund: _MISSING,
    NoSuchCharge: _MISSING,
    NoSuchDispute: _MISSING,
    NoSuchPayout: _MISSING,
    NoSuchCustomer: _MISSING,
    NoSuchPaymentMethod: _MISSING,
    NoSuchEndpoint: _MISSING,
    TargetRefused: {"code": "url_invalid", "param": "url"},
    WrongState: {"code": "payment_intent_unexpected_state"},
    AlreadyRefunded: {"code": "charge_already_refunded"},
    RefundTooLarge: {"param": "amount"},
    CaptureTooLarge: {"code": "amount_too_large", "param": "amount_to_capture"},
    BalanceTooSmall: {"code": "balance_insufficient"},
}


def doc_url(code: str | None) -> str | None:
    """Return where an error's code is explained."""
    return None if code is None else f"{DOC_URL}/{code.replace('_', '-')}"


def spell(refusal: PspError, *, profile: Profile | None = None) -> WireError:
    """Spell a refusal of the books, of an endpoint or of the idempotency layer; that one as the profile says."""
    if isinstance(refusal, WireError):
        return refusal
    if profile is not None and isinstance(refusal, KeyConflict):
        return _key_conflict(refusal, profile)
    if isinstance(refusal, WrongState) and refusal.payment_id is None:
        return WireError(str(refusal))  # the code speaks of payments
    return WireError(str(refusal), **SPELLINGS[type(refusal)])


def _key_conflict(conflict: KeyConflict, profile: Profile) -> WireError:
    if isinstance(conflict, KeyInUse):
        return WireError(
            str(conflict),
            status=profile.busy_status,
            type=IDEMPOTENCY,
            code=profile.busy_code,
            headers=profile.busy_headers,
        )
    return WireError(str(conflict), status=profile.reused_status, type=IDEMPOTENCY)
