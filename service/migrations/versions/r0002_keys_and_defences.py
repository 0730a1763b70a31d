"""API keys get a table of their own, old inbox rows can be found, and the database refuses what must never be.

Stop the processes of the first release before: they look for a merchant's key where it no longer is.
"""

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

_KEYS = (
    """
    CREATE TABLE api_keys (
        id VARCHAR NOT NULL,
        merchant_id VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        key_sha256 VARCHAR NOT NULL,
        created_at_us BIGINT NOT NULL,
        revoked_at_us BIGINT,
        PRIMARY KEY (id),
        FOREIGN KEY(merchant_id) REFERENCES merchants (id),
        UNIQUE (key_sha256)
    )
    """,
    "CREATE INDEX ix_api_keys_merchant_id ON api_keys (merchant_id)",
    """
    INSERT INTO api_keys (id, merchant_id, name, key_sha256, created_at_us)
    SELECT 'key_' || left(key_sha256, 24), id, 'first key', key_sha256, (extract(epoch FROM now()) * 1000000)::BIGINT
    FROM merchants
    """,
    "ALTER TABLE merchants DROP COLUMN key_sha256",
)

_INBOX = ("CREATE INDEX inbox_received ON inbox USING brin (received_at_us)",)

_FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'row % of % breaks %', NEW.id, TG_TABLE_NAME, TG_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$
    """,
    """
CREATE OR REPLACE FUNCTION moves_along_the_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) <> ALL (TG_ARGV) THEN
        RAISE EXCEPTION '% of % may not become % from %', NEW.id, TG_TABLE_NAME, NEW.state, OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
    """,
    """
CREATE OR REPLACE FUNCTION refund_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    captured BIGINT;
    promised BIGINT;
BEGIN
    SELECT captured_minor INTO captured FROM payments WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    SELECT sum(amount_minor) INTO promised FROM refunds WHERE payment_id = NEW.payment_id AND state <> 'FAILED';
    IF promised > captured THEN
        RAISE EXCEPTION 'refunds of % come to %, more than the % that were captured', NEW.payment_id, promised, captured
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
    """,
    """
CREATE OR REPLACE FUNCTION sums_agree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_payment VARCHAR;
    booked RECORD;
BEGIN
    IF TG_TABLE_NAME = 'payments' THEN
        the_payment := NEW.id;
    ELSE
        the_payment := NEW.payment_id;
    END IF;
    SELECT captured_minor, refunded_minor,
        CASE WHEN EXISTS (
            SELECT FROM attempts WHERE payment_id = the_payment AND kind = 'capture' AND state = 'SUCCEEDED'
        ) THEN amount_minor ELSE 0 END AS captured,
        CASE WHEN captured_minor = 0 THEN 0 ELSE (
            SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE payment_id = the_payment AND state = 'SUCCEEDED'
        ) END AS refunded
        INTO booked FROM payments WHERE id = the_payment;
    IF booked.captured_minor <> booked.captured OR booked.refunded_minor <> booked.refunded THEN
        RAISE EXCEPTION '% says % captured and % refunded, its rows say % and %', the_payment,
            booked.captured_minor, booked.refunded_minor, booked.captured, booked.refunded
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
    """,
)

_TRIGGERS = (
    """
    CREATE TRIGGER begins_as_created BEFORE INSERT ON payments FOR EACH ROW WHEN (NEW.state <> 'CREATED')
        EXECUTE FUNCTION refuse()
    """,
    """
    CREATE TRIGGER moves_along_the_lifecycle BEFORE UPDATE OF state ON payments FOR EACH ROW EXECUTE FUNCTION
        moves_along_the_lifecycle('CREATED>PROCESSING', 'PROCESSING>SUCCESS', 'PROCESSING>FAILED',
        'SUCCESS>REFUNDED')
    """,
    """
    CREATE TRIGGER keeps_its_terms BEFORE UPDATE OF id, merchant_id, amount_minor, currency, created_at_us ON
        payments FOR EACH ROW WHEN ((OLD.id, OLD.merchant_id, OLD.amount_minor, OLD.currency,
        OLD.created_at_us) IS DISTINCT FROM (NEW.id, NEW.merchant_id, NEW.amount_minor, NEW.currency,
        NEW.created_at_us)) EXECUTE FUNCTION refuse()
    """,
    """
    CREATE CONSTRAINT TRIGGER sums_agree AFTER UPDATE ON payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (OLD.captured_minor <> NEW.captured_minor OR OLD.refunded_minor <> NEW.refunded_minor) EXECUTE
        FUNCTION sums_agree()
    """,
    """
    CREATE TRIGGER moves_along_the_lifecycle BEFORE UPDATE OF state ON attempts FOR EACH ROW EXECUTE FUNCTION
        moves_along_the_lifecycle('UNSENT>SENT', 'UNSENT>SUCCEEDED', 'UNSENT>FAILED', 'SENT>SUCCEEDED',
        'SENT>FAILED')
    """,
    """
    CREATE TRIGGER keeps_its_terms BEFORE UPDATE OF id, payment_id, refund_id, kind, psp_key ON attempts FOR
        EACH ROW WHEN ((OLD.id, OLD.payment_id, OLD.refund_id, OLD.kind, OLD.psp_key) IS DISTINCT FROM
        (NEW.id, NEW.payment_id, NEW.refund_id, NEW.kind, NEW.psp_key)) EXECUTE FUNCTION refuse()
    """,
    """
    CREATE CONSTRAINT TRIGGER sums_agree AFTER INSERT OR UPDATE ON attempts DEFERRABLE INITIALLY DEFERRED FOR
        EACH ROW WHEN (NEW.kind = 'capture' AND NEW.state = 'SUCCEEDED') EXECUTE FUNCTION sums_agree()
    """,
    """
    CREATE TRIGGER moves_along_the_lifecycle BEFORE UPDATE OF state ON refunds FOR EACH ROW EXECUTE FUNCTION
        moves_along_the_lifecycle('PENDING>SUCCEEDED', 'PENDING>FAILED', 'SUCCEEDED>FAILED')
    """,
    """
    CREATE TRIGGER keeps_its_terms BEFORE UPDATE OF id, payment_id, amount_minor ON refunds FOR EACH ROW WHEN
        ((OLD.id, OLD.payment_id, OLD.amount_minor) IS DISTINCT FROM (NEW.id, NEW.payment_id,
        NEW.amount_minor)) EXECUTE FUNCTION refuse()
    """,
    """
    CREATE TRIGGER refund_fits AFTER INSERT ON refunds FOR EACH ROW EXECUTE FUNCTION refund_fits()
    """,
    """
    CREATE CONSTRAINT TRIGGER sums_agree AFTER INSERT OR UPDATE ON refunds DEFERRABLE INITIALLY DEFERRED FOR
        EACH ROW WHEN (NEW.state <> 'PENDING') EXECUTE FUNCTION sums_agree()
    """,
)


def upgrade() -> None:
    """Move the keys, index the inbox, defend the books."""
    for statement in _KEYS + _INBOX + _FUNCTIONS + _TRIGGERS:
        op.execute(statement)
