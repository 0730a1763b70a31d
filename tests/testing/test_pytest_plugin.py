"""The pytest plugin as somebody has it who marks a test: items, failures, folders, workers, Ctrl-C."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import psutil
import pytest

import scenarios.testing.rehearsed  # noqa: F401 - pytester forgets what its runs import, and numpy bears that only once
from scenarios.cli.main import run_command
from scenarios.library import LIBRARY
from scenarios.scenario_text import to_toml

pytest_plugins = "pytester"

PLUGIN = "scenarios.testing.plugin"
IS_INSTALLED = PLUGIN in {one.name for one in entry_points(group="pytest11")}
# Other people's plugins have nothing to do with it, and one of them takes seconds to start.
OPTIONS = ["-p", "no:asyncio", "-p", "no:schemathesis", "-p", "no:cacheprovider", "--strict-markers"]
LOADED = OPTIONS if IS_INSTALLED else ["-p", PLUGIN, *OPTIONS]
SMALL = 'changes={"storm_s": 20, "calm_s": 300, "final_within_s": 250}, customers=3'
DEFECT = '"latency-spikes", seeds=[2], defect="timeout-is-failure", swarm=False'


@pytest.fixture
def tell(pytester):
    """Run pytest in this process on a file of tests, and return its result."""

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(f"import pytest\n{source}")
        return pytester.runpytest_inprocess(*LOADED, *arguments)

    return run


def items(result: pytest.RunResult) -> list[str]:
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def marked(*marks: str, body: str = "pass", argument: str = "") -> str:
    lines = [f"@pytest.mark.paystorm({mark})" for mark in marks]
    return "\n".join([*lines, f"def test_money({argument}):", f"    {body}"])


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [("seeds=3", [1, 2, 3]), ('seeds="7..8"', [7, 8]), ("seeds=[4, 2]", [4, 2]), ("swarm=False", [1, 2, 3, 4, 5])],
)
def test_every_seed_is_a_test_that_bears_its_name(tell, seeds, expected):
    result = tell(marked(f'"lost-webhooks", {seeds}'), "--collect-only", "-q")

    assert items(result) == [f"test_money[seed {seed}]" for seed in expected]


def test_two_marks_are_two_scenarios(tell):
    source = marked('"lost-webhooks", seeds=1', '"duplicate-clicks", seeds=1', argument="paystorm_run")

    assert items(tell(source, "--collect-only", "-q")) == [
        "test_money[lost-webhooks seed 1]",
        "test_money[duplicate-clicks seed 1]",
    ]


def test_the_seeds_of_all_tests_can_be_chosen_on_the_command_line(tell):
    result = tell(marked('"lost-webhooks", seeds=20'), "--collect-only", "-q", "--paystorm-seeds", "7")

    assert items(result) == ["test_money[seed 7]"]


def test_a_scenario_may_be_a_file_beside_the_test(tell, pytester):
    scenario = LIBRARY["lost-webhooks"].model_copy(update={"name": "night"})
    pytester.path.joinpath("night.toml").write_text(to_toml(scenario))

    assert items(tell(marked('"night.toml", seeds=1'), "--collect-only", "-q")) == ["test_money[seed 1]"]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ('"lost-webhook"', "no scenario 'lost-webhook' (did you mean lost-webhooks?)"),
        ('"lost-webhooks", seed=3', "paystorm() got an unexpected keyword argument 'seed'"),
        ("", "paystorm() missing 1 required positional argument: 'scenario'"),
        ('"lost-webhooks", seeds="9..2"', "seeds 9..2: 2 comes before 9"),
        ('"lost-webhooks", seeds=0', "expected how many, such as 20, or which"),
        ('"lost-webhooks", defect="nope"', "no defect 'nope'"),
        ('"lost-webhooks", changes={"strom_s": 1}', "no such key"),
        ('"lost-webhooks", thresholds=["heal_p9 < 10m"]', "column 1: no measure 'heal_p9'"),
        ('"lost-webhooks", fail_on="I14"', "no 'I14'"),
    ],
)
def test_a_mark_that_cannot_be_understood_is_said_once_and_in_one_line(tell, mark, words):
    result = tell(marked(mark))

    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = [line for line in result.outlines if words in line]
    assert len(said) == 1
    assert "::test_money: paystorm: " in said[0]
    assert "Traceback" not in result.stdout.str()


def test_seeds_that_are_none_are_refused_before_anything_is_collected(tell):
    result = tell(marked('"lost-webhooks"'), "--paystorm-seeds", "9..2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--paystorm-seeds 9..2: 2 comes before 9" in result.stderr.str()


def test_a_run_without_a_mark_is_told_what_is_missing(tell):
    result = tell("def test_money(paystorm_run):\n    pass")

    result.assert_outcomes(errors=1)
    assert 'paystorm_run is for tests with @pytest.mark.paystorm("NAME-OF-A-SCENARIO")' in result.stdout.str()


def test_whoever_has_no_such_test_imports_nothing_of_it(pytester):
    pytester.makepyfile("def test_other(): pass")
    pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    ours = sorted(name for name in sys.modules if name.split('.')[0] in {'scenarios', 'reports', 'engine'})\n"
        "    print('imported', *ours)"
    )

    result = pytester.runpytest_subprocess(*LOADED)

    result.assert_outcomes(passed=1)
    assert "imported scenarios scenarios.testing scenarios.testing.plugin" in result.stdout.str()


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_findings_fail_a_test_with_what_it_takes_to_understand_them(tell, pytester, capfd, monkeypatch):
    source = "\n".join(
        [
            f'@pytest.mark.paystorm("lost-webhooks", seeds=2, {SMALL}, thresholds=["unknown_share < 50%"])',
            "def test_sound(paystorm_run):",
            "    assert (paystorm_run.folder / 'manifest.json').exists()",
            "    assert paystorm_run.verdict.thresholds[0].is_met",
            f"@pytest.mark.paystorm({DEFECT})",
            "def test_planted(): raise AssertionError('the body must not hide the finding')",
            f"@pytest.mark.paystorm({DEFECT}, fail_on='I1')",
            "def test_only_what_counts(paystorm_run):",
            "    assert [str(one) for one in paystorm_run.verdict.not_counted] == ['I4 broken']",
            f"@pytest.mark.paystorm('lost-webhooks', seeds=1, {SMALL}, thresholds=['latency_p50 < 1ms'])",
            "def test_slow(): pass",
            f"@pytest.mark.paystorm('lost-webhooks', seeds=1, {SMALL})",
            "def test_own(paystorm_run): pytest.fail('no such luck')",
        ]
    )

    result = tell(source, "--paystorm-out", "kept")

    result.assert_outcomes(passed=3, failed=3)
    text = result.stdout.str()
    assert "latency-spikes seed 2: I4 broken" in text
    assert "  I4 broken: One final word to a customer was untrue" in text
    assert "     worst: " in text
    assert "latency_p50 < 1ms missed: latency_p50 was" in text
    assert "no such luck" in text
    assert "must not hide" not in text
    kept = sorted(path.name.rpartition("-")[0] for path in (pytester.path / "kept").iterdir())
    assert [name.rpartition("-test-")[2] for name in kept] == ["own-seed-1", "planted-seed-2", "slow-seed-1"]
    assert all((path / "report.html").exists() for path in (pytester.path / "kept").iterdir())
    has_the_same_evidence(pytester.path, text, monkeypatch)


def has_the_same_evidence(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that is told has the run again, to the last byte."""
    planted = text.partition("latency-spikes seed 2: I4 broken")[2].splitlines()
    words = (line.split(maxsplit=1) for line in reversed(planted) if line.startswith(("again ", "folder ")))
    told = dict(words)  # the first of each wins, because it comes last
    monkeypatch.chdir(folder)

    assert run_command([*shlex.split(told["again"])[1:], "--out", "again"]) == 1

    first, again = (json.loads((Path(path) / "manifest.json").read_text()) for path in (told["folder"], "again"))
    assert (first["digest"], first["timeline"]) == (again["digest"], again["timeline"])


@pytest.mark.campaign
def test_workers_of_xdist_do_not_meet(pytester):
    pytest.importorskip("xdist")
    pytester.makepyfile(f"import pytest\n{marked(f'"lost-webhooks", seeds=4, {SMALL}')}")

    result = pytester.runpytest_subprocess(*LOADED, "-n", "2")

    result.assert_outcomes(passed=4)
    assert not (pytester.path / "runs" / "pytest").exists()


@pytest.mark.campaign
def test_ctrl_c_leaves_no_process(pytester):
    # Alone, so that it takes long: the runs of a sweep are over before anybody could stop them.
    pytester.makepyfile(f"import pytest\n{marked('"lost-webhooks", seeds=500, customers=200')}")
    command = [sys.executable, "-m", "pytest", *LOADED]
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, env=os.environ.copy())
    children = wait_for_server(process)

    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)

    assert process.returncode == pytest.ExitCode.INTERRUPTED, stdout
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def wait_for_server(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Wait until the playhouse has its PostgreSQL, and return all descendants."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = psutil.Process(process.pid).children(recursive=True)
        if any("postgres" in child.name() for child in children):
            return children
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"no server was started: {process.communicate()[0]}")
