"""What memory and descriptors the processes of a live run had, where the runner has written it down.

That is no evidence, and no check reads it; it stands beside the evidence, in a file of its own.
"""

from pathlib import Path

import pandas as pd

from reports.errors import EvidenceError
from reports.jsonlines import parse_object, read_bytes
from reports.records import Json, Manifest

_FILE = "resources.jsonl"
_COLUMNS = ("at_s", "process", "pid", "memory_mib", "descriptors")
_MICROSECONDS = 1_000_000
_KIB_PER_MIB = 1_024


NO_SAMPLES = pd.DataFrame(columns=list(_COLUMNS))
"""Of a run that nobody looked at."""


def read_resources(folder: Path, manifest: Manifest) -> pd.DataFrame:
    """Return a row for each process and second of the storm; none for a run that has no such file.

    `at_s` counts from the beginning of the run, a new `pid` is a new life, and `memory_mib` is what the process has
    allocated itself.

    Raises:
        EvidenceError: The file is there and is not what a runner writes.
    """
    path = folder / _FILE
    lines = read_bytes(path).splitlines() if path.exists() else []
    rows = [_row(line, where=f"{path} line {number}", manifest=manifest) for number, line in enumerate(lines, start=1)]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _row(line: bytes, *, where: str, manifest: Manifest) -> tuple[float, str, int, float, int]:
    sample = parse_object(line, where=where)
    return (
        (_number(sample, "at_us", where) - manifest.started_at_us) / _MICROSECONDS,
        str(sample.get("process")),
        _number(sample, "pid", where),
        _number(sample, "memory_kib", where) / _KIB_PER_MIB,
        _number(sample, "descriptors", where),
    )


def _number(sample: dict[str, Json], name: str, where: str) -> int:
    value = sample.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise EvidenceError(
            where=where, what=f"{name} is no whole number", mend=f"remove {_FILE}, which is no evidence"
        )
    return value
