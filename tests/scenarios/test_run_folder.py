"""Where a run is written: a folder of its own, made before anything is done, and gone if nothing came of it."""

import errno
from pathlib import Path

import pytest

from scenarios.cli.main import run_command
from scenarios.errors import BadInput
from scenarios.run_folder import folder_for_run


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folder(out=None):
    return folder_for_run(out, scenario="storm", seed=7)


def test_runs_that_start_at_once_get_a_folder_each(here):
    with folder() as one, folder() as other:
        for path in (one, other):
            (path / "manifest.json").touch()

    assert [str(path) for path in (one, other)] == ["runs/storm-7", "runs/storm-7.2"]
    assert all((here / path / "manifest.json").exists() for path in (one, other))


def test_a_run_that_wrote_nothing_leaves_nothing(here):
    with folder() as path:
        (path / "logs").mkdir()

    assert list(here.iterdir()) == []


def test_an_empty_folder_is_taken_and_stays(here):
    (here / "mine").mkdir()

    with folder(here / "mine") as path:
        assert path == here / "mine"

    assert path.exists()


@pytest.mark.parametrize("out", ["file", "file/below", "full", "/proc/nothing"])
def test_where_nothing_can_be_written_is_said_at_once(here, out):
    (here / "file").touch()
    (here / "full").mkdir()
    (here / "full" / "already").touch()

    with pytest.raises(BadInput, match=rf"--out {out}: .*; name a"), folder(Path(out)):
        pass


@pytest.mark.parametrize(
    "command", [("run",), ("live",), ("load", "--headless"), ("sweep", "--seeds", "1..2"), ("hunt",)]
)
def test_every_command_says_so_in_one_line(here, command, capsys):
    (here / "file").touch()

    assert run_command([*command, "duplicate-clicks", "--out", "file/below"]) == 2

    assert capsys.readouterr().err.splitlines() == [
        "paystorm: --out file/below: Not a directory; name a folder that can be written to"
    ]


def test_something_in_the_place_of_runs_is_no_endless_search(here):
    (here / "runs").symlink_to("nowhere")

    with pytest.raises(BadInput, match="--out runs"), folder():
        pass


def test_a_full_disk_is_one_line_and_exit_code_4(monkeypatch, capsys):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scenarios.cli.main.app", fail)

    assert run_command(["list"]) == 4
    assert capsys.readouterr().err == "paystorm: this machine refuses: [Errno 28] No space left on device\n"


def test_an_error_of_our_own_is_not_taken_for_the_machines(monkeypatch):
    def fail(*_, **__):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr("scenarios.cli.main.app", fail)

    with pytest.raises(FileNotFoundError):
        run_command(["list"])
