"""What can go wrong while a run is judged, as one tree.

    ReportError
    ├── EvidenceError   the run folder is missing, incomplete, unreadable or contradicts itself
    ├── ExportFailed    the files of a report cannot be written where they were wanted
    ├── BadThreshold    a threshold cannot be understood
    └── BadFailOn       what a build shall fail on cannot be understood

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


class ExportFailed(ReportError):
    """The files of the report cannot be written."""

    def __init__(self, *, where: object, what: str, mend: str) -> None:
        super().__init__(f"{where}: {what}; {mend}")


class BadThreshold(ReportError):
    """A threshold cannot be understood; its message is one line."""

    def __init__(self, *, text: str, column: int, what: str) -> None:
        super().__init__(f"threshold {text!r}, column {column}: {what}")


class BadFailOn(ReportError):
    """What a build shall fail on cannot be understood; its message is one line."""
