"""Whole runs in virtual time: sound systems are acquitted, and every run repeats."""

import asyncio
import json
from pathlib import Path

import asyncpg

from reports import Verdict, judge, load_run
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.library import LIBRARY
from scenarios.progress import Progress
from scenarios.repetition import plan_of, repeat
from scenarios.spec import Scenario
from scenarios.virtual.stage import Stage


class Listening:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)


def small(name: str, **changes: str) -> Scenario:
    """The scenario with few customers and a worker that does not look every ten seconds, to save wall time."""
    return LIBRARY[name].with_changes({"customers": "25", "service.worker_period_s": "20", **changes})


def run(scenario: Scenario, *, seed: int, stage: Stage, folder: Path) -> Verdict:
    stage.perform(scenario, seed=seed, command="paystorm run").write(folder)
    return judge(load_run(folder))


def test_a_sound_service_is_acquitted_and_every_check_had_something_to_look_at(stage, tmp_path):
    verdict = run(small("duplicate-clicks"), seed=3, stage=stage, folder=tmp_path)

    evidence = load_run(tmp_path)
    assert verdict.validity == "valid", verdict.to_json()
    assert [check.id for check in verdict.checks if check.is_skipped] == ["I13"]  # nobody listens
    assert len(evidence.faults) > 15
    assert len(evidence.diary) > 60


def test_zombies_of_lost_webhooks_are_healed_by_the_worker(stage, tmp_path):
    run(small("lost-webhooks"), seed=5, stage=stage, folder=tmp_path)

    steps = load_run(tmp_path).service.transitions
    assert steps is not None
    assert [step for step in steps if step.from_state == "PROCESSING" and step.source == "worker"]


def test_killed_processes_come_back_and_nothing_that_was_acknowledged_is_lost(stage, tmp_path):
    verdict = run(small("dying-machines"), seed=2, stage=stage, folder=tmp_path)

    deaths = [bite for bite in load_run(tmp_path).faults if bite.where == "process"]
    assert {bite.target for bite in deaths} == {"service/1", "service/2", "worker/1", "worker/2"}
    assert len(deaths) > 40
    assert verdict.validity == "valid", verdict.to_json()


def test_nobody_dies_in_the_calm(stage, tmp_path):
    run(small("dying-machines", storm_s="300"), seed=2, stage=stage, folder=tmp_path)

    evidence = load_run(tmp_path)
    assert max(bite.at_us for bite in evidence.faults) <= evidence.manifest.storm_ended_at_us


def test_a_run_can_be_repeated_from_its_folder_to_the_last_byte(runs_server, stage, tmp_path):
    run(small("duplicate-clicks"), seed=11, stage=stage, folder=tmp_path / "first")

    repetition = repeat(plan_of(tmp_path / "first"), server=runs_server, listener=Listening(), out=tmp_path / "second")

    assert repetition.is_equal
    assert repetition.first_difference is None


def test_a_folder_that_was_tampered_with_is_told_apart_and_the_place_named(runs_server, stage, tmp_path):
    run(small("duplicate-clicks", customers="5"), seed=11, stage=stage, folder=tmp_path / "first")
    manifest = tmp_path / "first" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"digest": "0" * 64, "seed": 12}))

    repetition = repeat(plan_of(tmp_path / "first"), server=runs_server, listener=Listening(), out=tmp_path / "second")

    assert not repetition.is_equal
    assert "diary.jsonl line 1" in str(repetition.first_difference)


def test_who_listens_changes_nothing_and_hears_storm_and_calm(stage):
    listening = Listening()
    scenario = small("duplicate-clicks", customers="5")
    heard = stage.perform(scenario, seed=2, listener=listening)
    unheard = stage.perform(scenario, seed=2)

    assert heard.timeline == unheard.timeline
    assert {progress.phase for progress in listening.heard} == {"storm", "calm"}
    assert listening.heard[-1].customers_done == 5
    assert [progress.elapsed_s for progress in listening.heard] == sorted(p.elapsed_s for p in listening.heard)


def test_the_database_of_a_run_is_gone_after_it(runs_server, postgres, tmp_path):
    before = databases(postgres)
    with Stage(runs_server) as stage:
        run(small("duplicate-clicks", customers="2"), seed=1, stage=stage, folder=tmp_path)
        during = databases(postgres)

    assert len(during - before) == 1
    assert databases(postgres) == before


def databases(postgres: EmbeddedPostgres) -> set[str]:
    async def names() -> set[str]:
        connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="postgres")
        rows = await connection.fetch("SELECT datname FROM pg_database")
        await connection.close()
        return {row["datname"] for row in rows}

    return asyncio.run(names())
