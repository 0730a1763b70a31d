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

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from scenarios.campaign.claim import claimed, write_json
from scenarios.campaign.orders import Files
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import LineFile, Repetition, Result, Task


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
        name = f"sweep-{plan.title}-{plan.seeds.first}-{plan.seeds.last}"
        with claimed(out, name=name, kind="sweep", description=plan.describe()) as path:
            folder = cls(path)
            try:
                yield folder
            finally:
                folder.results.close()
                folder.repetitions.close()
                folder.canary.close()

    def write_summary(self, summary: Mapping[str, JsonValue]) -> None:
        """Write what the sweep came to."""
        write_json(self.path / "summary.json", summary)

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


def _name(task: Task) -> str:
    return f"{task.scenario}-{task.seed}"
