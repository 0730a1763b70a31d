"""Decisions that a scenario makes itself, where the seed would have made them otherwise.

A run's tape (`scenarios.choices`) has what each stream draws. A scenario may settle single ones of these draws: whoever
looks for a failure tries another decision in the middle of a run, and whoever has found one takes the simplest that
will do. All else is drawn as before.
"""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Annotated

from pydantic import Field

from scenarios.described import Described

STEPS_OF_A_REAL = 2**53
"""A real number between 0 and 1 is one of so many steps, which is what `random()` gives."""


class Decision(Described):
    """One draw of one stream, settled."""

    stream: Annotated[str, Field(min_length=1, max_length=200)]
    """Who draws, as the tape calls it, such as `customer/3`."""

    draw: Annotated[int, Field(ge=1, le=10**9)]
    """Which draw of that stream, counted from 1."""

    value: Annotated[int, Field(ge=0, lt=STEPS_OF_A_REAL)] = 0
    """What comes of it: a whole number below the draw's bound, whose remainder is taken; 0 is mostly the simplest."""


def by_stream(decisions: Iterable[Decision]) -> dict[str, dict[int, int]]:
    """Return what is settled: by stream, then by the number of the draw."""
    settled: dict[str, dict[int, int]] = {}
    for one in decisions:
        settled.setdefault(one.stream, {})[one.draw] = one.value
    return settled


class Settled(Random):
    """Draws from a source, but for some draws that are settled; all others are as they would be without."""

    def __init__(self, source: Random, values: Mapping[int, int]) -> None:
        """Stand before a source.

        Args:
            source: Draws the rest; whatever else `Random` offers is made of three of its methods.
            values: What comes of a draw, by its number, counted from 1.
        """
        super().__init__(0)  # what it inherits is never asked
        self._source = source
        self._values = values
        self._drawn = 0

    def random(self) -> float:
        """Draw a real number."""
        drawn = self._source.random()
        value = self._next()
        return drawn if value is None else value / STEPS_OF_A_REAL

    def getrandbits(self, k: int) -> int:
        """Draw so many bits."""
        drawn = self._source.getrandbits(k)
        value = self._next()
        return drawn if value is None else value % (1 << k)

    def _randbelow(self, n: int) -> int:
        drawn = self._source.randrange(n)
        value = self._next()
        return drawn if value is None else value % n

    def _next(self) -> int | None:
        self._drawn += 1
        return self._values.get(self._drawn)
