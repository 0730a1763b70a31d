"""One seed, one named stream per consumer.

A stream is derived from the seed and its name alone, so that a new draw in one place moves nothing elsewhere, and the
order in which streams are first asked for does not matter.
"""

import hashlib
import random
from collections.abc import Callable
from typing import Protocol


class Tape(Protocol):
    """Stands between the streams and who draws from them; see `scenarios.choices`."""

    def stream(self, name: tuple[str, ...], seed: int) -> random.Random:
        """Return the stream of that name, which would be `random.Random(seed)`."""

    def on_break(self, tell: Callable[[Exception], None]) -> None:
        """Call `tell` when the tape does not fit what is drawn."""


class Streams:
    """The named random streams of one seed."""

    def __init__(self, seed: int, *, tape: Tape | None = None) -> None:
        self.seed = seed
        self._tape = tape
        self._streams: dict[tuple[str, ...], random.Random] = {}

    def stream(self, *name: str) -> random.Random:
        """Return the stream of that name; the same object each time, so that its draws continue."""
        if name not in self._streams:
            seed = self._derive(name)
            self._streams[name] = random.Random(seed) if self._tape is None else self._tape.stream(name, seed)
        return self._streams[name]

    def _derive(self, name: tuple[str, ...]) -> int:
        # The parts are length-prefixed: ("a", "bc") and ("ab", "c") are different streams.
        text = "".join(f"{len(part)}:{part}" for part in name)
        digest = hashlib.blake2b(f"{self.seed}|{text}".encode(), digest_size=16)
        return int.from_bytes(digest.digest())
