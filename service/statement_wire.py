"""The PSP's spelling of its statement (https://docs.stripe.com/reports/balance-transaction-types), in our words.

A line names what moved the money by its `source`, which we ask to be shown in full: there stands the payment that a
charge belongs to, and our reference. A type that we do not know is none of our business.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from engine.money import Money
from engine.statement import LineKind, StatementLine, StatementPage, Window
from service.errors import WireUnreadable

PAGE_SIZE = 100  # the most that the PSP gives; it may give fewer
EXPAND = "data.source"

KINDS: Mapping[str, LineKind] = MappingProxyType(
    {
        "charge": LineKind.CAPTURE,
        "payment": LineKind.CAPTURE,
        "payment_failure_refund": LineKind.CAPTURE_REVERSAL,
        "refund": LineKind.REFUND,
        "payment_refund": LineKind.REFUND,
        "refund_failure": LineKind.REFUND_REVERSAL,
    }
)
_ABOUT_CAPTURES = (LineKind.CAPTURE, LineKind.CAPTURE_REVERSAL)


def _id_of(value: object) -> object:
    """Take an object that is shown in full for its id."""
    return value.get("id") if isinstance(value, Mapping) else value


class _Source(BaseModel):
    id: str = Field(pattern="^[!-~]+$")
    payment_intent: Annotated[str | None, BeforeValidator(_id_of)] = None
    metadata: Mapping[str, str] = {}


class _Line(BaseModel):
    id: str = Field(pattern="^[!-~]{1,255}$")
    type: str
    amount: int = Field(strict=True)
    fee: int = Field(default=0, strict=True)
    currency: str = Field(pattern="^[A-Za-z]{3}$")
    created: int = Field(strict=True, ge=0)
    source: object = None


class _Page(BaseModel):
    data: list[_Line]
    has_more: bool


def page_query(window: Window, *, after: str | None) -> dict[str, str]:
    """Return the parameters that ask for a page of a window, newest first."""
    query = {
        "created[gte]": str(window.from_s),
        "created[lt]": str(window.until_s),
        "limit": str(PAGE_SIZE),
        "expand[]": EXPAND,
    }
    return query if after is None else query | {"starting_after": after}


def read_page(body: Mapping[str, object]) -> StatementPage:
    """Return the page in a body.

    Raises:
        WireUnreadable: it is none, or a line on it makes no sense; a page with a gap would be taken for the truth.
    """
    try:
        page = _Page.model_validate(body)
        lines = [_line(one) for one in page.data]
    except ValidationError as error:
        raise WireUnreadable(f"not a page of a statement: {error.errors(include_input=False)}") from error
    if page.has_more and not lines:
        raise WireUnreadable("an empty page of a statement that says there is more")
    return StatementPage(lines=lines, next_after=lines[-1].id if page.has_more else None)


def _line(line: _Line) -> StatementLine:
    kind = KINDS.get(line.type, LineKind.OTHER)
    source = None if kind is LineKind.OTHER else _Source.model_validate(line.source)
    return StatementLine(
        id=line.id,
        kind=kind,
        psp_id=None if source is None else _psp_id(kind, source),
        capture_psp_id=None if source is None or kind in _ABOUT_CAPTURES else source.payment_intent,
        attempt_id=None if source is None else source.metadata.get("attempt_id"),
        money=Money(amount_minor=line.amount, currency=line.currency.upper()),
        fee_minor=line.fee,
        reported_s=line.created,
    )


def _psp_id(kind: LineKind, source: _Source) -> str:
    """Return the payment that a charge is for, or the refund itself; a charge of somebody else's may be for none."""
    if kind in _ABOUT_CAPTURES:
        return source.payment_intent or source.id
    return source.id
