"""On what a build fails: which of the things that are wrong with a run count, and which are only told.

    invalid      a broken invariant
    unknown      what could not be settled: an invariant, or the run as a whole
    thresholds   a threshold that was missed, or could not be measured
    I1           this invariant unless it was shown to hold: broken, unsettled or skipped for want of evidence
    never        nothing

Several are joined with commas, `I1,I7,thresholds`; the default is the first three. What does not count is told all the
same, so that nobody takes silence for health.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

from reports.checks import CHECKS
from reports.errors import BadFailOn


class Wrong(StrEnum):
    """In which way something is wrong with a run."""

    BROKEN = "broken"
    UNSETTLED = "unsettled"
    SKIPPED = "skipped"
    MISSED = "missed"
    UNMEASURED = "unmeasured"


THE_RUN = "run"
"""Stands for the run as a whole among the names of what is wrong."""

NEVER = "never"
_WORDS: Mapping[str, frozenset[Wrong]] = {
    "invalid": frozenset({Wrong.BROKEN}),
    "unknown": frozenset({Wrong.UNSETTLED}),
    "thresholds": frozenset({Wrong.MISSED, Wrong.UNMEASURED}),
}
_IDS = tuple(check.id for check in CHECKS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortfall:
    """One thing about a run that is not as it should be."""

    name: str  # the invariant, the threshold, or the run
    wrong: Wrong
    what: str = ""  # in a sentence

    def __str__(self) -> str:
        return f"{self.name} {self.wrong.value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FailOn:
    """What counts."""

    words: tuple[str, ...] = tuple(_WORDS)

    def __str__(self) -> str:
        return ",".join(self.words)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a text such as `I1,I7,thresholds` says.

        Raises:
            BadFailOn: One of its words means nothing, or `never` does not stand alone.
        """
        words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
        choices = (*_WORDS, *_IDS, NEVER)
        for word in words:
            if word not in choices:
                spelt = [choice for choice in choices if choice.lower() == word.lower()]
                close = spelt or get_close_matches(word, choices, n=1)
                meant = f" (did you mean {close[0]}?)" if close else ""
                raise BadFailOn(f"fail-on {text!r}: no {word!r}{meant}; choose from {', '.join(choices)}")
        if NEVER in words and len(words) > 1:
            raise BadFailOn(f"fail-on {text!r}: {NEVER} stands alone")
        return cls(words=words)

    def names(self, invariant: str) -> bool:
        """Tell whether this invariant is asked for by its name."""
        return invariant in self.words

    def counts(self, shortfall: Shortfall) -> bool:
        """Tell whether a build fails because of this."""
        if any(shortfall.wrong in _WORDS.get(word, ()) for word in self.words):
            return True
        if shortfall.name == THE_RUN:  # whoever asks for an invariant wants to see it tested
            return any(map(self.names, _IDS))
        return self.names(shortfall.name)


EVERYTHING = FailOn()
"""The default."""

NOTHING = FailOn(words=(NEVER,))
