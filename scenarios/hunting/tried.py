"""What became of one candidate: a line of `tried.jsonl`."""

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.hunting.candidate import Candidate


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One run of a hunt."""

    number: int
    candidate: Candidate
    validity: str  # valid, unknown, invalid; escaped: it left the simulated world
    broken: Mapping[str, int]  # invariant: microseconds from the beginning of the run to its first breach
    note: str  # why it is neither valid nor invalid
    command: str  # has this run again
    rare: tuple[str, ...]  # what it has reached and few had before
    draws: Mapping[str, int]  # how often each stream was drawn from

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.number}-{self.candidate.scenario}"
