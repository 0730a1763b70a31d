"""Alembic runs this file to reach the database; the connection comes from whoever gives the command."""

from alembic import context


def run() -> None:
    """Run the revisions that are due, inside the caller's transaction."""
    context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()


run()
