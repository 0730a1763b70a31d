"""One payment's story: its requests, movements, events, deliveries and faults, in the order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from psp_chaos.control.page.logbook import Logbook
from psp_chaos.control.page.render import money, plain, span
from psp_chaos.faults.installed import Bite, Faults
from psp_chaos.journal import DeliveryLine, Journal, Line, RequestLine
from psp_chaos.records import Payment
from psp_chaos.wire.realms import Realm

_EARLIER_US = 120_000_000  # a request begins so long at most before the payment that it makes
_BY_NAME = {"request_id", "event_id", "movement_id"}  # of a bite's details, shown elsewhere


class Who(StrEnum):
    """Whose doing something is."""

    MERCHANT = "merchant"
    BOOKS = "books"
    EVENT = "event"
    WEBHOOK = "webhook"
    FAULT = "fault"
    FUTURE = "to come"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One thing that happened to a payment, or will."""

    at_us: int
    who: Who
    what: str
    detail: str = ""
    event_id: str | None = None  # that can be sent again
    is_bad: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What happened to a payment, as far as the journal was read."""

    scenes: tuple[Scene, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cast:
    """What belongs to a payment."""

    objects: frozenset[str]  # the payment, its charges, refunds and disputes
    events: frozenset[str]


async def tell(payment: Payment, realm: Realm, *, journal: Journal, faults: Faults) -> Story:
    """Collect what happened to a payment; others are served in between."""
    cast, since_us = _cast(payment, realm), payment.created_at_us - _EARLIER_US
    lines_book, bites_book = lines_of(journal), bites_of(faults)
    lines = [line async for line in lines_book.since(since_us) if _is_about(line, cast)]
    requests = frozenset(line.request_id for line in lines if isinstance(line, RequestLine))
    bites = [bite async for bite in bites_book.since(since_us) if _bit(bite, cast, requests)]
    scenes = [
        *(_scene_of(line, realm) for line in lines),
        *_movements(payment, realm),
        *_events(cast, realm),
        *map(_scene_of_bite, bites),
        *_future(cast, realm),
    ]
    is_whole = lines_book.is_readable_since(since_us) and bites_book.is_readable_since(since_us)
    return Story(scenes=tuple(sorted(scenes, key=lambda scene: scene.at_us)), is_whole=is_whole)


def lines_of(journal: Journal) -> Logbook[Line]:
    """Return the journal as a logbook."""
    return Logbook(length=len(journal), read=lambda start, count: journal.read(after=start - 1, limit=count))


def bites_of(faults: Faults) -> Logbook[Bite]:
    """Return the bites as a logbook."""

    def read(start: int, count: int) -> list[Bite]:
        return [bite for _, bite in faults.read_bites(after=start - 1, limit=count)]

    return Logbook(length=faults.bites_in_all, read=read)


def _cast(payment: Payment, realm: Realm) -> _Cast:
    books = realm.books
    belonging = (books.charges, books.refunds, realm.disputes.disputes)
    objects = {row.id for rows in belonging for row in rows.values() if row.payment_id == payment.id}
    objects.add(payment.id)
    events = {event.id for object_id in objects for event in realm.log.of(object_id)}
    return _Cast(objects=frozenset(objects), events=frozenset(events))


def _is_about(line: Line, cast: _Cast) -> bool:
    return line.object_id in cast.objects or (isinstance(line, DeliveryLine) and line.event_id in cast.events)


def _bit(bite: Bite, cast: _Cast, requests: frozenset[str]) -> bool:
    detail = bite.detail
    return (
        bite.object_id in cast.objects or detail.get("request_id") in requests or detail.get("event_id") in cast.events
    )


def _scene_of(line: Line, realm: Realm) -> Scene:
    answer = f"answered {line.status}" if line.status is not None else "never answered"
    took = "" if line.ended_at_us is None else f" after {span(line.ended_at_us - line.at_us)}"
    is_bad = line.status is None or line.status >= 400  # noqa: PLR2004 - HTTP's own border
    if isinstance(line, RequestLine):
        replayed = ", replayed" if line.replayed else ""
        key = f"key {line.idempotency_key}" if line.idempotency_key else ""
        what = f"{line.operation.value}: {answer}{took}{replayed}"
        return Scene(at_us=line.at_us, who=Who.MERCHANT, what=what, detail=key, is_bad=is_bad)
    endpoint = realm.endpoints.endpoints.get(line.endpoint)
    what = f"{line.event_type}, try {line.attempt}: {answer}{took}"
    detail = endpoint.url if endpoint else line.endpoint
    return Scene(at_us=line.at_us, who=Who.WEBHOOK, what=what, detail=detail, is_bad=is_bad)


def _movements(payment: Payment, realm: Realm) -> Iterator[Scene]:
    for movement in realm.ledger.movements.values():
        if movement.payment_id == payment.id:
            what = f"{movement.kind.value} {money(movement.amount_minor, movement.currency)}"
            fee = f"fee {money(movement.fee_minor, movement.currency)}" if movement.fee_minor else ""
            yield Scene(at_us=movement.at_us, who=Who.BOOKS, what=what, detail=fee)


def _events(cast: _Cast, realm: Realm) -> Iterator[Scene]:
    for object_id in cast.objects:
        for event in realm.log.of(object_id):
            yield Scene(at_us=event.created_at_us, who=Who.EVENT, what=event.type, detail=event.id, event_id=event.id)


def _scene_of_bite(bite: Bite) -> Scene:
    details = (f"{name} {plain(value)}" for name, value in bite.detail.items() if name not in _BY_NAME)
    what = f"{bite.kind} bit {bite.target}"
    return Scene(at_us=bite.at_us, who=Who.FAULT, what=what, detail=", ".join((bite.fault, *details)), is_bad=True)


def _future(cast: _Cast, realm: Realm) -> Iterator[Scene]:
    for entry in realm.agenda.entries.values():
        if not cast.objects.isdisjoint(value for value in entry.what.values() if isinstance(value, str)):
            yield Scene(at_us=entry.due_at_us, who=Who.FUTURE, what=entry.kind.replace("-", " "))
    for delivery in realm.queue.listed():
        if delivery.event_id in cast.events:
            what = f"{delivery.event_type}: {delivery.state.value}"
            yield Scene(at_us=delivery.due_at_us, who=Who.FUTURE, what=what, detail=f"to {delivery.url}")
