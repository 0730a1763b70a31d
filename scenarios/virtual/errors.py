"""What can go wrong inside the simulation.

    VirtualError
    ├── Escaped                    a call would have left the simulated world
    ├── Stalled                    nothing is left to happen, yet the run is not over
    ├── Unsupported                a use of PostgreSQL that cannot be repeated exactly
    ├── ServerSilent               the real PostgreSQL did not answer
    └── ConnectionFailed           no HTTP answer came back
        ├── ConnectionRefused      the request was never seen
        ├── Unreachable            the request was never seen
        ├── ConnectionLost         the request may have had its effect
        ├── ConnectionReset        the request was never seen, or may have had its effect
        └── AnswerTruncated        the request had its effect

The docstring of a class is its message where none is given. SimPy copies an exception from its `args` before it throws
it into a process, so each class takes its message and nothing else.
"""


class VirtualError(Exception):
    """Something went wrong in virtual time."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class Escaped(VirtualError):
    """A call would have left the simulated world."""


class Stalled(VirtualError):
    """Nothing is left to happen, and what the run waits for has not happened."""


class Unsupported(VirtualError):
    """PostgreSQL was used in a way that virtual time cannot repeat."""


class ServerSilent(VirtualError):
    """The real PostgreSQL server did not answer."""


class ConnectionFailed(VirtualError):
    """No HTTP answer came back."""


class ConnectionRefused(ConnectionFailed):
    """Nobody listens there: the request was not seen."""


class Unreachable(ConnectionFailed):
    """Nobody reacts to the attempt to connect: the request was not seen."""


class ConnectionLost(ConnectionFailed):
    """The server closed the connection before the answer: the request may have had its effect."""


class ConnectionReset(ConnectionFailed):
    """The connection was reset: the request may have had its effect, or never have arrived."""


class AnswerTruncated(ConnectionFailed):
    """The server closed the connection within the body of its answer."""
