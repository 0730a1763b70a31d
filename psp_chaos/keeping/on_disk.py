"""Where rows survive the process: one SQLite file (sqlite.org/fileformat2.html), written by one process at a time.

What changes on shelves is held back until the commit and then written at once, so whoever is killed in between leaves
the file as it was after the last commit. Logs are written as they grow, because they must not fill the memory.

The file is complete after SIGKILL. After a power cut it is whole as well, but may lack the last commits: waiting for
the disk at each of them would be a price without a customer in a fake provider.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, override

from pydantic import TypeAdapter, ValidationError

from psp_chaos.errors import ArchiveUnusable
from psp_chaos.keeping.archive import Archive, Log

APPLICATION_ID = 0x50535031  # tells a file of ours from others
FORMAT = 1
_LOG_ROWS_PER_COMMIT = 100

_SCHEMA = """
CREATE TABLE rows (shelf TEXT, key TEXT, position INTEGER, value BLOB, PRIMARY KEY (shelf, key)) WITHOUT ROWID;
CREATE TABLE logs (log TEXT, number INTEGER, value BLOB, PRIMARY KEY (log, number)) WITHOUT ROWID;
"""
_PUT = """
INSERT INTO rows (shelf, key, position, value) VALUES (?, ?, ?, ?)
ON CONFLICT (shelf, key) DO UPDATE SET value = excluded.value
"""


class ArchiveOnDisk:
    """An archive in a file, which nobody else may use meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            ArchiveUnusable: It cannot be opened, another process uses it, or it is something else.
        """
        self._path = path
        self._connection = _open(path)
        self._positions = self._last_position()
        self._shelves: dict[str, _Shelf[Any]] = {}
        self._log_rows = 0
        self.age = 0  # how often everything was thrown away

    def shelf[V](self, name: str, kind: type[V]) -> dict[str, V]:
        """Return the shelf of this name, with what is kept there."""
        if name not in self._shelves:
            adapter = TypeAdapter(kind)
            self._shelves[name] = _Shelf(adapter, self._load(name, adapter))
        return self._shelves[name]

    def log[V](self, name: str, kind: type[V]) -> Log[V]:
        """Return the log of this name, with what is kept there."""
        return _DiskLog(name=name, archive=self, adapter=TypeAdapter(kind), length=self._length(name), age=self.age)

    def within(self, name: str) -> Archive:
        """Return the part of this archive that has a name of its own."""
        return _Part(archive=self, name=name)

    def commit(self) -> None:
        """Write what has changed since the last commit, all or nothing."""
        for name, shelf in self._shelves.items():
            if shelf.changed:
                self._write(name, shelf)
        if self._connection.in_transaction:
            self._connection.commit()
            self._log_rows = 0

    def clear(self) -> None:
        """Throw everything away."""
        self.age += 1
        self._shelves.clear()
        self._connection.execute("DELETE FROM rows")
        self._connection.execute("DELETE FROM logs")
        self._connection.commit()

    def close(self) -> None:
        """Commit, and let others have the file."""
        self.commit()
        self._connection.close()

    def execute(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Run a statement of a log; now and then what logs have written is committed."""
        rows = self._connection.execute(statement, values).fetchall()
        if self._connection.in_transaction:
            self._log_rows += 1
            if self._log_rows >= _LOG_ROWS_PER_COMMIT:
                self._connection.commit()
                self._log_rows = 0
        return rows

    def _load[V](self, name: str, adapter: TypeAdapter[V]) -> dict[str, V]:
        rows = self._connection.execute("SELECT key, value FROM rows WHERE shelf = ? ORDER BY position", (name,))
        try:
            return {key: adapter.validate_json(value) for key, value in rows}
        except ValidationError as error:
            raise ArchiveUnusable(
                f"{self._path}: the {name} in it cannot be read ({error.error_count()} problems); "
                "it was written by another version, so begin a new file"
            ) from None

    def _write(self, name: str, shelf: "_Shelf[Any]") -> None:
        gone = [(name, key) for key, was_deleted in shelf.changed.items() if was_deleted]
        if gone:
            self._connection.executemany("DELETE FROM rows WHERE shelf = ? AND key = ?", gone)
        puts = []
        for key in shelf.changed:
            if key in shelf:
                self._positions += 1
                puts.append((name, key, self._positions, shelf.adapter.dump_json(shelf[key])))
        self._connection.executemany(_PUT, puts)
        shelf.changed.clear()

    def _last_position(self) -> int:
        ((position,),) = self._connection.execute("SELECT coalesce(max(position), 0) FROM rows").fetchall()
        return int(position)

    def _length(self, name: str) -> int:
        rows = self._connection.execute("SELECT coalesce(max(number), -1) + 1 FROM logs WHERE log = ?", (name,))
        return int(rows.fetchall()[0][0])


class _Shelf[V](dict[str, V]):
    """A dictionary that remembers which of its rows have changed since the last commit."""

    def __init__(self, adapter: TypeAdapter[V], rows: Mapping[str, V]) -> None:
        super().__init__(rows)
        self.adapter = adapter
        self.changed: dict[str, bool] = {}  # in their order; True: it was deleted, and perhaps put there anew

    @override
    def __setitem__(self, key: str, value: V) -> None:
        self.changed.setdefault(key, False)
        super().__setitem__(key, value)

    @override
    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self.changed.pop(key, None)  # what is put there again comes last
        self.changed[key] = True

    @override
    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            value = self[key]
            del self[key]
            return value
        return super().pop(key, *default)

    @override
    def clear(self) -> None:
        for key in list(self):
            del self[key]

    @override
    def update(self, *rows: Any, **more: Any) -> None:
        for key, value in dict(*rows, **more).items():
            self[key] = value

    @override
    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    @override
    def popitem(self) -> tuple[str, V]:
        key, value = super().popitem()
        super().__setitem__(key, value)
        del self[key]
        return key, value

    @override
    def __ior__(self, rows: Any) -> Self:  # type: ignore[override]  # dict's is overloaded; this takes both
        self.update(rows)
        return self


@dataclass(kw_only=True, slots=True)
class _DiskLog[V]:
    """A log of which only the file holds the rows.

    After the archive was cleared, whoever still writes here speaks of what is gone: its numbers belong to others now.
    """

    name: str
    archive: ArchiveOnDisk
    adapter: TypeAdapter[V]
    length: int
    age: int  # of the archive, when this was handed out

    def append(self, row: V) -> int:
        """Write the next row and return its number."""
        number = self.length
        self.length += 1
        self._write("INSERT INTO logs VALUES (?, ?, ?)", (self.name, number, self.adapter.dump_json(row)))
        return number

    def amend(self, number: int, row: V) -> None:
        """Replace a row by what has become of it."""
        values = self.adapter.dump_json(row), self.name, number
        self._write("UPDATE logs SET value = ? WHERE log = ? AND number = ?", values)

    def read(self, *, after: int = -1, limit: int | None = None) -> list[tuple[int, V]]:
        """Return rows with their numbers, oldest first, beginning behind a number."""
        statement = "SELECT number, value FROM logs WHERE log = ? AND number > ? ORDER BY number LIMIT ?"
        rows = self.archive.execute(statement, (self.name, after, -1 if limit is None else limit))
        return [(number, self.adapter.validate_json(value)) for number, value in rows]

    def __len__(self) -> int:
        """Tell how many rows there are."""
        return self.length

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        if self.age == self.archive.age:
            self.archive.execute(statement, values)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """A part of an archive: its shelves and logs have longer names."""

    archive: ArchiveOnDisk
    name: str

    def shelf[V](self, name: str, kind: type[V]) -> dict[str, V]:
        """Return the shelf of this name in this part."""
        return self.archive.shelf(f"{self.name}/{name}", kind)

    def log[V](self, name: str, kind: type[V]) -> Log[V]:
        """Return the log of this name in this part."""
        return self.archive.log(f"{self.name}/{name}", kind)

    def within(self, name: str) -> Self:
        """Return a part of this part."""
        return type(self)(archive=self.archive, name=f"{self.name}/{name}")

    def commit(self) -> None:
        """Commit the whole archive."""
        self.archive.commit()

    def clear(self) -> None:
        """Throw the whole archive away."""
        self.archive.clear()


def _open(path: Path) -> sqlite3.Connection:
    with ExitStack() as failing:
        try:
            connection = sqlite3.connect(path, timeout=0)
            failing.callback(connection.close)
            _prepare(connection, path)
        except sqlite3.OperationalError as error:
            raise ArchiveUnusable(f"{path}: {_reason(error)}") from None
        except sqlite3.DatabaseError:
            raise ArchiveUnusable(f"{path}: this is not a state file; name one of ours, or a new one") from None
        failing.pop_all()
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    if tables == 0:
        connection.executescript(
            f"BEGIN; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; COMMIT"
        )
    ((application_id,),) = connection.execute("PRAGMA application_id").fetchall()
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    if (application_id, version) != (APPLICATION_ID, FORMAT):
        raise ArchiveUnusable(f"{path}: this is not a state file of this version; name another one, or a new one")


def _reason(error: sqlite3.OperationalError) -> str:
    if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another process uses it; stop that one, or name another file"
    return f"it cannot be opened ({error}); check that its folder is there and can be written"
