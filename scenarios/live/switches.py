"""What was chosen and switched on Locust's pages during a load, as a file beside the diaries."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

_FILE = "switches.jsonl"

type Switched = Mapping[str, object]
"""`at_us`, and either the `scenario` that was begun, or the `fault` that is `on` now or not."""


def note_switch(folder: Path, switched: Switched) -> None:
    """Write down what was switched, once it is."""
    with (folder / _FILE).open("ab") as file:
        file.write(orjson.dumps(switched, option=orjson.OPT_APPEND_NEWLINE))


def read_switches(folder: Path) -> Sequence[Switched]:
    """Return what was switched, in order; nothing where nobody could."""
    path = folder / _FILE
    return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
