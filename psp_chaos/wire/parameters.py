"""The parameters of each operation, as Stripe documents them, and how a form becomes them.

What is listed here is understood or harmless; anything else is logged and ignored, or refused in strict mode.
"""

import logging
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.form import Form

_log = logging.getLogger(__name__)

LIMIT_MAX = 100  # the longest page that Stripe gives
AMOUNT_MAX = 99_999_999  # Stripe takes eight digits at most


def _digits(value: object) -> object:
    # int() alone would accept " 1_000 ".
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError("this is not an integer")
    return value


def _values(value: object) -> object:
    return tuple(value.values()) if isinstance(value, Mapping) else value


def _exact(value: object) -> object:
    return {"gte": value, "lte": value} if isinstance(value, str) else value


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("this is not a web address")
    return url


type Whole = Annotated[int, BeforeValidator(_digits)]
type Amount = Annotated[Whole, Field(ge=1, le=AMOUNT_MAX)]
type Sequence = Annotated[tuple[str, ...], BeforeValidator(_values)]
type Metadata = Mapping[
    Annotated[str, StringConstraints(max_length=40)], Annotated[str, StringConstraints(max_length=500)]
]
type Currency = Annotated[str, StringConstraints(pattern="^[A-Za-z]{3}$"), AfterValidator(str.upper)]


class Parameters(BaseModel):
    """Parameters that every operation understands."""

    model_config = ConfigDict(frozen=True)

    expand: Sequence = ()  # nothing here can be expanded; Stripe's own answers then hold identifiers as well


class Created(BaseModel):
    """A range of creation times in whole seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gt: Whole | None = None
    gte: Whole | None = None
    lt: Whole | None = None
    lte: Whole | None = None

    def includes(self, at_s: int) -> bool:
        """Tell whether this second lies in the range."""
        return (
            (self.gt is None or at_s > self.gt)
            and (self.gte is None or at_s >= self.gte)
            and (self.lt is None or at_s < self.lt)
            and (self.lte is None or at_s <= self.lte)
        )


class Page(Parameters):
    """Which part of a list is wanted."""

    limit: Annotated[Whole, Field(ge=1, le=LIMIT_MAX)] = 10
    starting_after: str | None = None
    ending_before: str | None = None
    created: Annotated[Created, BeforeValidator(_exact)] = Created()


class CreatePayment(Parameters):
    """`POST /v1/payment_intents`."""

    amount: Amount
    currency: Currency
    confirm: bool = False
    payment_method: str | None = None
    payment_method_types: Sequence = ()
    automatic_payment_methods: Mapping[str, str] = {}
    capture_method: Literal["automatic", "automatic_async"] = "automatic"
    confirmation_method: Literal["automatic"] = "automatic"
    off_session: bool = False
    return_url: str | None = None
    description: str | None = None
    metadata: Annotated[Metadata, Field(max_length=50)] = {}


class ConfirmPayment(Parameters):
    """`POST /v1/payment_intents/{id}/confirm`."""

    payment_method: str | None = None
    off_session: bool = False
    return_url: str | None = None


class CancelPayment(Parameters):
    """`POST /v1/payment_intents/{id}/cancel`."""

    cancellation_reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = None


class CreateRefund(Parameters):
    """`POST /v1/refunds`."""

    payment_intent: str
    amount: Amount | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    metadata: Annotated[Metadata, Field(max_length=50)] = {}


class ListRefunds(Page):
    """`GET /v1/refunds`."""

    payment_intent: str | None = None


class ListEvents(Page):
    """`GET /v1/events`."""

    type: str | None = None
    types: Sequence = ()


class CreateEndpoint(Parameters):
    """`POST /v1/webhook_endpoints`."""

    url: Annotated[str, AfterValidator(_web_address)]
    enabled_events: Annotated[Sequence, Field(min_length=1)]
    description: str | None = None
    metadata: Annotated[Metadata, Field(max_length=50)] = {}
    api_version: str | None = None


def read[P: Parameters](model: type[P], form: Form, *, strict: bool) -> P:
    """Return the parameters that a form holds.

    Raises:
        WireError: One is missing, cannot be understood or, in strict mode, is unknown.
    """
    unknown = [name for name in form if name not in model.model_fields]
    if unknown and strict:
        raise WireError(f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])
    if unknown:
        _log.info("ignored unknown parameters: %s", ", ".join(unknown))
    try:
        return model.model_validate(form)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> WireError:
    first = error.errors(include_url=False)[0]
    root, *steps = (str(step) for step in first["loc"])
    param = root + "".join(f"[{step}]" for step in steps)
    if first["type"] == "missing":
        return WireError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    reason = first["msg"].removeprefix("Value error, ")
    return WireError(f"Invalid {param}: {reason}", code=_code(param, first["type"]), param=param)


def _code(param: str, problem: str) -> str | None:
    match param, problem:
        case "amount", "greater_than_equal":
            return "amount_too_small"
        case "amount", "less_than_equal":
            return "amount_too_large"
        case "amount" | "limit", _:
            return "parameter_invalid_integer"
        case _:
            return None
