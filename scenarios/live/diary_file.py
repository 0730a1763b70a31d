"""The customers' diary as a file that survives its writer.

Each row is appended before its request leaves, and once more when the answer is known; the last line about a request
counts. If the load generator is killed, what was under way simply has no second line, and stays unknown.
"""

from collections.abc import Callable
from pathlib import Path

import orjson

from scenarios.customers.actions import Request, Seen
from scenarios.customers.diary import Author, Diary, DiaryRow


class WrittenDiary(Diary):
    """A diary of which every line is handed on at once, before anything else happens."""

    def __init__(self, *, now_us: Callable[[], int], append: Callable[[bytes], object]) -> None:
        super().__init__(now_us=now_us)
        self._append = append

    def ask(self, author: Author, request: Request, *, due_at_us: int | None = None) -> DiaryRow:
        """Write down a request before it leaves."""
        row = super().ask(author, request, due_at_us=due_at_us)
        self._append(_line(row))
        return row

    def answer(self, row: DiaryRow, seen: Seen) -> None:
        """Write down what was seen of it."""
        super().answer(row, seen)
        self._append(_line(row))


class DiaryFile(WrittenDiary):
    """A diary that is on the disk at any moment."""

    def __init__(self, path: Path, *, now_us: Callable[[], int]) -> None:
        # Unbuffered: a line is one write, which goes to the kernel at once and outlives us there.
        self._file = path.open("ab", buffering=0)
        super().__init__(now_us=now_us, append=self._file.write)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(row: DiaryRow) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


class DiaryReader:
    """Reads a diary file, also while it is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0
        self._rows: dict[int, DiaryRow] = {}

    @property
    def rows(self) -> list[DiaryRow]:
        """What was read so far, in the order in which it was asked."""
        return list(self._rows.values())

    def read_on(self) -> list[DiaryRow]:
        """Read what has been added, and return all rows; a line that is not complete yet waits."""
        self.read_news()
        return self.rows

    def read_news(self) -> list[DiaryRow]:
        """Read what has been added, and return only the rows that are new or have an answer now."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            complete, newline, _ = file.read().rpartition(b"\n")
        self._read_bytes += len(complete) + len(newline)
        news: dict[int, DiaryRow] = {}
        for line in complete.splitlines():
            row: DiaryRow = orjson.loads(line)
            news[row["op"]] = row
        self._rows |= news
        return list(news.values())
