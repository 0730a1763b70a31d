"""A day of lost webhooks: 24 virtual hours, 2,000 customers; how much faster than life, and what was in it."""

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.recording import Recording
from scenarios.virtual.stage import Stage

_RUNS = 3
_DAY = LIBRARY["lost-webhooks"].with_changes({"customers": "2000", "storm_s": "79200", "calm_s": "7200"})


def measure_virtual_day(server: DatabaseServer) -> list[Measurement]:
    """Return the ratio of virtual to wall time, with requests, round trips and faults beside it."""
    with Stage(server) as stage:
        recordings = [stage.perform(_DAY, seed=seed) for seed in range(1, _RUNS + 1)]
    return [
        _measurement("a day of lost-webhooks, virtual time : wall time", ": 1", [_ratio(one) for one in recordings]),
        _measurement("  payments", "", [len(one.service["payments"]) for one in recordings]),
        _measurement("  requests", "", [one.counts["requests"] for one in recordings]),
        _measurement("  database round trips", "", [one.counts["round_trips"] for one in recordings]),
        _measurement("  faults that bit", "", [len(one.faults) for one in recordings]),
        _measurement("  round trips", "per second", [one.counts["round_trips"] / one.wall_s for one in recordings]),
    ]


def _measurement(what: str, unit: str, values: list[float] | list[int]) -> Measurement:
    return Measurement(what=what, unit=unit, values=tuple(values))


def _ratio(recording: Recording) -> float:
    return (recording.ended_at_us - recording.started_at_us) / 1e6 / recording.wall_s
