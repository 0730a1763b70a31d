"""The kill matrix: what becomes of each defect, what is written down, and the canary of every sweep."""

import csv
import json
from dataclasses import replace

import pytest

from scenarios.campaign import canary
from scenarios.campaign.canary import CANARY, canary_order
from scenarios.campaign.matrix import Fate, Matrix, rows
from scenarios.campaign.matrix_plan import MatrixPlan
from scenarios.campaign.orders import Order
from scenarios.campaign.planting import scenario_in
from scenarios.campaign.results import Result, Task
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.sweep import _tries
from scenarios.cli.main import run_command
from scenarios.defects import DEFECTS

RESULT = Result(
    scenario="any",
    seed=1,
    validity="valid",
    broken={},
    note="",
    digest="d",
    timeline="t",
    command="paystorm run",
    counts={},
    wall_s=0.1,
)
SEEDS = Seeds(1, 3)
SOME = tuple(DEFECTS[name] for name in ("psp-key-per-try", "always-200", "late-failure-wins"))


def ended(name: str, seed: int, **broken: int) -> Result:
    validity = "invalid" if broken else "valid"
    return replace(RESULT, scenario=name, seed=seed, validity=validity, broken=broken, cpu_s=0.5)


def test_a_defect_is_found_survives_or_is_open_by_its_seeds():
    planted = [
        ended("psp-key-per-try", 2, I1=7_000_000, I4=3_000_000),
        ended("psp-key-per-try", 1),
        ended("psp-key-per-try", 3, I1=1),  # somebody tried it at the same time
        *(ended("always-200", seed) for seed in SEEDS.all()),
        ended("late-failure-wins", 1),
    ]

    found, survived, left = rows(SOME, seeds=SEEDS, planted=planted, sound=[ended("psp-key-per-try", 1)])

    assert (found.fate, survived.fate, left.fate) == (Fate.FOUND, Fate.SURVIVED, Fate.OPEN)
    assert (found.found and found.found.seed, len(found.planted), found.cpu_s) == (2, 2, 1.0)
    assert (len(found.sound), found.accused) == (1, [])


def test_a_defect_of_which_no_invariant_is_checked_awaits_one():
    unchecked = replace(SOME[0], breaks=frozenset({"I99"}))

    (row,) = rows([unchecked], seeds=SEEDS, planted=[])

    assert row.fate is Fate.AWAITS


def test_a_matrix_is_written_for_programs_and_for_tables(tmp_path):
    planted = [ended("psp-key-per-try", 1), ended("psp-key-per-try", 2, I1=7_000_000, I4=3_000_000)]
    table = rows(SOME, seeds=SEEDS, planted=planted, sound=[ended("psp-key-per-try", 1, I8=5)])

    Matrix(rows=table, cpu_s=12).write(tmp_path)

    plain = json.loads((tmp_path / "matrix.json").read_text())
    assert (plain["found"], plain["open"], plain["sound_findings"]) == (1, ["always-200", "late-failure-wins"], 1)
    first = plain["rows"][0]
    assert (first["seed"], first["broken"], first["first_breach_s"]) == (2, {"I1": 7.0, "I4": 3.0}, 3.0)
    with (tmp_path / "matrix.csv").open() as file:
        lines = [*csv.DictReader(file)]
    assert [line["defect"] for line in lines] == [defect.id for defect in SOME]
    assert (lines[0]["broken"], lines[0]["sound_findings"]) == ("I1 I4", "1")


def test_the_first_seeds_of_all_come_before_the_next_of_any():
    def order(name: str, seed: int) -> Order:
        return Order(task=Task(name, seed), source=name, plan="", has_swarm=False, changes={})

    chunks = [*_tries([order(name, seed) for name in ("a", "b") for seed in range(1, 13)])]

    told = [(chunk[0].task, chunk[-1].task.seed) for chunk in chunks]
    assert told == [(("a", 1), 10), (("b", 1), 10), (("a", 11), 12), (("b", 11), 12)]


def test_a_plan_of_habitats_orders_each_under_the_name_of_its_defect_and_says_how_to_have_it_again():
    plan = MatrixPlan.of_defects(SOME, seeds=SEEDS)

    order = plan.order(Task("always-200", 2))

    assert len(plan) == len([*plan.tasks()]) == 9
    assert plan.scenarios[1].model_validate_json(order.plan) == plan.scenarios[1]
    assert order.changes["defect"] == plan.scenarios[1].defect == "always-200"
    assert order.plan != plan.order(Task("late-failure-wins", 2)).plan


def test_the_sound_are_tried_with_as_many_seeds_as_their_defects_needed():
    plan = MatrixPlan.of_the_sound({"always-200": 2, "psp-key-per-try": 1}, SOME, seeds=SEEDS)

    assert [*plan.tasks()] == [("psp-key-per-try", 1), ("always-200", 1), ("always-200", 2)]
    assert {scenario.defect for scenario in plan.scenarios} == {None}
    other = MatrixPlan.of_the_sound({"always-200": 1, "psp-key-per-try": 3}, SOME, seeds=SEEDS)
    assert other.describe() == plan.describe()


@pytest.mark.campaign
@pytest.mark.timeout(240)
def test_what_is_found_and_what_survives_is_told_and_the_same_command_has_nothing_left_to_do(tmp_path, postgres, capfd):
    out = tmp_path / "matrix"
    names = ["psp-key-outlived", "always-200", "reconciler-one-page"]
    command = ["defects", "--matrix", "--only", *names, "--seeds", "1..1", "--jobs", "1"]
    command += ["--out", str(out), "--database-url", postgres.url()]

    codes, told = [], []
    for _ in range(2):
        codes.append(run_command(command))
        told.append(capfd.readouterr().out)

    assert codes == [1, 1]
    plain = json.loads((out / "matrix.json").read_text())
    fates = {row["defect"]: row["state"] for row in plain["rows"]}
    assert fates["psp-key-outlived"] == "found"
    assert fates["always-200"] == "survived"
    assert plain["sound_findings"] == 0
    assert "survived: always-200" in told[0].splitlines()[-3]
    assert told[1].splitlines()[-3] == told[0].splitlines()[-3]
    results = (out / "results.jsonl").read_text().splitlines()
    assert len({(line["scenario"], line["seed"]) for line in map(json.loads, results)}) == len(results)
    assert (out / "failing" / "psp-key-outlived-1" / "manifest.json").exists()
    assert "One defect survived." in (out / "matrix.html").read_text()


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_every_defect_is_found_and_the_sound_system_holds(tmp_path, capfd):
    code = run_command(["defects", "--matrix", "--jobs", "2", "--out", str(tmp_path)])

    plain = json.loads((tmp_path / "matrix.json").read_text())
    assert code == 0, capfd.readouterr().out
    assert (plain["survived"], plain["open"], plain["sound_findings"]) == ([], [], 0)
    assert plain["seeds_median"] <= 5
    assert all(row["state"] == "awaits" or set(row["broken"]) & set(row["breaks"]) for row in plain["rows"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "nope"], "no defect 'nope'; choose from"),
        (["--matrix", "--seeds", "9..1"], "say 1..9"),
        (["--matrix", "--out", "/"], "is not the folder of a sweep"),
        (["--matrix", "--database-url", "nonsense"], "is not a URL"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    code = run_command(["defects", *arguments])

    stderr = capfd.readouterr().err
    assert (code, len(stderr.strip().splitlines())) == (2, 1)
    assert words in stderr
    assert list(tmp_path.iterdir()) == []


def test_the_list_tells_of_every_defect_what_it_breaks_and_where_it_was_seen(capfd):
    assert run_command(["defects", "--json"]) == 0

    listed = json.loads(capfd.readouterr().out)
    assert [one["id"] for one in listed] == [*DEFECTS]
    assert all(one["what"] and one["seen_in"] and one["breaks"] and one["scenario"] for one in listed)


def test_a_sweep_whose_canary_is_not_found_is_blind(sweep, postgres, monkeypatch):
    monkeypatch.setattr(canary, "canary_order", harmless_canary)

    blind = sweep(
        *["lost-webhooks", "--seeds", "1", "--jobs", "1", "--repeat", "0", "--database-url", postgres.url()],
        canary=True,
    )

    assert (blind.code, blind.summary["canary"]["found"]) == (1, False)
    assert "blind: what was planted was not found" in blind.stdout
    assert [result.task for result in blind.results] == [("lost-webhooks", 1)]


def harmless_canary() -> Order:
    """The canary's run in which nothing was planted: as a judge sees it who has gone blind."""
    plan = scenario_in(CANARY.habitat, CANARY.habitat.changes).model_dump_json()
    return replace(canary_order(), plan=plan, changes=CANARY.habitat.changes)
