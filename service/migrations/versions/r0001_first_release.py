"""The first release: payments, their moves, refunds and attempts; the inbox, the keys and the discrepancies."""

from alembic import op

revision: str = "0001"
down_revision: str | None = None

_TABLES = (
    """
    CREATE TABLE merchants (
        id VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        key_sha256 VARCHAR NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (key_sha256)
    )
    """,
    """
    CREATE TABLE payments (
        id VARCHAR NOT NULL,
        merchant_id VARCHAR NOT NULL,
        order_id VARCHAR,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR(3) NOT NULL,
        payment_method VARCHAR NOT NULL,
        description VARCHAR,
        metadata JSONB NOT NULL,
        state VARCHAR NOT NULL,
        failure_reason VARCHAR,
        captured_minor BIGINT NOT NULL,
        refunded_minor BIGINT NOT NULL,
        created_at_us BIGINT NOT NULL,
        updated_at_us BIGINT NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT state_is_a_word CHECK (state IN ('CREATED', 'PROCESSING', 'SUCCESS', 'FAILED', 'REFUNDED')),
        CONSTRAINT amount_is_positive CHECK (amount_minor > 0),
        CONSTRAINT refunds_within_capture CHECK (0 <= refunded_minor AND refunded_minor <= captured_minor),
        CONSTRAINT capture_within_amount CHECK (captured_minor <= amount_minor),
        CONSTRAINT success_has_money CHECK ((captured_minor > 0) = (state IN ('SUCCESS', 'REFUNDED'))),
        CONSTRAINT failure_has_a_reason CHECK ((failure_reason IS NOT NULL) = (state = 'FAILED')),
        FOREIGN KEY(merchant_id) REFERENCES merchants (id)
    )
    """,
    """
    CREATE TABLE transitions (
        payment_id VARCHAR NOT NULL,
        sequence INTEGER NOT NULL,
        from_state VARCHAR,
        to_state VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        source VARCHAR NOT NULL,
        at_us BIGINT NOT NULL,
        PRIMARY KEY (payment_id, sequence),
        CONSTRAINT source_is_a_word CHECK (source IN ('api', 'dispatch', 'webhook', 'worker')),
        CONSTRAINT lawful CHECK ((from_state IS NULL AND to_state = 'CREATED') OR COALESCE((from_state, to_state) IN (
            ('CREATED', 'PROCESSING'), ('PROCESSING', 'SUCCESS'), ('PROCESSING', 'FAILED'), ('SUCCESS', 'REFUNDED')
        ), FALSE)),
        FOREIGN KEY(payment_id) REFERENCES payments (id)
    )
    """,
    """
    CREATE TABLE refunds (
        id VARCHAR NOT NULL,
        payment_id VARCHAR NOT NULL,
        amount_minor BIGINT NOT NULL,
        reason VARCHAR,
        state VARCHAR NOT NULL,
        psp_refund_id VARCHAR,
        created_at_us BIGINT NOT NULL,
        settled_at_us BIGINT,
        PRIMARY KEY (id),
        CONSTRAINT state_is_a_word CHECK (state IN ('PENDING', 'SUCCEEDED', 'FAILED')),
        CONSTRAINT amount_is_positive CHECK (amount_minor > 0),
        FOREIGN KEY(payment_id) REFERENCES payments (id)
    )
    """,
    """
    CREATE TABLE attempts (
        id VARCHAR NOT NULL,
        payment_id VARCHAR NOT NULL,
        refund_id VARCHAR,
        kind VARCHAR NOT NULL,
        psp_key VARCHAR NOT NULL,
        psp_id VARCHAR,
        state VARCHAR NOT NULL,
        tries INTEGER NOT NULL,
        created_at_us BIGINT NOT NULL,
        first_sent_at_us BIGINT,
        settled_at_us BIGINT,
        due_at_us BIGINT,
        lease_until_us BIGINT,
        PRIMARY KEY (id),
        CONSTRAINT kind_is_a_word CHECK (kind IN ('capture', 'refund')),
        CONSTRAINT state_is_a_word CHECK (state IN ('UNSENT', 'SENT', 'SUCCEEDED', 'FAILED')),
        CONSTRAINT refund_attempts_have_a_refund CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
        CONSTRAINT sent_means_claimed CHECK ((state = 'UNSENT') = (tries = 0) OR settled_at_us IS NOT NULL),
        CONSTRAINT settled_means_decided CHECK ((settled_at_us IS NOT NULL) = (state IN ('SUCCEEDED', 'FAILED'))),
        CONSTRAINT unsettled_means_due CHECK ((due_at_us IS NULL) = (settled_at_us IS NOT NULL)),
        CONSTRAINT one_attempt_per_psp_object UNIQUE (kind, psp_id),
        FOREIGN KEY(payment_id) REFERENCES payments (id),
        UNIQUE (refund_id),
        FOREIGN KEY(refund_id) REFERENCES refunds (id),
        UNIQUE (psp_key)
    )
    """,
    """
    CREATE TABLE inbox (
        event_id VARCHAR NOT NULL,
        type VARCHAR NOT NULL,
        psp_object_id VARCHAR,
        payload VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        received_at_us BIGINT NOT NULL,
        applied_at_us BIGINT,
        due_at_us BIGINT,
        tries INTEGER NOT NULL,
        lease_until_us BIGINT,
        PRIMARY KEY (event_id),
        CONSTRAINT state_is_a_word CHECK (state IN ('applied', 'parked', 'ignored', 'rejected')),
        CONSTRAINT parked_means_due CHECK ((due_at_us IS NOT NULL) = (state = 'parked'))
    )
    """,
    """
    CREATE TABLE idempotency_keys (
        merchant_id VARCHAR NOT NULL,
        route VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        status INTEGER,
        body VARCHAR,
        created_at_us BIGINT NOT NULL,
        expires_at_us BIGINT NOT NULL,
        PRIMARY KEY (merchant_id, route, key),
        FOREIGN KEY(merchant_id) REFERENCES merchants (id)
    )
    """,
    """
    CREATE TABLE discrepancies (
        id VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        payment_id VARCHAR,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR(3) NOT NULL,
        state VARCHAR NOT NULL,
        evidence JSONB NOT NULL,
        found_at_us BIGINT NOT NULL,
        closed_at_us BIGINT,
        PRIMARY KEY (id),
        CONSTRAINT kind_is_a_word CHECK (kind IN (
            'unresolved-attempt', 'amount-mismatch', 'late-capture', 'double-capture', 'double-refund',
            'refund-failed-late', 'orphan-event'
        )),
        CONSTRAINT state_is_a_word CHECK (state IN ('open', 'repaired', 'needs_person')),
        FOREIGN KEY(payment_id) REFERENCES payments (id)
    )
    """,
)

_INDEXES = (
    "CREATE UNIQUE INDEX one_live_payment_per_order ON payments (merchant_id, order_id) WHERE state <> 'FAILED'",
    "CREATE INDEX payments_of_merchant ON payments (merchant_id, created_at_us, id)",
    "CREATE INDEX ix_refunds_payment_id ON refunds (payment_id)",
    "CREATE INDEX attempts_due ON attempts (due_at_us, id) WHERE settled_at_us IS NULL",
    "CREATE INDEX ix_attempts_payment_id ON attempts (payment_id)",
    "CREATE UNIQUE INDEX one_capture_per_payment ON attempts (payment_id) WHERE kind = 'capture'",
    "CREATE INDEX inbox_due ON inbox (due_at_us, event_id) WHERE state = 'parked'",
    "CREATE INDEX ix_idempotency_keys_expires_at_us ON idempotency_keys (expires_at_us)",
    "CREATE UNIQUE INDEX one_discrepancy_per_subject ON discrepancies (kind, (evidence ->> 'subject'))",
)


def upgrade() -> None:
    """Create every table."""
    for statement in _TABLES + _INDEXES:
        op.execute(statement)
