"""A look at the books from outside of the simulation, while its clock stands still: nobody in the world notices."""

from sqlalchemy.engine import URL

from scenarios.virtual import pgwire
from scenarios.virtual.backend import Backend
from scenarios.virtual.loop import Address


class Observer:
    """Asks a database questions on a connection of its own, blocking; it takes no locks and no virtual time."""

    def __init__(self, address: Address, *, database: URL) -> None:
        assert database.username is not None, "a database URL names its user"
        assert database.database is not None, "a database URL names its database"
        self._backend = Backend(address, password=database.password)
        self._backend.start({"user": database.username, "database": database.database})

    def is_true(self, question: str) -> bool:
        """Return the answer to a question that is an SQL expression, as of what has been committed."""
        reply = self._backend.ask(pgwire.query(f"SELECT {question}"), pgwire.READY)
        return next(iter(pgwire.rows(reply)))[0] == "t"

    def close(self) -> None:
        """Close the connection."""
        self._backend.hang_up()
