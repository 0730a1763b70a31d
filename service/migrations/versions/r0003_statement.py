"""The PSP's statement is kept and matched, and discrepancies can be repaired."""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"

_STATEMENT = (
    """
    CREATE TABLE statement_lines (
        id VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        psp_id VARCHAR,
        capture_psp_id VARCHAR,
        attempt_id VARCHAR,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR(3) NOT NULL,
        fee_minor BIGINT NOT NULL,
        reported_s BIGINT NOT NULL,
        read_at_us BIGINT NOT NULL,
        due_at_us BIGINT,
        PRIMARY KEY (id),
        CONSTRAINT kind_is_a_word CHECK (kind IN ('capture', 'capture_reversal', 'refund', 'refund_reversal', 'other'))
    )
    """,
    "CREATE INDEX ix_statement_lines_psp_id ON statement_lines (psp_id)",
    "CREATE INDEX statement_lines_due ON statement_lines (due_at_us, id) WHERE due_at_us IS NOT NULL",
    """
    CREATE TABLE statement_progress (
        id VARCHAR NOT NULL,
        covered_until_us BIGINT NOT NULL,
        compared_until_us BIGINT NOT NULL,
        due_at_us BIGINT NOT NULL,
        lease_until_us BIGINT,
        tries INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT there_is_one CHECK (id = 'statement')
    )
    """,
    "CREATE INDEX refunds_failed ON refunds (settled_at_us) WHERE state = 'FAILED'",
    "CREATE INDEX attempts_settled ON attempts (settled_at_us, id) WHERE settled_at_us IS NOT NULL",
)

# What was open until now waited for somebody; from now on that means that its repair is tried.
_REPAIRS = (
    """
    ALTER TABLE discrepancies
        ADD COLUMN due_at_us BIGINT,
        ADD COLUMN tries INTEGER NOT NULL DEFAULT 0,
        ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0,
        ADD COLUMN lease_until_us BIGINT,
        DROP CONSTRAINT kind_is_a_word
    """,
    """
    UPDATE discrepancies SET state = 'needs_person' WHERE state = 'open'
        AND kind NOT IN ('late-capture', 'double-capture', 'refund-failed-late', 'amount-mismatch')
    """,
    "UPDATE discrepancies SET due_at_us = found_at_us WHERE state = 'open'",
    """
    ALTER TABLE discrepancies
        ADD CONSTRAINT kind_is_a_word CHECK (kind IN ('unresolved-attempt', 'amount-mismatch',
            'late-capture', 'double-capture', 'double-refund', 'refund-failed-late', 'orphan-event',
            'orphan-money', 'line-missing', 'line-doubled', 'line-wrong', 'line-changed', 'fee-mismatch',
            'capture-reversed', 'late-refund', 'phantom-money')),
        ADD CONSTRAINT open_means_due CHECK ((due_at_us IS NOT NULL) = (state = 'open'))
    """,
    "CREATE INDEX discrepancies_found ON discrepancies (found_at_us, id)",
    "CREATE INDEX discrepancies_due ON discrepancies (due_at_us, id) WHERE due_at_us IS NOT NULL",
)


def upgrade() -> None:
    """Keep the statement, and let discrepancies be repaired."""
    for statement in _STATEMENT + _REPAIRS:
        op.execute(statement)
