"""The order of everything that happened, folded into one digest.

Two runs of one seed must have equal digests. When they differ, run both with `keep=True`: the first line in which they
differ names the instant and the party at which determinism was lost.
"""

import hashlib

import simpy


class Timeline:
    """An append-only account of a run."""

    def __init__(self, *, env: simpy.Environment, keep: bool = False) -> None:
        self._env = env
        self._hash = hashlib.sha256()
        self._kept: list[str] | None = [] if keep else None

    def note(self, kind: str, who: str, what: str) -> None:
        """Add what happened, now. It may hold nothing that differs between runs: no process id, no address."""
        line = f"{self._env.now} {kind} {who} {what}\n"
        self._hash.update(line.encode())
        if self._kept is not None:
            self._kept.append(line)

    @property
    def digest(self) -> str:
        """The digest of everything noted so far, in hexadecimal."""
        return self._hash.hexdigest()

    @property
    def lines(self) -> tuple[str, ...]:
        """What was noted, in order; empty unless the timeline keeps its lines."""
        return tuple(self._kept or ())
