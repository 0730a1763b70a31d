"""Where rows are kept: in memory while somebody simulates, on disk where they have to survive the process.

A shelf is a dictionary of frozen rows by identifier, in the order in which they were first put there. A log is a
sequence of rows that only grows. What changes on shelves and logs counts once it is committed, all of it or nothing.
"""

from dataclasses import dataclass, field
from typing import Protocol, Self


class Log[V](Protocol):
    """Rows in the order in which they were written, numbered from 0."""

    def append(self, row: V) -> int:
        """Write the next row and return its number."""
        ...

    def amend(self, number: int, row: V) -> None:
        """Replace a row by what has become of it."""
        ...

    def read(self, *, after: int = -1, limit: int | None = None) -> list[tuple[int, V]]:
        """Return rows with their numbers, oldest first, beginning behind a number."""
        ...

    def __len__(self) -> int:
        """Tell how many rows there are."""
        ...


class Archive(Protocol):
    """Keeps shelves and logs by name; the same name gives what was kept under it."""

    def shelf[V](self, name: str, kind: type[V]) -> dict[str, V]:
        """Return the shelf of this name, which holds rows of this kind."""
        ...

    def log[V](self, name: str, kind: type[V]) -> Log[V]:
        """Return the log of this name, which holds rows of this kind."""
        ...

    def within(self, name: str) -> "Archive":
        """Return the part of this archive that has a name of its own; a commit is always of the whole."""
        ...

    def commit(self) -> None:
        """Make what has changed since the last commit durable."""
        ...

    def clear(self) -> None:
        """Throw everything away; shelves and logs that were handed out are not to be used any more."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryLog[V]:
    """A log that ends with the process."""

    rows: list[V] = field(default_factory=list)

    def append(self, row: V) -> int:
        """Write the next row and return its number."""
        self.rows.append(row)
        return len(self.rows) - 1

    def amend(self, number: int, row: V) -> None:
        """Replace a row by what has become of it."""
        self.rows[number] = row

    def read(self, *, after: int = -1, limit: int | None = None) -> list[tuple[int, V]]:
        """Return rows with their numbers, oldest first, beginning behind a number."""
        end = None if limit is None else after + 1 + limit
        return list(enumerate(self.rows[after + 1 : end], start=after + 1))

    def __len__(self) -> int:
        """Tell how many rows there are."""
        return len(self.rows)


class MemoryArchive:
    """Keeps nothing beyond the process: every shelf is a plain dictionary, and new."""

    def shelf[V](self, _name: str, _kind: type[V]) -> dict[str, V]:
        """Return an empty shelf."""
        return {}

    def log[V](self, _name: str, _kind: type[V]) -> Log[V]:
        """Return an empty log."""
        return MemoryLog()

    def within(self, _name: str) -> Self:
        """Return the same: nothing here has a name."""
        return self

    def commit(self) -> None:
        """Do nothing: there is nothing more durable than memory here."""

    def clear(self) -> None:
        """Do nothing: whoever begins anew asks for new shelves."""
