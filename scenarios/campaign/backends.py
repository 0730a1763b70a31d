"""Who performs a sweep's runs: this machine's processors, or those of a cluster.

Both are joblib's, so that a sweep is the same on either. A backend is handed chunks of runs, asks for the next one only
when somebody is free for it, and yields what became of each, in whatever order they are done.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from scenarios.campaign.orders import Chunk, Report

AHEAD = "n_jobs + 1"
"""How many chunks are handed out at once: whoever is done finds the next one, and whoever stops waits for few."""


class WorkersDied(Exception):
    """A worker was killed; what it was about must be done again."""


class Backend(Protocol):
    """Somebody who performs runs."""

    jobs: int  # how many at once

    def perform(self, chunks: Iterable[Chunk]) -> Iterator[Report]:
        """Perform chunks and yield what became of them as they are done.

        Raises:
            WorkersDied: Some chunks are lost.
            InfrastructureFailed: The workers cannot work.
        """
        ...


def first_line(error: Exception) -> str:
    """Return what an error says, as far as it fits into one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
