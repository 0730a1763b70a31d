"""Lists of payments by state and by order find theirs however many there are."""

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"

_INDEXES = (
    "CREATE INDEX payments_in_state ON payments (merchant_id, state, created_at_us, id)",
    "CREATE INDEX failed_payments_of_order ON payments (merchant_id, order_id) WHERE state = 'FAILED'",
)


def upgrade() -> None:
    """Add the indexes."""
    for statement in _INDEXES:
        op.execute(statement)
