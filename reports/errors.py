"""What can go wrong while a run is judged, as one tree.

    ReportError
    ├── EvidenceError   the run folder is missing, incomplete, unreadable or contradicts itself
    └── Unwritable      there is no place for a page or a table where it was asked for

A broken invariant is not an error: it is a finding. The docstring of a class is its message where none is given.
"""


class ReportError(Exception):
    """The run could not be judged."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class EvidenceError(ReportError):
    """The evidence cannot be read.

    Its message is one line: where it is wrong, what is wrong, and how to mend it.
    """

    def __init__(self, *, where: object, what: str, mend: str) -> None:
        super().__init__(" ".join(f"{where}: {what}; {mend}".split()))


class Unwritable(ReportError):
    """Something cannot be written where it was asked for."""

    def __init__(self, error: OSError, *, where: object) -> None:
        super().__init__(
            f"{error.filename or where}: {(error.strerror or 'cannot be written').lower()}; name another place"
        )
