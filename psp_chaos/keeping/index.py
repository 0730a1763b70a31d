"""An index: the rows of a shelf by something other than their identifier.

It reads what was added since it was last asked, so nobody has to tell it, and a shelf that nobody asks about costs
nothing. It holds for shelves that only grow, and for what never changes about a row.
"""

from collections.abc import Callable, Iterator
from itertools import islice


class Index[R]:
    """The rows that have something in common, oldest first."""

    def __init__(self, rows: dict[str, R], common: Callable[[R], str | None]) -> None:
        """Take what rows have in common; None: this row is not looked for."""
        self._rows = rows
        self._common = common
        self._ids: dict[str, list[str]] = {}
        self._count = 0

    def of(self, name: str) -> dict[str, R]:
        """Return the rows of this name as they are now."""
        for row_id in self._fresh():
            common = self._common(self._rows[row_id])
            if common is not None:
                self._ids.setdefault(common, []).append(row_id)
        return {row_id: self._rows[row_id] for row_id in self._ids.get(name, ())}

    def _fresh(self) -> Iterator[str]:
        count = len(self._rows) - self._count
        self._count = len(self._rows)
        return reversed(list(islice(reversed(self._rows), count)))
