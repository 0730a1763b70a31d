"""One seed, one named stream per consumer.

A stream is derived from the seed and its name alone, so that a new draw in one place moves nothing elsewhere, and the
order in which streams are first asked for does not matter.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from scenarios.decisions import Settled

type Decided = Mapping[str, Mapping[int, int]]  # by a stream's label, then by the number of its draw


class Tape(Protocol):
    """Stands between the streams and who draws from them; see `scenarios.choices`."""

    def stream(self, name: tuple[str, ...], source: random.Random) -> random.Random:
        """Return the stream of that name, which would be the source."""

    def on_break(self, tell: Callable[[Exception], None]) -> None:
        """Call `tell` when the tape does not fit what is drawn."""


class Streams:
    """The named random streams of one seed."""

    def __init__(self, seed: int, *, tape: Tape | None = None, decided: Decided = MappingProxyType({})) -> None:
        self.seed = seed
        self._tape = tape
        self._decided = decided
        self._streams: dict[tuple[str, ...], random.Random] = {}

    def stream(self, *name: str) -> random.Random:
        """Return the stream of that name; the same object each time, so that its draws continue."""
        if name not in self._streams:
            source = self._source(name)
            self._streams[name] = source if self._tape is None else self._tape.stream(name, source)
        return self._streams[name]

    def _source(self, name: tuple[str, ...]) -> random.Random:
        source = random.Random(self._derive(name))
        values = self._decided.get(label_of(name))
        return source if values is None else Settled(source, values)

    def _derive(self, name: tuple[str, ...]) -> int:
        # The parts are length-prefixed: ("a", "bc") and ("ab", "c") are different streams.
        text = "".join(f"{len(part)}:{part}" for part in name)
        digest = hashlib.blake2b(f"{self.seed}|{text}".encode(), digest_size=16)
        return int.from_bytes(digest.digest())


def label_of(name: tuple[str, ...]) -> str:
    """Return what a stream is called on a tape and in a file."""
    return "/".join(name)
