"""Between rows and what the engine knows of endpoints, outgoing events and their deliveries."""

from collections.abc import Mapping
from typing import Any, cast

from engine.outgoing import Delivery, DeliveryRecord, DeliveryState, EchoKind, Endpoint, EndpointState, EventType
from engine.outgoing import OutgoingEvent as Event
from engine.payment import Payment
from engine.refund import Refund
from service.store.rows import Row, payment_of, refund_of


def endpoint_of(row: Row, *, prefix: str = "") -> Endpoint:
    """Return the endpoint of a row whose columns may carry a prefix."""
    return Endpoint(
        id=row[f"{prefix}id"],
        merchant_id=row[f"{prefix}merchant_id"],
        url=row[f"{prefix}url"],
        state=EndpointState(row[f"{prefix}state"]),
        secret=row[f"{prefix}secret"],
        old_secret=row[f"{prefix}old_secret"],
        old_secret_until_us=row[f"{prefix}old_secret_until_us"],
        disabled_reason=row[f"{prefix}disabled_reason"],
        created_at_us=row[f"{prefix}created_at_us"],
    )


def endpoint_values(endpoint: Endpoint) -> dict[str, object]:
    """Return the columns of an endpoint."""
    return {
        "id": endpoint.id,
        "merchant_id": endpoint.merchant_id,
        "created_at_us": endpoint.created_at_us,
        **endpoint_changes(endpoint),
    }


def endpoint_changes(endpoint: Endpoint) -> dict[str, object]:
    """Return the columns of an endpoint that may change."""
    return {
        "url": endpoint.url,
        "state": endpoint.state,
        "secret": endpoint.secret,
        "old_secret": endpoint.old_secret,
        "old_secret_until_us": endpoint.old_secret_until_us,
        "disabled_reason": endpoint.disabled_reason,
    }


def event_of(row: Row, *, prefix: str = "") -> Event:
    """Return the outgoing event of a row whose columns may carry a prefix."""
    return Event(
        id=row[f"{prefix}id"],
        merchant_id=row[f"{prefix}merchant_id"],
        type=EventType(row[f"{prefix}type"]),
        sequence=row[f"{prefix}sequence"],
        subject=_subject(row[f"{prefix}snapshot"], is_refund=row[f"{prefix}refund_id"] is not None),
        occurred_at_us=row[f"{prefix}occurred_at_us"],
    )


def delivery_of(row: Row) -> Delivery:
    """Return the delivery of a row that has all of it."""
    return Delivery(
        event=event_of(row, prefix="event_"), endpoint=endpoint_of(row, prefix="endpoint_"), tries=row["tries"]
    )


def record_of(columns: Mapping[str, Any]) -> DeliveryRecord:
    """Return how a delivery stands."""
    return DeliveryRecord(
        endpoint_id=columns["endpoint_id"],
        state=DeliveryState(columns["state"]),
        tries=columns["tries"],
        tried_at_us=columns["tried_at_us"],
        due_at_us=columns["due_at_us"],
        echo=None if columns["echo"] is None else EchoKind(columns["echo"]),
        status=columns["status"],
        note=columns["note"],
    )


def _subject(snapshot: Mapping[str, Any], *, is_refund: bool) -> Payment | Refund:
    row = cast("Row", snapshot)  # a row by any other name
    return refund_of(row, currency=snapshot["currency"]) if is_refund else payment_of(row)
