"""`paystorm events`."""

import json
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, ServiceDatabaseUrl
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from service.store import ToldEvent

events = App(name="events", help="List what merchants are told, and have it sent again.")

_LISTED_MAX = 1_000


@events.command(name="list")
def list_events(
    *,
    database_url: ServiceDatabaseUrl,
    merchant_id: str | None = None,
    delivery: Literal["pending", "delivered", "dead"] = "dead",
    limit: int = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """List the newest events of which a delivery stands so; by default those that were given up.

    Parameters
    ----------
    merchant_id
        Only those of this merchant.
    delivery
        How at least one delivery of them stands.
    limit
        How many at most.
    """
    if not 0 < limit <= _LISTED_MAX:
        raise BadInput(f"--limit is from 1 to {_LISTED_MAX}")
    found = _found(database_url, merchant_id=merchant_id, delivery=delivery, limit=limit)
    if as_json:
        from service.outgoing_schemas import EventView

        print(json.dumps([EventView.told(one).model_dump(mode="json") for one in found], indent=2))
    for one in () if as_json else found:
        print(_line(one))
    return ExitCode.HOLDS


@events.command(name="resend")
def resend_event(event_id: str, *, database_url: ServiceDatabaseUrl, endpoint_id: str | None = None) -> ExitCode:
    """Have an event sent again by the next worker that looks, with the whole schedule before it.

    Parameters
    ----------
    event_id
        The event, as `paystorm events list` shows it.
    endpoint_id
        Only to this endpoint, which may be one that never had the event.
    """
    endpoints = _resent(database_url, event_id=event_id, endpoint_id=endpoint_id)
    if not endpoints:
        raise BadInput(f"no event {event_id}, or no enabled endpoint of its merchant to send it to")
    for one in sorted(endpoints):
        print(f"{event_id} goes to {one}")
    return ExitCode.HOLDS


def _found(url: str, *, merchant_id: str | None, delivery: str, limit: int) -> "Sequence[ToldEvent]":
    from engine.outgoing import DeliveryState
    from scenarios.cli.service_database import with_database
    from service.store import EventFilter, OutgoingReads, Page

    wanted = EventFilter(merchant_id=merchant_id, delivery=DeliveryState(delivery))
    return with_database(url, lambda database: OutgoingReads(database).events(wanted=wanted, page=Page(limit=limit)))


def _resent(url: str, *, event_id: str, endpoint_id: str | None) -> "Collection[str]":
    from scenarios.cli.service_database import with_database
    from service.store import PostgresOutgoing
    from service.system import SystemClock

    now_us = SystemClock().now_us()
    return with_database(
        url,
        lambda database: PostgresOutgoing(database).resend(event_id=event_id, endpoint_id=endpoint_id, now_us=now_us),
    )


def _line(told: "ToldEvent") -> str:
    from service.schemas import rfc3339

    event = told.event
    deliveries = ", ".join(
        f"{one.endpoint_id} {one.state} after {one.tries} tries ({one.status or one.note or one.echo or 'not tried'})"
        for one in told.deliveries
    )
    return f"{event.id}  {event.merchant_id}  {event.type}  {rfc3339(event.occurred_at_us)}  {deliveries}"
