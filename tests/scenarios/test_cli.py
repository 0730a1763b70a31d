"""The command as people and build servers use it: exit codes, one-line errors, Ctrl-C, SIGKILL."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scenarios.cli.main import run_command
from scenarios.embedded_postgres import EmbeddedPostgres

PAYSTORM = [sys.executable, "-m", "scenarios.cli"]


def paystorm(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PAYSTORM, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd, timeout=100
    )


@dataclass(frozen=True)
class Ended:
    """What a command left behind that was run in this process, without importing everything anew."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def paystorm_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run a command as `main` does, in a folder of its own."""

    def run_here(*arguments: str | Path) -> Ended:
        monkeypatch.chdir(tmp_path)
        code = run_command([str(argument) for argument in arguments])
        stdout, stderr = capfd.readouterr()
        return Ended(returncode=code, stdout=stdout, stderr=stderr)

    return run_here


@pytest.fixture(scope="module")
def run_folder(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "run"
    options = ["--seed", "4", "--customers", "8", "--set", "service.worker_period_s=30", "--out", folder]
    result = paystorm("run", "duplicate-clicks", *options, "--database-url", postgres.url())
    assert result.returncode == 0, result.stderr
    (folder / "stdout.txt").write_text(result.stdout)
    return folder


def test_a_run_ends_with_its_verdict_the_report_and_how_to_have_it_again(run_folder):
    lines = (run_folder / "stdout.txt").read_text().splitlines()

    verdict, report, replay, again = lines[-4:]
    assert verdict == "verdict valid: every invariant holds"
    page = Path(report.removeprefix("report").strip()).read_text()
    assert page.lower().lstrip().startswith("<!doctype html>")
    assert replay == f"replay  paystorm replay {run_folder}"
    assert again == ("again   paystorm run duplicate-clicks --seed 4 --customers 8 --set service.worker_period_s=30")


def test_the_run_folder_holds_what_a_build_server_wants(run_folder):
    verdict = json.loads((run_folder / "verdict.json").read_text())
    cases = list(ET.parse(run_folder / "junit.xml").iter("testcase"))

    assert verdict["validity"] == "valid"
    assert {check["id"] for check in verdict["checks"]} >= {f"I{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 11)}
    assert len(cases) == len(verdict["checks"])


def test_check_judges_again_and_prints_json(run_folder, paystorm_here):
    result = paystorm_here("check", run_folder, "--json")

    assert result.returncode == 0
    assert json.loads(result.stdout)["validity"] == "valid"


def test_a_threshold_that_is_missed_fails_the_build_and_is_told_everywhere(run_folder, tmp_path, paystorm_here):
    folder = _copy(run_folder, tmp_path)

    result = paystorm_here("check", folder, "--threshold", "latency_max < 1ms", "--threshold", "heal_max < 10m")

    assert result.returncode == 1
    assert "  missed     latency_max < 1ms: latency_max was " in result.stdout
    assert "  met        heal_max < 10m: " in result.stdout
    assert "verdict valid: every invariant holds; 1 of 2 thresholds not met" in result.stdout
    assert json.loads((folder / "verdict.json").read_text())["passes"] is False
    names = [case.get("name") for case in ET.parse(folder / "junit.xml").iter("testcase")]
    assert names[-2:] == ["latency_max < 1ms", "heal_max < 10m"]
    assert "latency_max &lt; 1ms" in (folder / "report.html").read_text()


def test_what_is_not_to_fail_the_build_is_told_and_does_not_count(run_folder, tmp_path, paystorm_here):
    folder = _copy(run_folder, tmp_path)
    payments = folder / "service" / "payments.jsonl"
    payments.write_text("".join(payments.read_text().splitlines(keepends=True)[1:]))

    assert paystorm_here("report", folder).returncode == 0
    assert paystorm_here("report", folder, "--fail-on", "I11").returncode == 1
    result = paystorm_here("check", folder, "--fail-on", "I1,I12")
    assert result.returncode == 0
    assert "not counted (--fail-on I1,I12): I11 broken" in result.stdout


def test_check_finds_a_payment_that_vanished_from_the_books(run_folder, tmp_path, paystorm_here):
    folder = _copy(run_folder, tmp_path)
    payments = folder / "service" / "payments.jsonl"
    payments.write_text("".join(payments.read_text().splitlines(keepends=True)[1:]))

    result = paystorm_here("check", folder)

    assert result.returncode == 1
    assert "I11 BROKEN" in result.stdout


def test_report_prints_the_path_of_the_page(run_folder, paystorm_here):
    result = paystorm_here("report", run_folder)

    assert result.returncode == 0
    assert Path(result.stdout.strip()) == run_folder / "report.html"


def test_replay_says_that_it_is_the_same_run(run_folder, tmp_path, paystorm_here):
    result = paystorm_here("replay", run_folder, "--out", tmp_path / "again")

    assert result.returncode == 0, result.stderr
    assert "same run: " in result.stderr


@pytest.mark.campaign
def test_runs_are_kept_apart_and_the_latest_is_linked(tmp_path, postgres):
    options = ["--customers", "1", "--set", "calm_s=3600", "--database-url", postgres.url()]
    for _ in range(2):
        assert paystorm("run", "duplicate-clicks", *options, cwd=tmp_path).returncode == 0

    runs = tmp_path / "runs"
    assert sorted(path.name for path in runs.iterdir()) == ["duplicate-clicks-1", "duplicate-clicks-1.2", "latest"]
    assert (runs / "latest").resolve() == (runs / "duplicate-clicks-1.2").resolve()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "lost-webhook"], "no scenario 'lost-webhook' (did you mean lost-webhooks?); choose from"),
        (["run", "lost-webhooks", "--set", "storm_s"], "expected key=value"),
        (["run", "lost-webhooks", "--set", "strom_s=1"], "no such key; choose from"),
        (["run", "lost-webhooks", "--seed", "seven"], "--seed"),
        (["run", "lost-webhooks", "--seed", "-1"], "--seed"),
        (["run", "lost-webhooks", "--seed", "1.5"], "--seed: '1.5' is not a whole number"),
        (["load", "--headless", "--duration", "1.5"], "--duration: '1.5' is not a whole number"),
        (["run", "lost-webhooks", "--seed", str(2**63)], "--seed"),
        (["run", "lost-webhooks", "--defect", "nope"], "no defect 'nope'; choose from"),
        (["run", "lost-webhooks", "--set", "defect=nope"], "no defect 'nope'; choose from"),
        (["run", "lost-webhooks", "--customers", "-1"], "customers"),
        (["run"], "NAME"),
        (["run", "lost-webhooks", "--threshold", "heal_p9 < 10m"], "--threshold 'heal_p9 < 10m', column 1: no measure"),
        (["run", "lost-webhooks", "--fail-on", "I14"], "--fail-on 'I14': no 'I14' (did you mean I4?)"),
        (["sweep", "lost-webhooks", "--seeds", "1", "--fail-on", "thresholds"], "a sweep has none"),
        (["rnu", "lost-webhooks"], "rnu"),
        (["run", "lost-webhooks", "--database-url", "nonsense"], "is not a URL"),
        (["run", "lost-webhooks", "--database-url", "postgresql://u:sesame@here:port/x"], "is not a URL"),
        (["run", "lost-webhooks", "--database-url", "mysql://x"], "only postgresql works"),
        (["check", "no-such-folder"], "no such file"),
        (["replay", "no-such-folder"], "no such file"),
        (["run", "lost-webhooks", "--out", "/"], "exists and is not empty"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, tmp_path, paystorm_here):
    result = paystorm_here(*arguments)

    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_be_reached_is_exit_code_4_and_its_password_stays_secret(paystorm_here):
    url = "postgresql://user:s3cret@127.0.0.1:1/books"

    result = paystorm_here("run", "lost-webhooks", "--database-url", url)

    assert result.returncode == 4
    assert "no PostgreSQL at" in result.stderr
    assert "s3cret" not in result.stderr


@pytest.mark.parametrize("command", ["run", "replay", "check", "report", "list", "serve", "load", "psp"])
def test_every_command_teaches_itself(command, paystorm_here):
    result = paystorm_here(command, "--help")

    assert result.returncode == 0
    assert "Usage: paystorm" in result.stdout


def test_the_version_is_the_packages():
    assert paystorm("--version").stdout.strip() == version("paystorm")


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from scenarios.cli.main import run_command; run_command(['--help']); "
        "print(sorted(set(sys.modules) & {'pandas', 'matplotlib', 'fastapi', 'sqlalchemy', 'locust', 'simpy'}))"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip().endswith("[]")


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_ctrl_c_keeps_what_was_found_and_says_that_it_is_not_enough(tmp_path):
    # How long it takes until the run begins is the machine's matter; one that stops before has nothing to keep.
    for patience_s in (5, 10, 20):
        process = _start_long_run(tmp_path)
        _wait_for_children(process.pid)
        time.sleep(patience_s)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        if process.returncode == 1:
            break

    assert process.returncode == 1, stderr
    assert stderr == ""
    assert "verdict unknown" in stdout
    verdict = json.loads((tmp_path / "runs/lost-webhooks-1/verdict.json").read_text())
    assert verdict["validity"] == "unknown"
    assert not [check for check in verdict["checks"] if check["finding"]]


@pytest.mark.campaign
@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_before_it_has_begun_says_that_it_stopped(tmp_path, interrupt):
    process = _start_long_run(tmp_path)
    _wait_for_children(process.pid)

    process.send_signal(interrupt)
    _, stderr = process.communicate(timeout=60)

    assert (process.returncode, stderr) == (130, "paystorm: stopped\n")
    assert list(tmp_path.iterdir()) == []


_IMPATIENT = """
import os, signal, sys

class Impatience:
    def find_spec(self, name, path=None, target=None):
        if name == "cyclopts":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Impatience())
"""


def test_ctrl_c_while_the_command_is_still_being_imported_says_that_it_stopped(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(_IMPATIENT)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))

    ended = subprocess.run(
        [*PAYSTORM, "list"], capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "paystorm: stopped\n")


@pytest.mark.slow
def test_sigkill_leaves_no_process_behind(tmp_path):
    process = _start_long_run(tmp_path)
    children = _wait_for_children(process.pid)
    time.sleep(0.5)
    assert children

    process.kill()
    process.communicate()

    deadline = time.monotonic() + 5
    while any(_exists(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if _exists(pid)]


def _start_long_run(cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PAYSTORM, "run", "lost-webhooks", "--customers", "2000"],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for_children(pid: int) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any("postgres" in _name(child) for child in _children(pid)):
            return _children(pid)
        time.sleep(0.05)
    pytest.fail("the run started no server")


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _copy(folder: Path, into: Path) -> Path:
    copy = into / "copy"
    subprocess.run(["cp", "-r", folder, copy], check=True)
    return copy
