"""The outbox: what happens to a payment or a refund is written down for its merchant in the commit that makes it so.

Triggers do it, because then nobody can move a payment and forget to tell: every statement that writes a transition or
closes a refund, today's, tomorrow's and one typed by hand, leaves an event, and a delivery for each endpoint. It costs
no round trip, and where a merchant has no endpoint one look into a small index.

The snapshot is the row as it stands when the statement ends, which is what is committed. The functions run with their
owner's rights, so the service's role can neither write an event nor change one, and a release that does not know these
tables goes on working beside them. A snapshot is read as a row is, so a revision that adds a column which `rows` cannot
do without adds it to the snapshots, too.
"""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import MetaData

from engine.outgoing import PAYMENT_EVENTS, REFUND_EVENTS, EventType
from service.store.defences import equip


def _type_of[State: StrEnum](state: str, events: Mapping[State, EventType]) -> str:
    """Return the SQL that names the event of a state."""
    words = "\n".join(f"                WHEN '{one}' THEN '{event}'" for one, event in events.items())
    return f"CASE {state}\n{words}\n            END"


def _function(name: str, *, sequence: str, subject: str, event: str, unless: str = "") -> str:
    """Return a trigger function: an event with the next sequence of the subject, and its deliveries.

    Whether anybody listens is asked first and alone: that is all that most payments pay for.
    """
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    the_sequence INTEGER := {sequence};
    the_event VARCHAR := 'evt_' || {subject} || '_' || the_sequence;
BEGIN
    IF {unless} NOT EXISTS (
        SELECT FROM payments JOIN endpoints ON endpoints.merchant_id = payments.merchant_id
        WHERE payments.id = NEW.payment_id AND endpoints.state = 'enabled'
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO outgoing_events
            (id, merchant_id, type, sequence, payment_id, refund_id, snapshot, occurred_at_us)
        SELECT the_event, payments.merchant_id,
            {event}
        FROM payments WHERE payments.id = NEW.payment_id
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO deliveries (event_id, endpoint_id, state, tries, due_at_us)
        SELECT outgoing_events.id, endpoints.id, 'pending', 0, outgoing_events.occurred_at_us
        FROM outgoing_events JOIN endpoints ON endpoints.merchant_id = outgoing_events.merchant_id
        WHERE outgoing_events.id = the_event AND endpoints.state = 'enabled';
    RETURN NULL;
END $$
"""  # noqa: S608 - the words are ours


_TELL_OF_PAYMENT = _function(
    "tell_of_payment",
    sequence="NEW.sequence",
    subject="NEW.payment_id",
    event=f"""{_type_of("NEW.to_state", PAYMENT_EVENTS)},
            the_sequence, payments.id, NULL, to_jsonb(payments), NEW.at_us""",
)

# A refund is told of once in each final state, and it may fail after it has succeeded, never the other way round.
_TELL_OF_REFUND = _function(
    "tell_of_refund",
    sequence="CASE OLD.state WHEN 'PENDING' THEN 1 ELSE 2 END",
    subject="NEW.id",
    event=f"""{_type_of("NEW.state", REFUND_EVENTS)},
            the_sequence, payments.id, NEW.id, to_jsonb(NEW) || jsonb_build_object('currency', payments.currency),
            coalesce(NEW.settled_at_us, NEW.created_at_us)""",
    unless="OLD.state = NEW.state OR",
)

FUNCTIONS = (_TELL_OF_PAYMENT, _TELL_OF_REFUND)

TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "transitions": (
        "CREATE TRIGGER tell_of_payment AFTER INSERT ON transitions FOR EACH ROW EXECUTE FUNCTION tell_of_payment()",
    ),
    "refunds": (
        "CREATE TRIGGER tell_of_refund AFTER UPDATE OF state ON refunds FOR EACH ROW EXECUTE FUNCTION tell_of_refund()",
    ),
}


def announce(metadata: MetaData) -> None:
    """Let the outbox be made together with the tables."""
    equip(metadata, functions=FUNCTIONS, triggers=TRIGGERS)
