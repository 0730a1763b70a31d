"""Sweeps that really run: what they find, how they rank it, what they keep, and that they go on where they ended."""

import html
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from reports.evidence import load_run
from scenarios.campaign.canary import CANARY
from scenarios.campaign.folder import SweepFolder
from scenarios.cli.main import run_command

ALONE = ["--jobs", "1", "--repeat", "0"]


def our_processes() -> list[str]:
    family = {child.pid for child in psutil.Process().children(recursive=True)}
    # process_iter leaves out who ends meanwhile.
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"]) if one.pid in family]
    return [command for command in commands if "playhouse" in command or "LokyProcess" in command]


@pytest.mark.slow
def test_a_sweep_is_the_same_whoever_performs_it_and_nobody_is_left_behind(sweep, small_plan, expected):
    swept = sweep("lost-webhooks", "duplicate-clicks", "--seeds", "1..3", "--jobs", "2", "--repeat", "0.1", canary=True)

    assert swept.code == 0, swept.stdout
    assert swept.results == expected(small_plan("lost-webhooks", "duplicate-clicks", seeds="1..3"))
    assert {result.validity for result in swept.results} == {"valid"}
    assert swept.summary["repetitions"]["done"] == swept.summary["repetitions"]["wanted"] >= 1
    assert swept.summary["differences"] == []
    assert (swept.summary["canary"]["found"], f"and found: {CANARY.id}" in swept.stdout) == (True, True)
    assert not (swept.folder / "first").exists()
    assert swept.stdout.splitlines()[-3] == "nothing found: every invariant holds in every run"
    assert swept.stderr == ""
    assert our_processes() == []


@pytest.mark.slow
def test_findings_are_ranked_and_kept_and_can_be_had_again(sweep, postgres, tmp_path, capfd):
    defect = ["--defect", "timeout-is-failure", "--no-swarm", "--set", "customers=8"]
    server = ["--database-url", postgres.url()]

    found = sweep("latency-spikes", "--seeds", "1..5", *defect, *server, *ALONE, "--keep", "1", "--json", canary=True)

    summary = json.loads(found.stdout)
    failing = summary["failing"]
    assert (found.code, summary["exit_code"]) == (1, 1)
    assert summary == found.summary
    assert summary["canary"] is None, "a defect is planted already"
    assert summary["runs"]["invalid"] == len(failing) > 1
    assert summary["findings"]["I4"] == sum("I4" in run["broken"] for run in failing)
    assert [run["rank"] for run in failing] == [*range(1, len(failing) + 1)]
    assert [run["first_breach_s"] for run in failing] == sorted(min(run["broken"].values()) for run in failing)
    assert [path.name for path in (found.folder / "failing").iterdir()] == [f"latency-spikes-{failing[0]['seed']}"]
    assert [run["report"] is not None for run in failing] == [True] + [False] * (len(failing) - 1)
    assert Path(failing[0]["report"]).read_text().lstrip().startswith("<!DOCTYPE html>")
    page = (found.folder / "campaign.html").read_text()
    assert f'href="failing/latency-spikes-{failing[0]["seed"]}/report.html"' in page
    assert all(run["command"] in html.unescape(page) for run in failing)
    assert "postgres@" not in "".join(path.read_text() for path in found.folder.glob("*.json*"))

    again = [*shlex.split(failing[0]["command"])[1:], *server, "--out", str(tmp_path / "again")]
    assert run_command(again) == 1
    manifests = [load_run(folder).manifest for folder in (Path(failing[0]["folder"]), tmp_path / "again")]
    assert manifests[0].digest == manifests[1].digest
    assert manifests[0].plan == manifests[1].plan


@pytest.mark.slow
def test_the_same_command_does_only_what_is_missing(sweep, small_plan, expected, postgres, tmp_path):
    command, plan, begun = (
        ["lost-webhooks", "--seeds", "1..4", *ALONE, "--database-url", postgres.url()],
        small_plan("lost-webhooks", seeds="1..4"),
        tmp_path / "sweep",
    )
    whole = expected(plan)
    with SweepFolder.claim(begun, plan=plan) as folder:
        for result in whole[:2]:
            folder.results.append(replace(result, wall_s=77))
    with (begun / "results.jsonl").open("ab") as results:
        results.write(b'{"scenario":"lost-webhooks","see')

    rest = sweep(*command)

    assert (rest.code, rest.summary["canary"]) == (0, None)
    assert rest.stderr == f"{begun}: 2 of 4 runs are done; going on\n"
    assert rest.results == whole
    assert rest.summary["runs"] | {"judged": 4, "resumed": 2, "valid": 4} == rest.summary["runs"]
    assert (begun / "results.jsonl").read_bytes().count(b'"wall_s":77') == 2
    assert "Nothing was found." in (begun / "campaign.html").read_text()
    assert rest.summary["by_scenario"] == [{"scenario": "lost-webhooks", "valid": 4, "unknown": 0, "invalid": 0}]
    bites = sum(rest.summary["faults"].values())
    assert (bites, rest.summary["jobs"], rest.summary["swarm"]) == (rest.summary["counts"]["faults"], 1, True)
    nothing = sweep(*command)
    assert (nothing.code, nothing.stderr) == (0, f"{begun}: 4 of 4 runs are done already\n")


@pytest.mark.slow
def test_a_run_that_differs_the_second_time_is_named_with_its_first_difference(sweep, trick, postgres):
    trick("differs", seed=0)

    swept = sweep("lost-webhooks", "--seeds", "1", "--jobs", "1", "--no-swarm", "--database-url", postgres.url())

    assert swept.code == 3
    differences = swept.summary["differences"]
    assert [difference["seed"] for difference in differences] == [1]
    assert "customer/" in differences[0]["first_difference"]
    assert f"DIFFERENT lost-webhooks seed 1: {differences[0]['first_difference']}" in swept.stdout
    assert "not deterministic" in swept.stdout
    both = swept.folder / "differences" / "lost-webhooks-1"
    diaries = [(both / name / "diary.jsonl").read_bytes() for name in ("first", "second")]
    assert diaries[0] != diaries[1]


@pytest.mark.slow
def test_a_run_that_leaves_the_world_is_named_and_does_not_keep_others_from_running(sweep, trick, postgres):
    trick("escapes", seed=1)

    swept = sweep("lost-webhooks", "--seeds", "1..2", *ALONE, "--database-url", postgres.url())

    assert swept.code == 3
    assert "ESCAPED   lost-webhooks seed 1: Escaped: time.time() in somebody's code" in swept.stdout
    assert [result.validity for result in swept.results] == ["escaped", "valid"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "1..2"], "which scenarios?"),
        (["lost-webhooks"], "--seeds"),
        (["lost-webhooks", "--seeds", "9..1"], "say 1..9"),
        (["lost-webhooks", "nope", "--seeds", "1"], "no scenario 'nope'; choose from"),
        (["all", "--seeds", "1", "--set", "strom_s=1"], "no such key; choose from"),
        (["all", "--seeds", "1", "--set", "storm_s"], "expected key=value"),
        (["all", "--seeds", "1", "--defect", "nope"], "no defect 'nope'; choose from"),
        (["all", "--seeds", "1", "--customers", "-1"], "customers"),
        (["all", "--seeds", "1", "--jobs", "0"], "--jobs"),
        (["all", "--seeds", "1", "--repeat", "2"], "--repeat"),
        (["all", "--seeds", "1", "--keep", "-1"], "--keep"),
        (["all", "--seeds", "1", "--backend", "ray"], "--backend"),
        (["all", "--seeds", "1", "--backend", "dask"], "--backend dask needs --scheduler"),
        (["all", "--seeds", "1", "--scheduler", "tcp://h:1"], "--scheduler is for --backend dask"),
        (["all", "--seeds", "1", "--backend", "dask", "--scheduler", "here"], "--scheduler here: not an address"),
        (
            ["all", "--seeds", "1", "--backend", "dask", "--scheduler", "h:1", "--jobs", "2"],
            "--jobs is for this machine",
        ),
        (["all", "--seeds", "1", "--database-url", "nonsense"], "is not a URL"),
        (["all", "--seeds", "1", "--out", "/"], "is not the folder of a sweep"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2_and_writes_nothing(arguments, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    code = run_command(["sweep", *arguments])

    stderr = capfd.readouterr().err
    assert code == 2
    assert words in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_without_dask_a_line_says_how_to_install_it(monkeypatch, capfd, tmp_path):
    monkeypatch.setitem(sys.modules, "scenarios.campaign.cluster", None)

    code = run_command(["sweep", "all", "--seeds", "1", "--backend", "dask", "--scheduler", "h:1"])

    assert code == 2
    assert "pip install 'paystorm[cluster]'" in capfd.readouterr().err


def test_a_server_that_cannot_be_reached_is_exit_code_4_before_anything_is_written(sweep):
    swept = sweep("all", "--seeds", "1", "--database-url", "postgresql://user:s3cret@127.0.0.1:1/books")

    assert swept.code == 4
    assert "no PostgreSQL at" in swept.stderr
    assert "s3cret" not in swept.stderr
    assert not swept.folder.exists()


def test_the_command_teaches_itself(capfd):
    assert run_command(["sweep", "--help"]) == 0

    assert "Usage: paystorm sweep" in capfd.readouterr().out
