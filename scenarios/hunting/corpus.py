"""The corpus: the runs that reached something new, and which of them is worth being varied next.

What few runs have reached weighs most, as in a fuzzer of programs: a run is chosen in proportion to how rare its
features are by now, and less often the more variants it already has. What many runs have reached says nothing any more
and is forgotten.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random

from scenarios.hunting.candidate import Candidate

_COMMON = 32
"""A feature that so many runs have is worth nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One run that reached something new."""

    number: int
    candidate: Candidate
    features: tuple[str, ...]  # those that were rare then
    draws: Mapping[str, int]  # how often each stream was drawn from


class Corpus:
    """What is known so far."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._seen: Counter[str] = Counter()  # runs by feature, up to what is common
        self._variants: Counter[int] = Counter()  # by the number of their parent

    @property
    def features(self) -> int:
        """How many different ones were reached."""
        return len(self._seen)

    def rare(self, features: Collection[str]) -> tuple[str, ...]:
        """Return those that few runs have reached, in an order of their own."""
        return tuple(sorted(one for one in features if self._seen[one] < _COMMON))

    def add(self, number: int, candidate: Candidate, *, rare: Collection[str], draws: Mapping[str, int]) -> int:
        """Note what a run has reached, and return how much of it is new.

        Args:
            number: The run's.
            candidate: What was performed.
            rare: `rare` of its features.
            draws: How often each stream was drawn from.
        """
        news = sum(one not in self._seen for one in rare)
        self._seen.update(rare)
        if candidate.parent is not None:
            self._variants[candidate.parent] += 1
        if news:
            self.entries.append(Entry(number=number, candidate=candidate, features=tuple(rare), draws=draws))
        return news

    def choose(self, random: Random) -> Entry:
        """Return a run to vary."""
        return random.choices(self.entries, [self._energy(entry) for entry in self.entries])[0]

    def _energy(self, entry: Entry) -> float:
        rarity = sum(1 / self._seen[one] for one in entry.features if self._seen[one] < _COMMON)
        return (rarity + 1 / _COMMON) / (1 + self._variants[entry.number])
