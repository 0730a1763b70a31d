"""A merchant's wish to cancel a payment is kept."""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"

_STATEMENTS = (
    "ALTER TABLE payments ADD COLUMN cancel_requested_at_us BIGINT",
    """
    CREATE TRIGGER keeps_the_wish BEFORE UPDATE OF cancel_requested_at_us ON payments FOR EACH ROW
    WHEN (
        OLD.cancel_requested_at_us IS NOT NULL
        AND OLD.cancel_requested_at_us IS DISTINCT FROM NEW.cancel_requested_at_us
    )
    EXECUTE FUNCTION refuse()
    """,
)


def upgrade() -> None:
    """Make room for the wish, and let nobody take it back."""
    for statement in _STATEMENTS:
        op.execute(statement)
