"""What a sweep writes down, and finds again."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest

from reports.checks import CHECKS
from reports.fail_on import FailOn
from scenarios.campaign.folder import SweepFolder, read_files, write_files
from scenarios.campaign.junit import to_junit
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import LineFile, Repetition, Result, Task
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.summary import Summary
from scenarios.errors import BadInput

RESULT = Result(
    scenario="lost-webhooks",
    seed=7,
    validity="valid",
    broken={},
    note="",
    digest="d",
    timeline="t",
    command="paystorm run",
    counts={"requests": 3},
    wall_s=0.1,
)
REPETITION = Repetition(
    scenario="lost-webhooks",
    seed=7,
    is_equal=False,
    first_difference="here",
    digests=("a", "b"),
    timelines=("c", "d"),
    command="paystorm run",
)


def plan_of(**options: object) -> Plan:
    given = {"seeds": Seeds(1, 10), "changes": {}, **options}
    return Plan.make(["lost-webhooks"], **given)


def write(path: Path, *rows: Result | Repetition) -> None:
    with closing(LineFile(path, type(rows[0]))) as file:
        for row in rows:
            file.append(row)


def broken(seed: int, **broken: int) -> Result:
    return replace(RESULT, seed=seed, validity="invalid", broken=broken)


@pytest.mark.parametrize("row", [RESULT, REPETITION], ids=["result", "repetition"])
def test_a_row_comes_back_as_it_was(row, tmp_path):
    write(tmp_path / "rows.jsonl", row, row)

    assert [*LineFile(tmp_path / "rows.jsonl", type(row)).read()] == [row, row]


def test_a_line_that_was_half_written_is_no_line_and_the_next_one_takes_its_place(tmp_path):
    path = tmp_path / "rows.jsonl"
    write(path, RESULT)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])

    assert [*LineFile(path, Result).read()] == [RESULT]
    write(path, RESULT)

    assert path.read_bytes() == whole + whole


@pytest.mark.parametrize("line", [b"{", b"{}", b"[]", b'{"seed": 1}'])
def test_another_line_that_cannot_be_read_is_named(line, tmp_path):
    path = tmp_path / "rows.jsonl"
    write(path, RESULT)
    path.write_bytes(path.read_bytes() + line + b"\n")

    with pytest.raises(BadInput, match=r"rows.jsonl line 2 cannot be understood"):
        [*LineFile(path, Result).read()]


def test_whoever_failed_first_in_its_own_time_ranks_first():
    ledger = Ledger(plan_of())
    unsettled = replace(RESULT, seed=4, validity="unknown")
    for result in (broken(1, I1=50, I2=9), unsettled, broken(3, I2=9), broken(2, I8=30), RESULT):
        ledger.add(result)

    assert [result.seed for result in ledger.ranked()] == [1, 3, 2, 4]
    assert [result.seed for result in ledger.ranked(2)] == [1, 3]
    assert ledger.broken == {"I1": 1, "I2": 2, "I8": 1}
    assert ledger.validities == {"valid": 1, "invalid": 3, "unknown": 1}


def test_a_run_counts_once_and_one_that_failed_may_come_again():
    ledger = Ledger(plan_of())
    failed = replace(RESULT, validity="failed", note="no memory")

    ledger.add(failed)
    assert (ledger.done, [*ledger.unfinished]) == (0, [Task("lost-webhooks", 7)])
    ledger.add(RESULT)
    ledger.add(RESULT)

    assert (ledger.done, [*ledger.unfinished], ledger.counts["requests"]) == (1, [], 3)
    assert Task("lost-webhooks", 7) not in [*ledger.missing()]


def test_the_same_plan_finds_its_folder_and_another_plan_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def folder_of(plan: Plan) -> str:
        with SweepFolder.claim(None, plan=plan) as folder:
            return str(folder.path)

    assert folder_of(plan_of()) == "runs/sweep-lost-webhooks-1-10"
    assert folder_of(plan_of(has_swarm=False)) == "runs/sweep-lost-webhooks-1-10.2"
    assert folder_of(plan_of(changes={"customers": "4"})) == "runs/sweep-lost-webhooks-1-10.3"
    assert folder_of(plan_of(repeated_share=0.5)) == "runs/sweep-lost-webhooks-1-10"
    assert folder_of(plan_of(has_swarm=False)) == "runs/sweep-lost-webhooks-1-10.2"


def other_code(folder: Path) -> None:
    plan = orjson.loads((folder / "sweep.json").read_bytes())
    (folder / "sweep.json").write_bytes(orjson.dumps({**plan, "code": "other"}))


@pytest.mark.parametrize(
    ("spoil", "options", "words"),
    [
        (lambda _folder: None, {"seeds": Seeds(1, 11)}, r"another sweep \(with other seeds\)"),
        (lambda _folder: None, {"changes": {"customers": "4"}}, r"with other changes, scenarios"),
        (other_code, {}, "another version of the code"),
        (lambda folder: (folder / "sweep.json").unlink(), {}, "not the folder of a sweep"),
        (lambda folder: (folder / "sweep.json").write_text("{"), {}, "cannot be read"),
    ],
    ids=["seeds", "changes", "code", "foreign", "torn"],
)
def test_a_folder_with_something_else_is_refused(spoil, options, words, tmp_path):
    with SweepFolder.claim(tmp_path / "sweep", plan=plan_of()):
        pass
    spoil(tmp_path / "sweep")

    with (
        pytest.raises(BadInput, match=f"--out .*{words}.*; name another folder"),
        SweepFolder.claim(tmp_path / "sweep", plan=plan_of(**options)),
    ):
        pytest.fail("it was let in")


def test_two_sweeps_do_not_write_into_one_folder(tmp_path):
    with (
        SweepFolder.claim(tmp_path, plan=plan_of()),
        pytest.raises(BadInput, match="another sweep is writing there"),
        SweepFolder.claim(tmp_path, plan=plan_of()),
    ):
        pytest.fail("it was let in")


def test_the_evidence_of_a_run_is_there_whole_or_not_at_all(tmp_path):
    files = {"psp/journal.jsonl": b"1\n", "manifest.json": b"{}"}
    write_files({"old.jsonl": b"", **files}, tmp_path / "run")

    write_files(files, tmp_path / "run")

    assert read_files(tmp_path / "run") == files
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def summary_of(
    *results: Result, folder: Path, fail_on: str = "invalid,unknown,thresholds", **options: object
) -> Summary:
    plan = plan_of(seeds=Seeds(1, len(results)), **options)
    ledger = Ledger(plan)
    for result in results:
        ledger.add(result)
    return Summary(
        plan=plan,
        ledger=ledger,
        folder=SweepFolder(folder),
        command="paystorm sweep",
        is_complete=True,
        canary=None,
        resumed=0,
        wall_s=1,
        jobs=2,
        fail_on=FailOn.parse(fail_on),
    )


UNSETTLED = replace(RESULT, seed=3, validity="unknown", note="I8: too early", unsettled=("I8",))


@pytest.mark.parametrize(
    ("fail_on", "passes", "not_counted"),
    [
        ("invalid,unknown", False, []),
        ("I1", False, ["I8 unsettled"]),
        ("I8", False, ["I1 broken"]),
        ("unknown", False, ["I1 broken"]),
        ("I2", True, ["I1 broken", "I8 unsettled"]),
        ("never", True, ["I1 broken", "I8 unsettled"]),
    ],
)
def test_only_findings_that_count_fail_a_sweep_and_the_others_are_told(fail_on, passes, not_counted, tmp_path):
    summary = summary_of(broken(1, I1=5), replace(RESULT, seed=2), UNSETTLED, folder=tmp_path, fail_on=fail_on)

    plain = summary.to_plain(exit_code=0)

    assert summary.passes is passes
    assert plain["not_counted"] == dict.fromkeys(not_counted, 1)
    assert plain["findings"] == {"I1": 1}


def test_a_blind_judge_fails_a_sweep_unless_nothing_is_to(tmp_path):
    for fail_on, passes in (("I1", False), ("never", True)):
        summary = summary_of(RESULT, folder=tmp_path, fail_on=fail_on)

        assert replace(summary, canary=RESULT).passes is passes


def test_a_sweep_is_a_suite_for_each_scenario_and_a_case_for_each_invariant(tmp_path):
    summary = summary_of(broken(1, I1=5), replace(RESULT, seed=2), UNSETTLED, folder=tmp_path)

    of_sweep, of_scenario = ET.fromstring(to_junit(summary)).findall("testsuite")
    told = {case.get("name").split()[0]: case for case in of_scenario.findall("testcase")}

    assert of_scenario.get("name") == "lost-webhooks"
    assert list(told) == [check.id for check in CHECKS]
    assert told["I1"].find("failure").get("message") == "I1 broken in 1 run"
    assert told["I1"].find("failure").text == "seed 1: paystorm run"
    assert told["I8"].find("error").get("message") == "I8 unsettled in 1 run"
    assert told["I2"].find("system-out").text == "3 runs judged"
    assert [case.get("name") for case in of_sweep.findall("testcase")] == [
        "every run was judged",
        "every run can be repeated",
        "what was planted is found",
    ]


def test_a_sweep_that_is_not_finished_or_not_repeatable_fails_in_its_own_suite(tmp_path):
    failed = replace(RESULT, seed=2, validity="failed", note="out of memory")
    summary = replace(summary_of(RESULT, failed, folder=tmp_path), canary=RESULT)
    summary.ledger.add_repetition(REPETITION)

    suite = ET.fromstring(to_junit(summary)).find("testsuite")
    judged, repeated, canary = suite.findall("testcase")

    assert judged.find("error").get("message") == "1 of 2 runs were judged"
    assert "seed 2: out of memory" in judged.find("error").text
    assert repeated.find("failure").text.startswith("here\nagain: ")
    assert canary.find("failure").get("type") == "blind"
