"""A log read from a point in time: found by halving, then read in parts, while others are served in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

ROWS_READ_MAX = 20_000  # a story is not worth more of everybody's time
_ROWS_AT_ONCE = 500


class Dated(Protocol):
    """A row that says when it was written."""

    @property
    def at_us(self) -> int:
        """Microseconds since the Unix epoch."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Logbook[R: Dated]:
    """Rows in the order of time; `read` takes how many to leave out and how many to return at most."""

    length: int
    read: Callable[[int, int], list[R]]

    def first_since(self, at_us: int) -> int:
        """Return how many rows are older."""
        low, high = 0, self.length
        while low < high:
            middle = (low + high) // 2
            if self.read(middle, 1)[0].at_us < at_us:
                low = middle + 1
            else:
                high = middle
        return low

    def is_readable_since(self, at_us: int) -> bool:
        """Tell whether everything since then will be read."""
        return self.length - self.first_since(at_us) <= ROWS_READ_MAX

    async def since(self, at_us: int) -> AsyncIterator[R]:
        """Yield the rows since then, as far as they are read at all."""
        start = self.first_since(at_us)
        for number in range(start, min(self.length, start + ROWS_READ_MAX), _ROWS_AT_ONCE):
            for row in self.read(number, _ROWS_AT_ONCE):
                yield row
            await asyncio.sleep(0)
