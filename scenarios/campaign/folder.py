"""The folder of a sweep: what was found, written down as it is found, so that the same command goes on where it ended.

sweep.json          the plan
results.jsonl       a line for each run
repetitions.jsonl   a line for each run that was performed again, and held against the first time
canary.jsonl        a line for the run with a planted defect, which the judge had to find
failing/            evidence and report of the runs that failed most quickly
differences/        both performances of each run that could not be repeated
first/              the first performance of runs whose second one is still to come
summary.json        what it came to
junit.xml           the same for build servers
"""

import fcntl
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self

import orjson
from pydantic import JsonValue

from scenarios.campaign.orders import Files
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import LineFile, Repetition, Result, Task
from scenarios.errors import BadInput

_ROOT = Path("runs")
_PLAN = "sweep.json"


class SweepFolder:
    """One sweep on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = LineFile(path / "results.jsonl", Result)
        self.repetitions = LineFile(path / "repetitions.jsonl", Repetition)
        self.canary = LineFile(path / "canary.jsonl", Result)

    @classmethod
    @contextmanager
    def claim(cls, out: Path | None, *, plan: Plan) -> Iterator[Self]:
        """Yield the folder of this plan, new or begun, for nobody else to write meanwhile.

        Raises:
            BadInput: The folder holds something else, or another sweep is writing there.
        """
        folder = cls(_find(plan) if out is None else out)
        if out is not None and (difference := _difference(out, plan)):
            raise BadInput(f"--out {out}: {difference}; name another folder")
        folder.path.mkdir(parents=True, exist_ok=True)
        with (folder.path / ".lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadInput(f"{folder.path}: another sweep is writing there") from None
            _write_json(folder.path / _PLAN, plan.describe())
            try:
                yield folder
            finally:
                folder.results.close()
                folder.repetitions.close()
                folder.canary.close()

    def write_summary(self, summary: Mapping[str, JsonValue]) -> None:
        """Write what the sweep came to."""
        _write_json(self.path / "summary.json", summary)

    def write_junit(self, content: bytes) -> None:
        """Write what the sweep came to as test cases."""
        (self.path / "junit.xml").write_bytes(content)

    def failing(self, task: Task) -> Path:
        """Where the evidence of a failing run is."""
        return self.path / "failing" / _name(task)

    def forget_failing(self, *, but: Collection[Task]) -> None:
        """Remove the evidence of failing runs other than these."""
        kept = {_name(task) for task in but}
        for folder in (self.path / "failing").glob("[!.]*"):
            if folder.name not in kept:
                shutil.rmtree(folder)

    def first(self, task: Task) -> Path:
        """Where the first performance of a run waits for the second."""
        return self.path / "first" / _name(task)

    def difference(self, task: Task) -> Path:
        """Where both performances of a run are that could not be repeated."""
        return self.path / "differences" / _name(task)


def write_files(files: Files, folder: Path) -> None:
    """Write the evidence of a run; a folder is there whole or not at all."""
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    for name, content in files.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the evidence that `write_files` wrote."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def remove(folder: Path) -> None:
    """Remove a run's evidence, and the folder around it if that was the last one."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.exists() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _find(plan: Plan) -> Path:
    """Return the folder in which this plan was begun, or the first free one."""
    name = f"sweep-{plan.title}-{plan.seeds.first}-{plan.seeds.last}"
    names = (name if number == 1 else f"{name}.{number}" for number in count(1))
    return next(_ROOT / name for name in names if not _difference(_ROOT / name, plan))


def _difference(path: Path, plan: Plan) -> str:
    """Say why this folder is not the plan's; nothing if it is, or could be."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return ""
    if not (path / _PLAN).is_file():
        return "it exists and is not the folder of a sweep"
    try:
        begun, wanted = orjson.loads((path / _PLAN).read_bytes()), plan.describe()
    except orjson.JSONDecodeError:
        return f"its {_PLAN} cannot be read"
    # Compared as they would be written: a plan knows tuples, a file does not.
    wanted = orjson.loads(orjson.dumps(wanted))
    parts = [part for part in wanted if begun.get(part) != wanted[part]]
    if parts == ["code"]:
        return "it holds a sweep of another version of the code, of Python or of a library"
    return f"it holds another sweep (with other {', '.join(parts)})" if parts else ""


def _write_json(path: Path, content: Mapping[str, JsonValue]) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    draft.replace(path)


def _name(task: Task) -> str:
    return f"{task.scenario}-{task.seed}"
