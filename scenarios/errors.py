"""What can go wrong on the stage, as one tree.

    ScenarioError
    ├── BadInput                 the user asked for something that does not exist or cannot be read
    ├── OtherChoice              a run asked its tape for another decision than was recorded
    └── InfrastructureFailed     the machine, not the system under test, let us down
        └── PostgresUnavailable  no PostgreSQL could be found, started or reached

The docstring of a class is its message where none is given.
"""


class ScenarioError(Exception):
    """The scenario could not be run."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class BadInput(ScenarioError):
    """The request cannot be understood."""


class OtherChoice(ScenarioError):
    """The run asks for another decision than the tape recorded."""


class InfrastructureFailed(ScenarioError):
    """The machine could not carry the run."""


class PostgresUnavailable(InfrastructureFailed):
    """No PostgreSQL server could be started."""
