"""Merchants are told what happens: endpoints, outgoing events and deliveries, written by triggers."""

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"

_TABLES = (
    """
    CREATE TABLE endpoints (
        id VARCHAR NOT NULL,
        merchant_id VARCHAR NOT NULL,
        url VARCHAR,
        state VARCHAR NOT NULL,
        secret VARCHAR,
        old_secret VARCHAR,
        old_secret_until_us BIGINT,
        disabled_reason VARCHAR,
        created_at_us BIGINT NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT state_is_a_word CHECK (state IN ('enabled', 'disabled', 'deleted')),
        CONSTRAINT deleted_means_no_address CHECK ((url IS NULL) = (state = 'deleted')),
        CONSTRAINT deleted_means_no_secret CHECK ((secret IS NULL) = (state = 'deleted')),
        CONSTRAINT old_secrets_end CHECK ((old_secret IS NULL) = (old_secret_until_us IS NULL)),
        CONSTRAINT disabled_for_a_reason CHECK ((disabled_reason IS NOT NULL) = (state = 'disabled')),
        FOREIGN KEY(merchant_id) REFERENCES merchants (id)
    )
    """,
    "CREATE INDEX endpoints_of_merchant ON endpoints (merchant_id)",
    """
    CREATE TABLE outgoing_events (
        id VARCHAR NOT NULL,
        merchant_id VARCHAR NOT NULL,
        type VARCHAR NOT NULL,
        sequence INTEGER NOT NULL,
        payment_id VARCHAR NOT NULL,
        refund_id VARCHAR,
        snapshot JSONB NOT NULL,
        occurred_at_us BIGINT NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT type_is_a_word CHECK (type IN (
                'payment.created', 'payment.processing', 'payment.succeeded', 'payment.failed',
                'payment.refunded', 'refund.succeeded', 'refund.failed')),
        FOREIGN KEY(merchant_id) REFERENCES merchants (id),
        FOREIGN KEY(payment_id) REFERENCES payments (id),
        FOREIGN KEY(refund_id) REFERENCES refunds (id)
    )
    """,
    "CREATE INDEX ix_outgoing_events_payment_id ON outgoing_events (payment_id)",
    "CREATE INDEX outgoing_events_occurred ON outgoing_events (occurred_at_us, id)",
    "CREATE INDEX outgoing_events_of_merchant ON outgoing_events (merchant_id, occurred_at_us, id)",
    """
    CREATE TABLE deliveries (
        event_id VARCHAR NOT NULL,
        endpoint_id VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        tries INTEGER NOT NULL,
        due_at_us BIGINT,
        lease_until_us BIGINT,
        tried_at_us BIGINT,
        echo VARCHAR,
        status INTEGER,
        note VARCHAR,
        PRIMARY KEY (event_id, endpoint_id),
        CONSTRAINT state_is_a_word CHECK (state IN ('pending', 'delivered', 'dead')),
        CONSTRAINT echo_is_a_word CHECK (echo IN ('accepted', 'refused', 'gone', 'unanswered', 'barred', 'disabled')),
        CONSTRAINT pending_means_due CHECK ((due_at_us IS NOT NULL) = (state = 'pending')),
        CONSTRAINT only_pending_is_held CHECK (lease_until_us IS NULL OR state = 'pending'),
        FOREIGN KEY(event_id) REFERENCES outgoing_events (id) ON DELETE CASCADE,
        FOREIGN KEY(endpoint_id) REFERENCES endpoints (id)
    )
    """,
    "CREATE INDEX deliveries_dead ON deliveries (event_id) WHERE state = 'dead'",
    "CREATE INDEX deliveries_due ON deliveries (due_at_us, event_id, endpoint_id) WHERE due_at_us IS NOT NULL",
)

_OUTBOX = (
    """
CREATE OR REPLACE FUNCTION tell_of_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    the_sequence INTEGER := NEW.sequence;
    the_event VARCHAR := 'evt_' || NEW.payment_id || '_' || the_sequence;
BEGIN
    IF  NOT EXISTS (
        SELECT FROM payments JOIN endpoints ON endpoints.merchant_id = payments.merchant_id
        WHERE payments.id = NEW.payment_id AND endpoints.state = 'enabled'
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO outgoing_events
            (id, merchant_id, type, sequence, payment_id, refund_id, snapshot, occurred_at_us)
        SELECT the_event, payments.merchant_id,
            CASE NEW.to_state
                WHEN 'CREATED' THEN 'payment.created'
                WHEN 'PROCESSING' THEN 'payment.processing'
                WHEN 'SUCCESS' THEN 'payment.succeeded'
                WHEN 'FAILED' THEN 'payment.failed'
                WHEN 'REFUNDED' THEN 'payment.refunded'
            END,
            the_sequence, payments.id, NULL, to_jsonb(payments), NEW.at_us
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
""",
    """
CREATE OR REPLACE FUNCTION tell_of_refund() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    the_sequence INTEGER := CASE OLD.state WHEN 'PENDING' THEN 1 ELSE 2 END;
    the_event VARCHAR := 'evt_' || NEW.id || '_' || the_sequence;
BEGIN
    IF OLD.state = NEW.state OR NOT EXISTS (
        SELECT FROM payments JOIN endpoints ON endpoints.merchant_id = payments.merchant_id
        WHERE payments.id = NEW.payment_id AND endpoints.state = 'enabled'
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO outgoing_events
            (id, merchant_id, type, sequence, payment_id, refund_id, snapshot, occurred_at_us)
        SELECT the_event, payments.merchant_id,
            CASE NEW.state
                WHEN 'SUCCEEDED' THEN 'refund.succeeded'
                WHEN 'FAILED' THEN 'refund.failed'
            END,
            the_sequence, payments.id, NEW.id, to_jsonb(NEW) || jsonb_build_object('currency', payments.currency),
            coalesce(NEW.settled_at_us, NEW.created_at_us)
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
""",
    "CREATE TRIGGER tell_of_payment AFTER INSERT ON transitions FOR EACH ROW EXECUTE FUNCTION tell_of_payment()",
    "CREATE TRIGGER tell_of_refund AFTER UPDATE OF state ON refunds FOR EACH ROW EXECUTE FUNCTION tell_of_refund()",
)


def upgrade() -> None:
    """Let merchants listen."""
    for statement in _TABLES + _OUTBOX:
        op.execute(statement)
