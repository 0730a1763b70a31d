"""Golden timelines: what these seeds have always done, kept beside this file for each version of PostgreSQL.

They differ between versions of PostgreSQL and of the libraries, not between versions of Python. A difference that
nobody intended is a bug, or a new source of chance. After an intended one, write them anew:

    python tests/virtual/test_golden_timelines.py
"""

import json
from pathlib import Path

import pytest

from scenarios.database import DatabaseServer, database_server
from scenarios.library import LIBRARY
from scenarios.swarm import draw_swarm
from scenarios.virtual.stage import Stage

GOLDEN = Path(__file__).with_name("golden_timelines.json")
RUNS = (
    ("duplicate-clicks", 1),
    ("lost-webhooks", 2),
    ("dying-machines", 3),
    ("failing-database", 4),
    ("broken-network", 5),
    ("racing-refunds", 6),
)
_SMALL = {"customers": "6", "storm_s": "60", "calm_s": "3600", "final_within_s": "1800"}
_ADVICE = """
These seeds no longer do what they did. If you meant to change what happens in a run, or have changed a library, write
them anew with `python tests/virtual/test_golden_timelines.py`, and say in CHANGELOG.md that runs of old seeds differ.
If not, something has begun to depend on chance or order: `scenarios.repetition.first_difference` names the event.
"""


def observed(server: DatabaseServer) -> dict[str, dict[str, str]]:
    """What these seeds do."""
    with Stage(server) as stage:
        return {f"{name} seed {seed}": _observed(stage, name, seed) for name, seed in RUNS}


def _observed(stage: Stage, name: str, seed: int) -> dict[str, str]:
    scenario = LIBRARY[name].with_changes(_SMALL)
    recording = stage.perform(scenario.with_changes(draw_swarm(scenario, seed).changes), seed=seed)
    return {"timeline": recording.timeline, "evidence": recording.record().digest}


def _version(server: DatabaseServer) -> str:
    return f"PostgreSQL {server.version.partition('.')[0]}"


def test_these_seeds_do_what_they_have_always_done(postgres):
    with database_server(postgres.url()) as server:
        golden = json.loads(GOLDEN.read_text()).get(_version(server))
        if golden is None:
            pytest.skip(f"nobody has written golden timelines for {_version(server)}")

        assert observed(server) == golden, _ADVICE


def main() -> None:
    """Write the golden timelines of this version; those of other versions stay."""
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    with database_server(None) as server:
        golden[_version(server)] = observed(server)
    GOLDEN.write_text(json.dumps(golden, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
