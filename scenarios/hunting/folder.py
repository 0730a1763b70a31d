"""The folder of a hunt: what was tried, written down as it is, so that the same command goes on where it ended.

hunt.json       the plan
tried.jsonl     a line for each run: what it was, what became of it, what it has reached
findings/       evidence, scenario file and report of the first runs that broke something
summary.json    what it came to
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from scenarios.campaign.claim import claimed, write_json
from scenarios.campaign.folder import write_files
from scenarios.campaign.orders import Files
from scenarios.campaign.results import LineFile
from scenarios.hunting.plan import HuntPlan
from scenarios.hunting.tried import Tried
from scenarios.scenario_text import to_toml
from scenarios.spec import Scenario

KEPT_MAX = 10
"""Of how many findings the evidence is kept."""


class HuntFolder:
    """One hunt on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tried = LineFile(path / "tried.jsonl", Tried)

    @classmethod
    @contextmanager
    def claim(cls, out: Path | None, *, plan: HuntPlan) -> Iterator[Self]:
        """Yield the folder of this plan, new or begun, for nobody else to write meanwhile.

        Raises:
            BadInput: The folder holds something else, or another hunt is writing there.
        """
        with claimed(out, name=plan.name, kind="hunt", description=plan.describe()) as path:
            folder = cls(path)
            try:
                yield folder
            finally:
                folder.tried.close()

    def keep(self, tried: Tried, files: Files, *, scenario: Scenario) -> None:
        """Keep the evidence of a run, and its scenario as a file, if not too many are kept already."""
        if len(self.kept()) < KEPT_MAX:
            text = to_toml(scenario).encode()
            write_files({**files, f"{scenario.name}.toml": text}, self.finding(tried))

    def kept(self) -> list[Path]:
        """Return the runs of which evidence is kept."""
        return sorted((self.path / "findings").glob("[!.]*"))

    def finding(self, tried: Tried) -> Path:
        """Where the evidence of a run is, if it was kept."""
        return self.path / "findings" / tried.name

    def write_summary(self, summary: Mapping[str, JsonValue]) -> None:
        """Write what the hunt came to."""
        write_json(self.path / "summary.json", summary)
