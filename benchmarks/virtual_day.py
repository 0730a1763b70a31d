"""The lost-webhook scenario with 200 customers: how much faster than life, and how much of it is PostgreSQL."""

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.progress import Progress
from scenarios.recording import Recording
from scenarios.virtual.runner import run_virtually

_RUNS = 3
_MICROSECONDS = 1_000_000


class _Deaf:
    def progress(self, progress: Progress) -> None:
        pass


def measure_virtual_hour(server: DatabaseServer) -> list[Measurement]:
    """Return payments, round trips and virtual seconds per second of wall time."""
    recordings = [_run(server, seed=seed) for seed in range(1, _RUNS + 1)]
    return [
        Measurement(
            what="virtual time : wall time, lost-webhooks, 200 customers",
            unit=": 1",
            values=tuple(_virtual_s(recording) / recording.wall_s for recording in recordings),
        ),
        Measurement(
            what="simulated payments",
            unit="per second",
            values=tuple(len(recording.service["payments"]) / recording.wall_s for recording in recordings),
        ),
        Measurement(
            what="database round trips in virtual time",
            unit="per second",
            values=tuple(recording.counts["round_trips"] / recording.wall_s for recording in recordings),
        ),
    ]


def _run(server: DatabaseServer, *, seed: int) -> Recording:
    return run_virtually(LIBRARY["lost-webhooks"], seed=seed, server=server, command="", listener=_Deaf())


def _virtual_s(recording: Recording) -> float:
    return (recording.ended_at_us - recording.started_at_us) / _MICROSECONDS
