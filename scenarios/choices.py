"""The choice tape: every seeded decision of a run, in the order in which they were taken.

A decision is a whole number below a bound, drawn from a named stream. A real number between 0 and 1 is one of 2**53
steps, which is what `random()` gives; bits and bytes are a number below a power of two. Whatever else `random.Random`
offers is made of these three.

A file holds one decision a line, `["network/customer/1->service", 79950001, 4711]`: stream, bound, value. Played back,
each stream is given its own decisions in their order; how the streams interleave follows from them. So a value may be
edited, as long as it stays below its bound: what depends on it changes, and what does not is decided as before. Whoever
then asks for what the tape does not hold is refused.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from scenarios.decisions import STEPS_OF_A_REAL
from scenarios.errors import BadInput, OtherChoice
from scenarios.randomness import label_of

TAPE = "choices.jsonl"
"""The file's name in a run folder."""


class Choice(NamedTuple):
    """One decision."""

    stream: str
    bound: int
    value: int  # 0 <= value < bound


class Recorder:
    """A tape that records; the streams draw as they would without it."""

    def __init__(self) -> None:
        self.choices: list[Choice] = []
        self._names: dict[str, tuple[str, ...]] = {}

    def stream(self, name: tuple[str, ...], source: Random) -> Random:
        """Return a stream whose draws are recorded."""
        label = label_of(name)
        assert self._names.setdefault(label, name) == name, f"two streams are called {label}"
        return _Recorded(label, source, self.choices)

    def on_break(self, _tell: Callable[[Exception], None]) -> None:
        """Nothing can break."""


class Player:
    """A tape that decides what was decided before, stream by stream."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        self._left: dict[str, deque[tuple[int, Choice]]] = {}
        for line, choice in enumerate(choices, start=1):
            self._left.setdefault(choice.stream, deque()).append((line, choice))
        self._tell: Callable[[Exception], None] = lambda _error: None

    def stream(self, name: tuple[str, ...], _source: Random) -> Random:
        """Return a stream that gives what was recorded."""
        return _Played(label_of(name), self)

    def on_break(self, tell: Callable[[Exception], None]) -> None:
        """Call `tell` as well as raising it: a program might swallow the error and go on."""
        self._tell = tell

    def next(self, stream: str, bound: int) -> int:
        """Return the next decision of a stream.

        Raises:
            OtherChoice: It was between other possibilities, or there is none left.
        """
        left = self._left.get(stream)
        if not left:
            raise self._broken(f"{stream} asks for a number below {bound}, and the tape holds no more of it")
        line, choice = left.popleft()
        if choice.bound != bound:
            raise self._broken(
                f"{stream} asks for a number below {bound}; line {line} of the tape has one below {choice.bound}"
            )
        return choice.value

    def _broken(self, what: str) -> OtherChoice:
        error = OtherChoice(what)
        self._tell(error)
        return error


def write_tape(choices: Iterable[Choice], path: Path) -> None:
    """Write a tape, one decision a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(choice, separators=(',', ':'))}\n" for choice in choices)


def read_tape(path: Path) -> list[Choice]:
    """Read a tape.

    Raises:
        BadInput: A line is no decision.
    """
    if not path.is_file():
        raise BadInput(f"{path}: not a file")
    with path.open(encoding="utf-8", errors="replace") as file:
        return [_parsed(text, where=f"{path} line {line}") for line, text in enumerate(file, start=1)]


def _parsed(text: str, *, where: str) -> Choice:
    try:
        stream, bound, value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise BadInput(f"{where}: expected [stream, bound, value]") from None
    if not isinstance(stream, str) or type(bound) is not int or type(value) is not int or not 0 <= value < bound:
        raise BadInput(f"{where}: {value!r} is not a whole number from 0 to below {bound!r}")
    return Choice(stream, bound, value)


class _Recorded(Random):
    """Draws from a source and writes down what came; whatever else `Random` offers is made of these three methods."""

    def __init__(self, label: str, source: Random, choices: list[Choice]) -> None:
        super().__init__(0)  # what it inherits is never asked
        self._label = label
        self._source = source
        self._choices = choices

    def random(self) -> float:
        value = self._source.random()
        self._note(STEPS_OF_A_REAL, int(value * STEPS_OF_A_REAL))
        return value

    def getrandbits(self, k: int) -> int:
        value = self._source.getrandbits(k)
        self._note(1 << k, value)
        return value

    def _randbelow(self, n: int) -> int:
        value = self._source.randrange(n)
        self._note(n, value)
        return value

    def _note(self, bound: int, value: int) -> None:
        self._choices.append(Choice(self._label, bound, value))


class _Played(Random):
    """Draws nothing: it gives what the tape says."""

    def __init__(self, label: str, player: Player) -> None:
        super().__init__(0)
        self._label = label
        self._player = player

    def random(self) -> float:
        return self._player.next(self._label, STEPS_OF_A_REAL) / STEPS_OF_A_REAL

    def getrandbits(self, k: int) -> int:
        return self._player.next(self._label, 1 << k)

    def _randbelow(self, n: int) -> int:
        return self._player.next(self._label, n)
