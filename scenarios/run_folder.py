"""Where runs are kept: one folder a run, and a link to the latest."""

import os
from itertools import count
from pathlib import Path

from scenarios.errors import BadInput

_ROOT = Path("runs")
_LATEST = "latest"


def choose_folder(out: Path | None, *, scenario: str, seed: int) -> Path:
    """Return the folder to write: `out`, or the first free one under `runs/`; earlier runs are never overwritten.

    Raises:
        BadInput: `out` is there and is not an empty folder.
    """
    if out is None:
        return _first_free(_ROOT, f"{scenario}-{seed}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"--out {out}: it exists and is not empty; name a new folder")
    return out


def link_latest(folder: Path) -> None:
    """Let `runs/latest` point to this run, if it is kept under `runs/`."""
    if folder.parent != _ROOT:
        return
    link = _ROOT / f".{_LATEST}-{os.getpid()}"
    link.symlink_to(folder.name)
    link.replace(_ROOT / _LATEST)


def _first_free(root: Path, name: str) -> Path:
    names = (name if number == 1 else f"{name}.{number}" for number in count(1))
    return next(root / free for free in names if not (root / free).exists())
