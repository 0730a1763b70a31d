"""What became of each run of a sweep, a line each, in a file that survives any end of whoever writes it.

    {"scenario":"lost-webhooks","seed":7,"validity":"invalid","broken":{"I8":412000000},...}

A line is appended when a run has been judged. A line that was only half written when the power went is no line: its run
is done again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from pydantic import TypeAdapter, ValidationError

from reports.fail_on import THE_RUN, Shortfall, Wrong
from scenarios.errors import BadInput


class Task(NamedTuple):
    """One run that shall take place."""

    scenario: str
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What became of one run."""

    scenario: str
    seed: int
    validity: str  # valid, unknown, invalid; escaped: it left the simulated world; failed: the machine let it down
    broken: Mapping[str, int]  # invariant: microseconds from the beginning of the run to its first breach
    note: str  # why it is neither valid nor invalid
    digest: str  # of the evidence
    timeline: str  # digest of everything that happened, in its order
    command: str  # has this run again
    counts: Mapping[str, int]
    wall_s: float
    cpu_s: float = 0  # of the process that performed it; its database server's is not in it
    bites: Mapping[str, int] = field(default_factory=dict)  # of faults, by where and kind; older lines do not say
    unsettled: tuple[str, ...] = ()  # invariants of which nobody can tell, and the run if that is true of all of it

    @property
    def task(self) -> Task:
        """What was asked for."""
        return Task(self.scenario, self.seed)

    @property
    def is_judged(self) -> bool:
        """Whether the run came to its end and a verdict was found."""
        return self.validity in {"valid", "unknown", "invalid"}

    @property
    def is_failing(self) -> bool:
        """Whether somebody should look at it: what could not be shown to hold must not pass a build."""
        return self.validity in {"unknown", "invalid"}

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """All that is not as it should be, as far as a line tells it."""
        unsettled = self.unsettled or ((THE_RUN,) if self.validity == "unknown" else ())
        broken = (Shortfall(name=name, wrong=Wrong.BROKEN) for name in self.broken)
        return (*broken, *(Shortfall(name=name, wrong=Wrong.UNSETTLED, what=self.note) for name in unsettled))

    @property
    def first_breach_us(self) -> int | None:
        """How long the run took, in its own time, until the first invariant broke."""
        return min(self.broken.values(), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repetition:
    """The second performance of a run, in another process, held against the first."""

    scenario: str
    seed: int
    is_equal: bool
    first_difference: str  # empty if there is none
    digests: tuple[str, str]
    timelines: tuple[str, str]
    command: str

    @property
    def task(self) -> Task:
        """What was asked for."""
        return Task(self.scenario, self.seed)


class LineFile[Row]:
    """Rows of one kind, one line each; what is appended is there for whoever comes next."""

    def __init__(self, path: Path, kind: type[Row]) -> None:
        self._path = path
        self._kind: TypeAdapter[Row] = TypeAdapter(kind)
        self._file: IO[bytes] | None = None

    def read(self) -> Iterator[Row]:
        """Yield the rows.

        Raises:
            BadInput: A line that is not the last cannot be understood.
        """
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else [b""]
        for number, line in enumerate(lines[:-1], start=1):  # what follows the last line's end is nothing, or torn
            try:
                yield self._kind.validate_json(line)
            except ValidationError:
                where = f"{self._path} line {number}"
                raise BadInput(f"{where} cannot be understood; remove it, or name another --out") from None

    def append(self, row: Row) -> None:
        """Add a row."""
        if self._file is None:
            self._cut_torn_line()
            self._file = self._path.open("ab")
        self._file.write(self._kind.dump_json(row) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; appending opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut_torn_line(self) -> None:
        if not self._path.exists():
            return
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self._path.open("r+b") as file:
                file.truncate(whole)
