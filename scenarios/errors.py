"""What can go wrong on the stage, as one tree.

    ScenarioError
    ├── BadInput                 the user asked for something that does not exist or cannot be read
    │   └── BadPlan              a plan is not a scenario; knows which part of it is wrong
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


class BadPlan(BadInput):
    """The plan is not a scenario."""

    def __init__(self, message: str, *, path: tuple[str | int, ...], is_name: bool) -> None:
        """Say what is wrong.

        Args:
            message: In one line, with the part's address.
            path: Where in the plan: names of keys, and positions in lists counted from 0.
            is_name: It is the last name of the path that is wrong, and not what stands behind it.
        """
        super().__init__(message)
        self.path = path
        self.is_name = is_name


class OtherChoice(ScenarioError):
    """The run asks for another decision than the tape recorded."""


class InfrastructureFailed(ScenarioError):
    """The machine could not carry the run."""


class PostgresUnavailable(InfrastructureFailed):
    """No PostgreSQL server could be started."""
