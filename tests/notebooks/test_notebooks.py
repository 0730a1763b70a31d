"""Notebooks are executed from top to bottom on fresh runs."""

from pathlib import Path

import pytest

from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

jupytext = pytest.importorskip("jupytext")
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOKS = sorted(Path(__file__).parents[2].glob("notebooks/*.py"))
READS_A_RUN = "reading_a_run"  # the others perform their own, which takes them long


@pytest.fixture(scope="module")
def run_folder(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks") / "run"
    scenario = LIBRARY["lost-webhooks"].with_changes({"customers": "30", "service.worker_period_s": "20"})
    stage.perform(scenario, seed=7).write(folder)
    return folder


@pytest.fixture
def execute(monkeypatch):
    """Execute a notebook and return it with its outputs."""
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")

    def run(path: Path):
        notebook = jupytext.read(path)
        client = nbclient.NotebookClient(notebook, timeout=110, resources={"metadata": {"path": path.parent}})
        client.execute()
        nbformat.validate(notebook)
        return notebook

    return run


def outputs(notebook, kind: str) -> list:
    return [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == kind]


def _marked(path):
    """One of them is executed in every build; all three together would take a minute of it."""
    return pytest.param(path, id=path.stem, marks=pytest.mark.slow if "anatomy" in path.stem else pytest.mark.campaign)


def has_figure(notebook) -> bool:
    return any("image/png" in out.data for out in outputs(notebook, "execute_result"))


def test_there_is_a_notebook():
    assert READS_A_RUN in {path.stem for path in NOTEBOOKS}


# The kernel's own libraries warn about each other; what the notebook itself does is judged by its cells.
@pytest.mark.filterwarnings("default")
def test_a_notebook_reads_a_run(execute, run_folder, monkeypatch):
    monkeypatch.setenv("PAYSTORM_RUN", str(run_folder))

    notebook = execute(next(path for path in NOTEBOOKS if path.stem == READS_A_RUN))

    assert not outputs(notebook, "error")
    assert has_figure(notebook)


@pytest.mark.parametrize("path", [_marked(path) for path in NOTEBOOKS if path.stem != READS_A_RUN])
@pytest.mark.filterwarnings("default")
def test_a_notebook_performs_its_runs_says_what_it_measured_and_shows_it(execute, path):
    notebook = execute(path)

    assert not outputs(notebook, "error")
    assert "stdout" in {out.name for out in outputs(notebook, "stream")}
    assert has_figure(notebook)
