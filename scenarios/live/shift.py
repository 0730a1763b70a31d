"""From when to when one process of an open load let customers in, as a small file beside the diaries.

Its schedule follows from the seed, so that these two moments tell who should have come.
"""

from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """When one process of the load let customers in; times in microseconds since the epoch."""

    part: int
    began_at_us: int
    ended_at_us: int | None = None  # None: it has not ended yet, or was killed

    def write(self, folder: Path) -> None:
        """Keep it beside the diaries."""
        (folder / f"shift-{self.part}.json").write_bytes(orjson.dumps(self))

    @classmethod
    def read_all(cls, folder: Path) -> list["Shift"]:
        """Return those of all processes."""
        return [cls(**orjson.loads(path.read_bytes())) for path in sorted(folder.glob("shift-*.json"))]
