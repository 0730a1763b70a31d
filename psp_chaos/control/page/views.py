"""What each page shows, as values for its template."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from psp_chaos.control.books import totals
from psp_chaos.control.clock import reading
from psp_chaos.control.faults import installed
from psp_chaos.control.page.fields import fields_of
from psp_chaos.control.page.story import tell
from psp_chaos.control.plant import Plant
from psp_chaos.faults.fault import Trait
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.presets import PRESETS
from psp_chaos.journal import DeliveryLine, Line
from psp_chaos.operations import Operation
from psp_chaos.records import MovementKind, Payment, PaymentStatus
from psp_chaos.wire.realms import Realm

LATEST_ROWS = 12
PAGE_ROWS = 50
_DIGITS_MAX = 18

type Context = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Who looks where."""

    plant: Plant
    realm: Realm
    query: Mapping[str, str]
    target: str  # what the path names, or nothing


async def overview(look: Look) -> Context:
    """Show how things stand."""
    psp, realm = look.plant.psp, look.realm
    return {
        "clock": reading(look.plant),
        "totals": totals(realm, realms=psp.realms.all),
        "faults": installed(psp.faults),
        "bites": psp.faults.bites_in_all,
        "under_way": len(realm.deliveries.rows),
        "to_come": len(realm.agenda.entries),
        "payments": list(islice(_payments(realm), LATEST_ROWS)),
        "lines": _lines(look, before=len(psp.journal), count=LATEST_ROWS),
        "journal_length": len(psp.journal),
    }


async def faults(look: Look) -> Context:
    """Show what is installed and what could be."""
    specs = {spec.id for spec in look.plant.psp.faults.specs}
    groups: dict[str, list[Context]] = {"reply": [], "webhook": [], "books": []}
    for kind in MENU.values():
        groups[kind.where].append(_kind(kind))
    presets = [
        {"preset": preset, "is_on": bool(preset.faults) and all(spec.id in specs for spec in preset.faults)}
        for preset in PRESETS.values()
        if preset.faults
    ]
    return {
        "faults": installed(look.plant.psp.faults),
        "groups": groups,
        "presets": presets,
        "choices": _choices(look),
    }


async def webhooks(look: Look) -> Context:
    """Show what is on its way to whom."""
    realm = look.realm
    queue = realm.queue.listed()
    return {
        "is_held": realm.queue.is_held,
        "queue": queue[:PAGE_ROWS],
        "more": max(0, len(queue) - PAGE_ROWS),
        "endpoints": list(realm.endpoints.endpoints.values()),
        "now_us": look.plant.clock.now_us(),
    }


async def payments(look: Look) -> Context:
    """Show a page of payments, newest first."""
    rows = _payments(look.realm)
    before = look.query.get("before")
    if before in look.realm.books.payments:
        next(payment for payment in rows if payment.id == before)
    found = list(islice(rows, PAGE_ROWS + 1))
    return {
        "payments": found[:PAGE_ROWS],
        "older": found[PAGE_ROWS - 1].id if len(found) > PAGE_ROWS else None,
        "total": len(look.realm.books.payments),
    }


async def payment(look: Look) -> Context:
    """Tell one payment's story."""
    psp, realm = look.plant.psp, look.realm
    found = realm.books.payment(look.target)
    return {
        "payment": found,
        "story": await tell(found, realm, journal=psp.journal, faults=psp.faults),
        "awaits_customer": found.status is PaymentStatus.ACTION_REQUIRED,
        "can_be_disputed": found.status is PaymentStatus.CAPTURED and found.refundable_minor > 0,
        "refunds": [refund for refund in realm.books.refunds.values() if refund.payment_id == found.id],
        "now_us": look.plant.clock.now_us(),
    }


async def journal(look: Look) -> Context:
    """Show a page of the journal, newest first."""
    length = len(look.plant.psp.journal)
    before = min(length, _number(look.query.get("before", "")) or length)
    return {
        "lines": _lines(look, before=before, count=PAGE_ROWS),
        "older": before - PAGE_ROWS if before > PAGE_ROWS else None,
        "total": length,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def _payments(realm: Realm) -> Iterator[Payment]:
    return reversed(realm.books.payments.values())


def _lines(look: Look, *, before: int, count: int) -> list[Context]:
    """Return the lines in front of this one, newest first, each with the payment that it is about."""
    start = max(0, before - count)
    lines = look.plant.psp.journal.read(after=start - 1, limit=before - start)
    return [_line(line, look.realm) for line in reversed(lines)]


def _line(line: Line, realm: Realm) -> Context:
    about = realm.books.payment_of(line.object_id) if line.object_id else None
    is_webhook = isinstance(line, DeliveryLine)
    return {
        "line": line,
        "what": line.event_type if isinstance(line, DeliveryLine) else line.operation.value,
        "is_webhook": is_webhook,
        "payment_id": about.id if about else None,
        "is_bad": line.status is None or line.status >= 400,  # noqa: PLR2004 - HTTP's own border
    }


def _kind(kind: Kind) -> Context:
    assert kind.__doc__, "a fault says what it does"
    what, _, more = kind.__doc__.partition("\n\n")
    return {
        "kind": kind,
        "what": " ".join(what.split()),
        "more": " ".join(more.split()),
        "fields": fields_of(kind),
        "selectors": kind.selectors,
    }


def _choices(look: Look) -> dict[Trait, tuple[str, ...]]:
    """Return what can be suggested to somebody who says whom a fault shall hit."""
    events = dict.fromkeys(event.type for event in islice(reversed(look.realm.log.events.values()), 1_000))
    return {
        "operation": tuple(operation.value for operation in Operation),
        "movement": tuple(kind.value for kind in MovementKind),
        "account": tuple(dict.fromkeys(realm.account for realm in look.plant.psp.realms.all)),
        "event_type": tuple(sorted(events)),
    }
