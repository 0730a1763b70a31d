"""The named statements about endpoints, outgoing events and deliveries; events themselves are written by the outbox."""

from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    Select,
    String,
    Table,
    all_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.outgoing import DeliveryState, EndpointState
from service.store.tables import deliveries, endpoints, outgoing_events

# --- endpoints -------------------------------------------------------------------------------------------------------

# Those who add endpoints to one merchant at once queue here, so that none of them counts too few.
QUEUE_FOR_ENDPOINTS = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("the_merchant"), 0)))
COUNT_ENDPOINTS = select(func.count().label("number")).where(
    endpoints.c.merchant_id == bindparam("the_merchant"), endpoints.c.state != EndpointState.DELETED.value
)
INSERT_ENDPOINT = insert(endpoints)
LOCK_ENDPOINT = (
    select(endpoints)
    .where(
        endpoints.c.id == bindparam("the_endpoint"),
        endpoints.c.merchant_id == bindparam("the_merchant"),
        endpoints.c.state != EndpointState.DELETED.value,
    )
    # Not FOR UPDATE: the outbox refers to this row, and no payment is to wait for its merchant's change of address.
    .with_for_update(key_share=True)
)
UPDATE_ENDPOINT = update(endpoints).where(endpoints.c.id == bindparam("the_endpoint"))  # sets what it is given

# --- deliveries ------------------------------------------------------------------------------------------------------

_IS_FREE = or_(deliveries.c.lease_until_us.is_(None), deliveries.c.lease_until_us <= bindparam("now_us"))
_IS_DUE = (deliveries.c.due_at_us <= bindparam("now_us"), _IS_FREE)  # only what is pending has a due time
_BY_DUE = (deliveries.c.due_at_us, deliveries.c.event_id, deliveries.c.endpoint_id)

DUE_DELIVERY: Select[tuple[str, str, int | None]] = (
    select(literal("delivery").label("kind"), deliveries.c.event_id, deliveries.c.due_at_us)
    .where(*_IS_DUE)
    .order_by(*_BY_DUE)
    .limit(1)
)
OLD_EVENT: Select[tuple[str, str, int]] = (
    select(literal("old-event").label("kind"), outgoing_events.c.id, outgoing_events.c.occurred_at_us)
    .where(outgoing_events.c.occurred_at_us < bindparam("told_before_us"))
    .order_by(outgoing_events.c.occurred_at_us, outgoing_events.c.id)
    .limit(1)
)


def _is(one: Table | CTE) -> ColumnElement[bool]:
    return (deliveries.c.event_id == one.c.event_id) & (deliveries.c.endpoint_id == one.c.endpoint_id)


def _named(table: Table, prefix: str) -> list[Label[object]]:
    return [column.label(f"{prefix}_{column.name}") for column in table.columns]


_free = (
    select(deliveries.c.event_id, deliveries.c.endpoint_id)
    .where(*_IS_DUE, deliveries.c.endpoint_id != all_(bindparam("apart_from", type_=ARRAY(String))))
    .order_by(*_BY_DUE)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("free")
)
_claimed = (
    update(deliveries)
    .where(_is(_free))
    .values(tries=deliveries.c.tries + 1, lease_until_us=bindparam("lease_until_us"), tried_at_us=bindparam("now_us"))
    .returning(deliveries.c.event_id, deliveries.c.endpoint_id, deliveries.c.tries)
    .cte("claimed")
)
CLAIM_DELIVERY = select(
    _claimed.c.tries, *_named(outgoing_events, "event"), *_named(endpoints, "endpoint")
).select_from(
    _claimed.join(outgoing_events, outgoing_events.c.id == _claimed.c.event_id).join(
        endpoints, endpoints.c.id == _claimed.c.endpoint_id
    )
)

# A yes is certain, whoever brings it; anything else is for the one who tried last. Sets what it is given.
RECORD_DELIVERY = update(deliveries).where(
    deliveries.c.event_id == bindparam("the_event"),
    deliveries.c.endpoint_id == bindparam("the_endpoint"),
    deliveries.c.due_at_us.is_not(None),
    or_(deliveries.c.tries == bindparam("the_try"), bindparam("is_certain")),
)
DISABLE_ENDPOINT = (
    update(endpoints)
    .where(
        endpoints.c.id == bindparam("the_endpoint"),
        endpoints.c.state == EndpointState.ENABLED.value,
        endpoints.c.url == bindparam("the_url"),  # else it was another address that is gone
    )
    .values(state="disabled", disabled_reason=bindparam("the_reason"))
)

_resent = upsert(deliveries).from_select(
    ["event_id", "endpoint_id", "state", "tries", "due_at_us"],
    select(outgoing_events.c.id, endpoints.c.id, literal("pending"), literal(0), bindparam("now_us"))
    .select_from(outgoing_events.join(endpoints, endpoints.c.merchant_id == outgoing_events.c.merchant_id))
    .where(
        outgoing_events.c.id == bindparam("the_event"),
        endpoints.c.state == EndpointState.ENABLED.value,
        or_(
            bindparam("the_endpoint", type_=String).is_(None),
            endpoints.c.id == bindparam("the_endpoint", type_=String),
        ),
    )
    .order_by(endpoints.c.id),
)
# What somebody is trying at this moment stays in their hands, and counts on.
RESEND = _resent.on_conflict_do_update(
    index_elements=["event_id", "endpoint_id"],
    set_={
        "state": DeliveryState.PENDING.value,
        "tries": case((deliveries.c.due_at_us.is_not(None), deliveries.c.tries), else_=0),
        "due_at_us": _resent.excluded.due_at_us,
    },
).returning(deliveries.c.endpoint_id)

# Whatever became of its deliveries: they ended long ago, and none of them can be older than its event.
_old = (
    select(outgoing_events.c.id)
    .where(outgoing_events.c.occurred_at_us < bindparam("before_us"))
    .order_by(outgoing_events.c.occurred_at_us, outgoing_events.c.id)
    .limit(bindparam("limit"))
)
FORGET_OUTGOING_EVENTS = delete(outgoing_events).where(outgoing_events.c.id.in_(_old))
