"""The kinds of fields that parameters consist of, each with what Stripe takes for one."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from psp_chaos.wire.currencies import AMOUNT_MAX, DECIMALS
from psp_chaos.wire.errors import WireError

LIMIT_MAX = 100  # the longest page that Stripe gives
TEXT_LENGTH_MAX = 5_000
METADATA_KEYS_MAX = 50
NO_METADATA: Mapping[str, str] = {}

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FLAGS: Mapping[object, bool] = {"true": True, "false": False, True: True, False: False}


def _digits(value: object) -> object:
    # int() alone would accept " 1_000 ".
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise PydanticCustomError("parameter_invalid_integer", "this is not an integer")
    return value


def _flag(value: object) -> bool:
    # pydantic alone would accept "yes" and "1".
    if not isinstance(value, str | bool) or value not in _FLAGS:
        raise ValueError("this is neither true nor false")
    return _FLAGS[value]


def _in_order(value: object) -> object:
    """Return the values of `a[5]=x&a[2]=y` as a sequence; gaps close."""
    if not isinstance(value, Mapping):
        return value
    if all(_INTEGER.fullmatch(index) for index in value):
        return tuple(value[index] for index in sorted(value, key=int))
    return tuple(value.values())


def _nothing(value: object) -> object:
    return None if value == "" else value


def _exact(value: object) -> object:
    return {"gte": value, "lte": value} if isinstance(value, str) else value


def _currency(code: str) -> str:
    currency = code.upper()
    if currency not in DECIMALS:
        raise ValueError("this is not a currency that can be charged")
    return currency


def _email(address: str) -> str:
    if not _EMAIL.fullmatch(address):
        raise PydanticCustomError("email_invalid", "this is not an email address")
    return address


def _web_address(url: str) -> str:
    if _scheme(url) not in ("http", "https"):
        raise PydanticCustomError("url_invalid", "this is not a web address")
    return url


def _link(url: str) -> str:
    if not _scheme(url):
        raise PydanticCustomError("url_invalid", "this leads nowhere")
    return url


def _scheme(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a bracket too few
        return ""
    return parts.scheme if parts.hostname else ""


def _descriptor(text: str) -> str:
    """Check what is printed on a statement (docs.stripe.com/get-started/account/statement-descriptors)."""
    if any(character in "<>\\'\"*" for character in text) or not any(character.isalpha() for character in text):
        raise ValueError("this cannot be printed on a statement")
    return text


type Whole = Annotated[int, BeforeValidator(_digits)]
type Amount = Annotated[Whole, Field(ge=1, le=AMOUNT_MAX)]
type Flag = Annotated[bool, BeforeValidator(_flag)]
type Text = Annotated[str, StringConstraints(max_length=TEXT_LENGTH_MAX)]
type Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]  # an identifier of ours
type Sequence = Annotated[tuple[Text, ...], BeforeValidator(_in_order)]
type Currency = Annotated[str, AfterValidator(_currency)]
type Email = Annotated[str, StringConstraints(max_length=512), AfterValidator(_email)]
type WebAddress = Annotated[Text, AfterValidator(_web_address)]
type Link = Annotated[Text, AfterValidator(_link)]  # of a web page, or into an application on a phone
type Descriptor = Annotated[str, StringConstraints(min_length=5, max_length=22), AfterValidator(_descriptor)]
type DescriptorSuffix = Annotated[str, StringConstraints(max_length=22), AfterValidator(_descriptor)]

type Metadata = Annotated[
    Mapping[
        Annotated[str, StringConstraints(min_length=1, max_length=40)],
        Annotated[str, StringConstraints(max_length=500)],
    ],
    Field(max_length=METADATA_KEYS_MAX),
]
type MetadataChange = Annotated[Metadata | None, BeforeValidator(_nothing)]
"""What is to become of metadata: an empty value removes its key, and None removes all."""

type Unsettable[T] = Annotated[T | None, BeforeValidator(_nothing)]
"""A field of an update that an empty string unsets."""


class Part(BaseModel):
    """Fields that belong together, such as `shipping[name]` and `shipping[phone]`."""

    model_config = ConfigDict(frozen=True)


class Address(Part):
    """Where somebody lives."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class Shipping(Part):
    """Where something goes."""

    name: Text
    address: Address
    phone: Text | None = None
    carrier: Text | None = None
    tracking_number: Text | None = None


class BillingDetails(Part):
    """Who pays."""

    name: Text | None = None
    email: Email | None = None
    phone: Text | None = None
    tax_id: Text | None = None
    address: Address | None = None


class Period(Part):
    """A range of times in whole seconds."""

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


EVER = Period()

type When = Annotated[Period, BeforeValidator(_exact)]


def merged(kept: Mapping[str, str], change: Mapping[str, str] | None) -> dict[str, str]:
    """Return what becomes of metadata; see `MetadataChange`."""
    if change is None:
        return {}
    metadata = {name: value for name, value in {**kept, **change}.items() if value != ""}
    if len(metadata) > METADATA_KEYS_MAX:
        raise WireError(f"Metadata can have {METADATA_KEYS_MAX} keys, not {len(metadata)}.", param="metadata")
    return metadata


def plain(part: Part | None) -> dict[str, JsonValue] | None:
    """Return a part as it is shown."""
    return None if part is None else part.model_dump()
