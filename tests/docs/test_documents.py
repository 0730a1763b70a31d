"""Documents tell the truth: every command in them runs, prints what is shown, and every link leads somewhere."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from psp_chaos.faults.menu import MENU
from reports.checks import CHECKS
from scenarios.cli.main import run_command

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ELLIPSIS = "..."
# These run until somebody stops them, or load the machine; tests of their own run them as they are printed.
ELSEWHERE = {
    "paystorm serve": "tests/live/test_serve.py",
    "paystorm live": "tests/live/test_live.py",
    "paystorm load": "tests/live/test_load.py",
    "paystorm psp": "tests/psp_product/test_psp_command.py",
}


@dataclass(frozen=True)
class Example:
    """A command of a document with the output that is shown below it."""

    document: str
    command: str
    output: tuple[str, ...]


def examples() -> Iterator[Example]:
    for document in DOCUMENTS:
        for block in re.findall(r"^```console\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, *output = part.splitlines()
                yield Example(document.name, command, tuple(output))


EXAMPLES = list(examples())
PAYSTORM = [example for example in EXAMPLES if example.command.startswith("paystorm ")]


def is_elsewhere(example: Example) -> bool:
    return any(example.command.startswith(prefix) for prefix in ELSEWHERE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, because later commands speak of earlier runs."""
    return tmp_path_factory.mktemp("documents")


def test_there_are_examples_and_each_is_of_a_kind_that_is_tested():
    assert len(PAYSTORM) >= 5
    assert all(example.command.split()[0] in {"paystorm", "make"} for example in EXAMPLES)
    assert all((ROOT / test).exists() for test in ELSEWHERE.values())


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_every_command_runs_and_prints_what_is_shown(desk, monkeypatch, capfd):
    monkeypatch.chdir(desk)
    for example in PAYSTORM:
        if is_elsewhere(example):
            continue
        is_broken = "--defect" in example.command or "shrink" in example.command
        expected_code = 1 if is_broken and "--fail-on" not in example.command else 0
        # As the command would, without importing everything anew for each.
        code = run_command(shlex.split(example.command)[1:])
        stdout, stderr = capfd.readouterr()

        assert code == expected_code, f"{example.command}: {stderr}"
        # Amounts are printed with a space that does not break, which nobody types into a document.
        assert_shown(example, stdout.replace("\N{NO-BREAK SPACE}", " ").splitlines())


def assert_shown(example: Example, printed: list[str]) -> None:
    """Each line that is shown was printed, in this order; `...` stands for lines left out."""
    rest = iter(printed)
    for line in example.output:
        if line != ELLIPSIS:
            assert line in rest, f"{example.document}: {example.command} no longer prints {line!r}"


@pytest.mark.parametrize("target", sorted({e.command.split()[1] for e in EXAMPLES if e.command.startswith("make ")}))
def test_every_make_target_exists(target):
    result = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_file_that_the_code_map_names_exists():
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`", (ROOT / "ARCHITECTURE.md").read_text())
    places = ["", "scenarios/", "psp_chaos/", "reports/"]

    assert len(named) > 20
    assert [name for name in named if not any((ROOT / place / name).exists() for place in places)] == []


def test_the_readme_is_short_and_its_recipes_name_files_that_exist():
    readme = (ROOT / "README.md").read_text()
    recipes = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", (ROOT / "CONTRIBUTING.md").read_text())

    assert len(readme.splitlines()) < 150
    assert recipes
    assert [name for name in recipes if not (ROOT / name).exists()] == []


def test_the_readme_has_a_line_for_each_invariant():
    told = re.findall(r"^\| (I\d+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert told == [check.id for check in CHECKS]


@pytest.mark.parametrize("document", ["README.md", "docs/psp.md"])
def test_the_number_of_faults_that_is_told_is_how_many_there_are(document):
    told = re.findall(r"(?i)\b(44|forty-four)\b", (ROOT / document).read_text())

    assert told
    assert len(MENU) == 44
