"""Notebooks are executed from top to bottom on a fresh run."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from scenarios.database import database_server
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

NOTEBOOKS = sorted(Path(__file__).parents[2].glob("notebooks/*.py"))


@pytest.fixture(scope="module")
def run_folder(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks") / "run"
    scenario = LIBRARY["lost-webhooks"].with_changes({"customers": "30", "service.worker_period_s": "20"})
    with database_server(postgres.url()) as server, Stage(server) as stage:
        stage.perform(scenario, seed=7).write(folder)
    return folder


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# The kernel's own libraries warn about each other; what the notebook itself does is judged by its cells.
@pytest.mark.filterwarnings("default")
def test_a_notebook_runs_from_top_to_bottom(path, run_folder, monkeypatch):
    monkeypatch.setenv("PAYSTORM_RUN", str(run_folder))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = jupytext.read(path)

    NotebookClient(notebook, timeout=90, resources={"metadata": {"path": path.parent}}).execute()

    nbformat.validate(notebook)
    errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert not errors
