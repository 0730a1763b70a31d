"""The diaries of all processes of a load: a file each, in the folder of the logs, and one diary in the end."""

from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

from scenarios.customers.diary import DiaryRow
from scenarios.live.diary_file import DiaryReader

DIARY = "customers.jsonl"
"""The diary of a load that is one process."""

_PATTERN = "customers*.jsonl"


def diary_of_part(part: int) -> str:
    """Return the name of the diary that one of several processes keeps, counted from 1."""
    return f"customers-{part}.jsonl"


class Diaries:
    """Reads all diaries of a folder, also while they are being written and new ones are begun."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers: dict[Path, DiaryReader] = {}

    def read_on(self) -> Sequence[DiaryRow]:
        """Read what has been added, and return all rows; each diary counts its rows by itself."""
        for reader in self._found():
            reader.read_news()
        return [row for reader in self._readers.values() for row in reader.rows]

    def read_news(self) -> list[DiaryRow]:
        """Read what has been added, and return only the rows that are new or have an answer now."""
        return [row for reader in self._found() for row in reader.read_news()]

    def merged(self) -> list[DiaryRow]:
        """Return all rows that were read as one diary: in the order in which they were asked, and counted anew."""
        rows = [row for _, reader in sorted(self._readers.items()) for row in reader.rows]
        in_time = sorted(rows, key=itemgetter("asked_at_us"))
        return [{**row, "op": number} for number, row in enumerate(in_time)]

    def _found(self) -> list[DiaryReader]:
        for path in sorted(self._folder.glob(_PATTERN)):
            self._readers.setdefault(path, DiaryReader(path))
        return list(self._readers.values())
