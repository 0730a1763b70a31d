"""The workflows: valid, with no more rights than they need, and their steps do what they say."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reports.fail_on import EVERYTHING, NEVER
from reports.quantities import MEASURES
from scenarios.cli.exit_codes import ExitCode
from scenarios.testing.wish import wish

ROOT = Path(__file__).parents[2]
CI, PYTEST = (ROOT / "docs" / name for name in ("ci.md", "pytest.md"))
OURS = ROOT / ".github" / "workflows" / "paystorm.yml"
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```", CI.read_text(), re.MULTILINE | re.DOTALL)
BOTH = pytest.mark.parametrize("text", [OURS.read_text(), EXAMPLE], ids=["ours", "example"])


def steps(text: str) -> list[dict]:
    return [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]


def rows(title: str) -> list[list[str]]:
    """The first table of a section of ci.md, as the words in each row's first column."""
    section = CI.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [re.findall(r"[\w-]+", line.split("|")[1]) for line in section.splitlines() if line.startswith("| ")][1:]


@BOTH
def test_a_workflow_reads_and_does_nothing_else(text):
    workflow = yaml.safe_load(text)

    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    checkouts = [step for step in steps(text) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@BOTH
def test_every_action_is_githubs_own_at_a_major_version_or_a_commit(text):
    used = [step["uses"] for step in steps(text) if "uses" in step]

    assert all(re.fullmatch(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})", one) for one in used), used


@BOTH
def test_nothing_that_somebody_types_becomes_a_part_of_a_program(text):
    assert not [step["run"] for step in steps(text) if "${{" in step.get("run", "")]


@pytest.mark.slow
def test_the_example_is_a_workflow(tmp_path):
    tmp_path.joinpath("example.yml").write_text(EXAMPLE)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "example.yml"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_our_workflow_makes_what_there_is():
    commands = [step["run"] for step in steps(OURS.read_text()) if "run" in step]
    made = [command.removeprefix("make ") for command in commands if command.startswith("make ")]

    assert {"check", "test"} <= set(made)
    for target in made:
        result = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr


@pytest.mark.campaign
def test_the_sweep_of_our_workflow_tells_what_it_found_and_fails_although_it_is_piped(tmp_path):
    named = {step.get("name"): step.get("run") for step in steps(OURS.read_text())}
    small = "--jobs 1 --repeat 0 --no-canary --defect timeout-is-failure --no-swarm"
    paystorm = tmp_path / ".venv" / "bin" / "paystorm"
    paystorm.parent.mkdir(parents=True)
    paystorm.write_text(f'#!/bin/sh\nexec {sys.executable} -m scenarios.cli "$@" {small}\n')
    paystorm.chmod(0o755)
    environment = os.environ | {"SEEDS": "2..2", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]  # as GitHub starts it
    sweep = named["Sweep"].replace("sweep all", "sweep latency-spikes")  # one is enough to see it

    results = [
        subprocess.run([*bash, program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        for program in (sweep, named["Summary"])
    ]

    assert [result.returncode for result in results] == [1, 0], results
    told = (tmp_path / "summary.md").read_text()
    assert told.startswith("### Sweep of all scenarios, seeds 2..2\n```text\n")
    assert "found: I4 broken" in told
    assert {"summary.json", "junit.xml"} <= {path.name for path in (tmp_path / "runs" / "sweep").iterdir()}


def test_ci_md_tells_every_exit_code_every_measure_and_every_word():
    assert [int(code) for (code,) in rows("Exit codes")] == [*ExitCode]
    assert [name for names in rows("Thresholds") for name in names] == [*MEASURES]
    assert [words[0] for words in rows("What fails the build")] == [*EVERYTHING.words, "I1", NEVER]


def test_what_ci_md_says_of_a_measure_is_what_the_code_says():
    text = CI.read_text()

    assert [measure.name for measure in MEASURES.values() if f"| {measure.meaning} |" not in text] == []


def test_the_marks_of_pytest_md_can_be_understood():
    (block,) = re.findall(r"^```python\n(.*?)^```", PYTEST.read_text(), re.MULTILINE | re.DOTALL)
    wishes = []

    def mark(*words, **options):
        wishes.append(wish(*words, **options, folder=ROOT))
        return lambda test: test

    exec(block.replace("storms/night.toml", "lost-webhooks").replace("pytest.mark.paystorm", "mark"), {"mark": mark})

    assert [(one.name, len(one.seeds)) for one in wishes] == [("lost-webhooks", 20)] * 2


def test_pytest_md_tells_every_word_of_the_mark():
    section = PYTEST.read_text().partition("## The mark\n")[2].partition("\n## ")[0]
    words = [word for word in inspect.signature(wish).parameters if word != "folder"]

    assert [word for word in words if f"`{word}`" not in section] == []
