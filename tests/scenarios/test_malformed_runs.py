"""Run folders that somebody has damaged: each is one line of error and exit code 2, whoever is asked to read it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from scenarios.choices import TAPE
from scenarios.cli.main import run_command

READERS = ("check", "report", "replay")


@pytest.fixture(scope="module")
def sound(postgres, tmp_path_factory):
    """A run folder as it should be, with a tape."""
    folder = tmp_path_factory.mktemp("sound") / "run"
    options = ["--customers", "2", "--tape", "--set", 'scripts={"refunder": 1}', "--set", "storm_s=60"]
    code = run_command(["run", "duplicate-clicks", *options, "--out", str(folder), "--database-url", postgres.url()])
    assert code == 0
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return Path(shutil.copytree(sound, tmp_path / "run"))


@pytest.fixture
def refused(folder, tmp_path, monkeypatch, capfd):
    """Assert that a command refuses the folder in one line with exit code 2, and return that line."""
    monkeypatch.chdir(tmp_path)

    def refuse(command, *options):
        capfd.readouterr()
        code = run_command([command, str(folder), *options])
        stdout, stderr = capfd.readouterr()
        lines = stderr.splitlines()
        assert (code, len(lines), stdout) == (2, 1, ""), stderr
        assert lines[0].startswith("paystorm: ")
        return lines[0]

    return refuse


def manifest(change):
    """Change the manifest by a function of its content."""

    def apply(folder):
        path = folder / "manifest.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return apply


def line(name, change, number=0):
    """Change a line of a file of rows."""

    def apply(folder):
        path = folder / name
        lines = path.read_text().splitlines()
        row = json.loads(lines[number])
        change(row)
        lines[number] = json.dumps(row)
        path.write_text("\n".join(lines) + "\n")

    return apply


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def remove(name):
    return lambda folder: (folder / name).unlink()


def replaced(name, make):
    def apply(folder):
        (folder / name).unlink()
        make(folder / name)

    return apply


def cut(name):
    """Leave the first half of a file, as a full disk does."""

    def apply(folder):
        content = (folder / name).read_bytes().rstrip()
        (folder / name).write_bytes(content[: len(content) - 20])

    return apply


DAMAGED = {
    "no manifest": (remove("manifest.json"), "no such file"),
    "an empty manifest": (write("manifest.json", b""), "not JSON"),
    "half a manifest": (cut("manifest.json"), "not JSON"),
    "a manifest that is a list": (write("manifest.json", b"[]"), "not a JSON object"),
    "a manifest in latin-1": (write("manifest.json", '{"story": "é"}'.encode("latin-1")), "not JSON"),
    "a manifest of no end": (write("manifest.json", b"[" * 100_000), "not JSON"),
    "a manifest that is a folder": (replaced("manifest.json", Path.mkdir), "not a file"),
    "a manifest that is a pipe": (replaced("manifest.json", os.mkfifo), "not a file"),
    "a manifest that is a device": (replaced("manifest.json", lambda path: path.symlink_to("/dev/zero")), "not a file"),
    "a manifest of another format": (manifest(lambda it: it.update(format=3)), "evidence format 3"),
    "a manifest without format": (manifest(lambda it: it.pop("format")), "evidence format None"),
    "a manifest without seed": (manifest(lambda it: it.pop("seed")), "key 'seed' is missing"),
    "a seed in words": (manifest(lambda it: it.update(seed="seven")), "seed is 'seven', expected an integer"),
    "a seed of its own size": (manifest(lambda it: it.update(seed=2**70)), "manifest.json"),
    "a plan in words": (manifest(lambda it: it.update(plan="lost-webhooks")), "plan is 'lost-webhooks'"),
    "a time with a fraction": (manifest(lambda it: it.update(started_at_us=1.5)), "started_at_us is 1.5"),
    "a time that is true": (manifest(lambda it: it.update(ended_at_us=True)), "ended_at_us is True"),
    "a time that no calendar has": (manifest(lambda it: it.update(started_at_us=10**18)), "no calendar has"),
    "no diary": (remove("diary.jsonl"), "diary.jsonl: no such file"),
    "half a diary": (cut("diary.jsonl"), "not JSON"),
    "a diary in binary": (write("diary.jsonl", bytes(range(256))), "diary.jsonl line 1: not JSON"),
    "a diary that is a pipe": (replaced("diary.jsonl", os.mkfifo), "diary.jsonl: not a file"),
    "a request without a time": (line("diary.jsonl", lambda it: it.pop("asked_at_us")), "line 1: key 'asked_at_us'"),
    "a request for no money": (line("diary.jsonl", lambda it: it.update(amount_minor="12")), "amount_minor is '12'"),
    "a request of a list": (write("diary.jsonl", b"[1]\n"), "diary.jsonl line 1: not a JSON object"),
    "no faults": (remove("faults.jsonl"), "faults.jsonl: no such file"),
    "a fault without kind": (write("faults.jsonl", b'{"at_us": 1, "fault": "x", "where": "y"}\n'), "key 'kind'"),
    "no payments at the PSP": (remove("psp/payments.jsonl"), "psp/payments.jsonl: no such file"),
    "no movements": (remove("psp/movements.jsonl"), "psp/movements.jsonl: no such file"),
    "movements of nobody": (write("psp/payments.jsonl", b""), "psp"),
    "a lost movement": (write("psp/movements.jsonl", b""), "its movements say 0"),
    "a movement in euros and cents": (
        line("psp/movements.jsonl", lambda it: it.update(amount_minor=1.5)),
        "amount_minor is 1.5",
    ),
    "half a journal": (cut("psp/journal.jsonl"), "not JSON"),
    "a payment without state": (line("service/payments.jsonl", lambda it: it.pop("state")), "key 'state' is missing"),
    "a transition in words": (write("service/transitions.jsonl", b'"SUCCESS"\n'), "not a JSON object"),
    "an attempt that is a folder": (replaced("service/attempts.jsonl", Path.mkdir), "not a file"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_run_is_one_line_and_exit_code_2(name, folder, refused):
    damage, words = DAMAGED[name]
    damage(folder)

    assert words in refused(READERS[len(name) % len(READERS)])


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("kind", ["missing", "empty", "a-file", "a-sweep"])
def test_what_is_no_run_folder_is_one_line_and_exit_code_2(kind, command, folder, refused):
    shutil.rmtree(folder)
    match kind:
        case "empty":
            folder.mkdir()
        case "a-file":
            folder.write_text("run")
        case "a-sweep":
            folder.mkdir()
            (folder / "sweep.json").write_text("{}")

    # A report can be of a sweep, too, once it has said what it came to.
    is_sweep = (kind, command) == ("a-sweep", "report")
    assert ("this sweep was cut off" if is_sweep else "manifest.json") in refused(command)


PLANS = {
    "no plan": (lambda plan: plan.clear(), "manifest.json: plan: name: is missing"),
    "a plan without story": (lambda plan: plan.pop("story"), "story: is missing"),
    "a plan of the future": (lambda plan: plan.update(moon="full"), "moon: unknown moon"),
    "a plan of a later format": (lambda plan: plan.update(format=2), "reads format 1"),
    "a fault of no kind": (
        lambda plan: plan["faults"][0].update(kind="mist"),
        "faults.psp-slow.kind: unknown kind mist",
    ),
    "a fault that is none": (lambda plan: plan.update(faults=[7]), "expected a table for each fault"),
    "customers who do not exist": (lambda plan: plan.update(scripts={"ghost": 1}), "unknown customer ghost"),
    "a defect that does not exist": (lambda plan: plan.update(defect="none-such"), "no defect 'none-such'"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_that_cannot_be_read_is_refused_by_who_would_perform_it(name, folder, refused, postgres):
    change, words = PLANS[name]
    manifest(lambda content: change(content["plan"]))(folder)

    assert words in refused("replay", "--database-url", postgres.url())


TAPES = {
    "in binary": bytes(range(256)),
    "in words": b"heads\n",
    "too short a line": b'["loop", 3]\n',
    "out of bounds": b'["loop", 3, 3]\n',
    "half a number": b'["loop", 3, 1.5]\n',
    "nested": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("name", TAPES)
def test_a_tape_that_cannot_be_read_is_refused(name, folder, refused, postgres):
    (folder / TAPE).write_bytes(TAPES[name])

    assert f"{TAPE} line 1: " in refused("replay", "--database-url", postgres.url())


def test_a_live_run_is_not_replayed(folder, refused):
    manifest(lambda content: content.update(mode="live"))(folder)

    assert "a live run cannot be repeated exactly" in refused("replay")
