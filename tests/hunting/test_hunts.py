"""A hunt whose runs are made up: in rounds, the same in any order and after any stop; and one on a real stage."""

import hashlib
import json
from dataclasses import replace

import pytest

from scenarios.campaign.orders import Outcome, Report
from scenarios.campaign.reach import Reach
from scenarios.campaign.results import Result
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.main import run_command
from scenarios.errors import BadInput
from scenarios.hunting import Hunt, HuntFolder, HuntPlan

NAMES = ("duplicate-clicks", "lost-webhooks")


class Pretended:
    """Performs nothing: what a run reaches, and whether it breaks something, follows from its plan."""

    jobs = 1

    def __init__(self, *, breaks=lambda lot: False, is_backwards=False):
        self.performed = 0
        self._breaks = breaks
        self._is_backwards = is_backwards

    def perform(self, chunks):
        chunks = list(chunks)
        for chunk in reversed(chunks) if self._is_backwards else chunks:
            self.performed += len(chunk.orders)
            yield Report(outcomes=[self._outcome(order) for order in chunk.orders], failure=None)

    def moved(self, hunt):
        pass

    def _outcome(self, order):
        lot = hashlib.sha256(f"{order.plan} {order.task.seed}".encode()).digest()
        broken = {"I1": 5} if self._breaks(lot) else {}
        result = Result(
            scenario=order.task.scenario,
            seed=order.task.seed,
            validity="invalid" if broken else "valid",
            broken=broken,
            note="",
            digest="",
            timeline="",
            command="paystorm run",
            counts={},
            wall_s=0,
        )
        features = frozenset(f"feature {byte % 100}" for byte in lot[:4])
        return Outcome(
            result=result, house="", files={} if broken else None, reach=Reach(features=features, draws={"arrivals": 3})
        )


def hunted(folder, *, runs, seed=1, backend=None, **options):
    plan = HuntPlan.make(NAMES, seed=seed, changes={"customers": "3"})
    backend = backend or Pretended()
    with HuntFolder.claim(folder, plan=plan) as claimed:
        hunt = Hunt(
            plan, folder=claimed, backend=backend, watcher=backend, is_over=lambda done: done >= runs, **options
        )
        hunt.run()
        tried = sorted(claimed.tried.read(), key=lambda one: one.number)
    return hunt, tried


def test_the_same_seed_hunts_the_same_in_whatever_order_runs_are_done(tmp_path):
    hunt, tried = hunted(tmp_path / "one", runs=64)
    _, others = hunted(tmp_path / "other", runs=64, backend=Pretended(is_backwards=True))
    _, elsewhere = hunted(tmp_path / "third", runs=64, seed=2)

    assert tried == others != elsewhere
    assert [one.number for one in tried] == list(range(1, 65))
    assert hunt.runs == 64
    assert {one.candidate.how for one in tried} >= {"fresh", "guest", "harder", "decided otherwise"}
    assert {one.candidate.scenario for one in tried} == set(NAMES)


def test_a_hunt_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    _, whole = hunted(tmp_path / "whole", runs=40)
    hunted(tmp_path / "parts", runs=21)
    rest = Pretended()
    hunt, parts = hunted(tmp_path / "parts", runs=40, backend=rest)

    assert parts == whole
    assert hunt.resumed + rest.performed == hunt.runs == 40


def test_it_stops_at_the_first_finding_or_goes_on_if_it_shall(tmp_path):
    def breaks(lot):
        return lot[9] < 12

    first, _ = hunted(tmp_path / "first", runs=200, backend=Pretended(breaks=breaks))
    every, tried = hunted(tmp_path / "every", runs=200, backend=Pretended(breaks=breaks), keeps_going=True)

    numbers = [one.number for one in tried if one.broken]
    assert first.runs == first.findings[0].number == numbers[0]
    assert [one.number for one in every.findings] == numbers
    assert len(numbers) > 3
    kept = [path.name for path in (tmp_path / "every" / "findings").iterdir()]
    assert sorted(kept) == sorted(one.name for one in every.findings[:10])
    assert (
        tmp_path / "every" / "findings" / every.findings[0].name / f"{every.findings[0].candidate.scenario}.toml"
    ).exists()


def test_what_was_found_in_a_round_that_somebody_ended_is_not_lost(tmp_path):
    backend = Pretended(breaks=lambda lot: True, is_backwards=True)
    backend.moved = lambda hunt: hunt.interrupt() if hunt.performed == 3 else None

    class Lazy(Pretended):
        def perform(self, chunks):
            for chunk in chunks:
                yield Report(outcomes=[self._outcome(order) for order in chunk.orders], failure=None)

    lazy = Lazy(breaks=lambda lot: True)
    lazy.moved = backend.moved
    hunt, tried = hunted(tmp_path, runs=100, backend=lazy)

    assert hunt.is_interrupted
    assert len(tried) == len(hunt.findings) == 4, "whoever has begun a chunk ends it"


def test_the_folder_of_another_hunt_is_refused(tmp_path):
    hunted(tmp_path, runs=2)

    with pytest.raises(BadInput, match=r"holds another hunt \(with other seed\)"):
        hunted(tmp_path, runs=2, seed=2)


def test_a_run_that_let_the_machine_down_is_done_again_later(tmp_path):
    class Faltering(Pretended):
        def _outcome(self, order):
            outcome = super()._outcome(order)
            falters = order.task.scenario.endswith("-3")
            return replace(outcome, result=replace(outcome.result, validity="failed")) if falters else outcome

    hunt, _ = hunted(tmp_path, runs=10, backend=Faltering())
    again, tried = hunted(tmp_path, runs=10)

    assert hunt.runs == 2, "what follows depends on it"
    assert again.runs == 10
    assert [one.number for one in tried][:10] == list(range(1, 11))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "where to hunt?"),
        (["lost-webhooks", "--runs", "3", "--minutes", "1"], "--minutes or --runs, not both"),
        (["lost-webhoks", "--runs", "3"], "lost-webhooks"),
        (["lost-webhooks", "--runs", "3", "--defect", "nothing"], "no defect"),
    ],
)
def test_what_cannot_be_hunted_is_refused_in_one_line(words, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert run_command(["hunt", *words]) == ExitCode.BAD_INPUT
    assert told in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.campaign
@pytest.mark.timeout(200)
def test_a_hunt_finds_a_planted_bug_with_any_number_of_processes_and_says_how_to_have_it_again(tmp_path, capsys):
    words = ["hunt", "duplicate-clicks", "--seed", "3", "--runs", "8", "--customers", "4", "--set", "storm_s=20"]
    words += ["--defect", "hundredths-everywhere"]
    summaries = []
    for jobs in ("1", "2"):
        assert run_command([*words, "--jobs", jobs, "--out", str(tmp_path / jobs)]) == ExitCode.BROKEN
        summaries.append(json.loads((tmp_path / jobs / "summary.json").read_text()))
    capsys.readouterr()
    one, other = summaries
    first, second = one["findings"][0], other["findings"][0]
    again = run_command(
        [
            "run",
            f"{first['folder']}/duplicate-clicks.toml",
            "--seed",
            str(first["seed"]),
            "--out",
            str(tmp_path / "again"),
        ]
    )

    assert {key: first[key] for key in ("run", "seed", "broken", "command")} == {
        key: second[key] for key in ("run", "seed", "broken", "command")
    }
    assert (one["runs"], one["features"]) == (other["runs"], other["features"])
    assert again == ExitCode.BROKEN
    manifests = [
        json.loads((path / "manifest.json").read_text())
        for path in (tmp_path / "again", tmp_path / "1" / "findings" / f"{first['run']}-duplicate-clicks")
    ]
    assert manifests[0]["timeline"] == manifests[1]["timeline"]
