"""Where runs are kept: one folder a run, and a link to the latest."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from scenarios.errors import BadInput

_ROOT = Path("runs")
_LATEST = "latest"


@contextmanager
def folder_for_run(out: Path | None, *, scenario: str, seed: int) -> Iterator[Path]:
    """Yield the folder to write: `out`, or the first free one under `runs/`; earlier runs are never overwritten.

    It is made at once, so that who starts at the same moment finds another one, and nobody has run for nothing who may
    not write there. If nothing is written into it, it is gone at the end.

    Raises:
        BadInput: `out` is there and is not an empty folder, or there is no place for it.
    """
    was_there = out is not None and out.is_dir()
    try:
        folder = _first_free(f"{scenario}-{seed}") if out is None else _wanted(out)
    except OSError as error:
        raise BadInput(f"--out {out or _ROOT}: {error.strerror}; name a folder that can be written to") from None
    try:
        yield folder
    finally:
        if not was_there:
            with suppress(OSError):  # something was written
                for inner in folder.iterdir():
                    inner.rmdir()
                folder.rmdir()
                if out is None:
                    _ROOT.rmdir()


def link_latest(folder: Path) -> None:
    """Let `runs/latest` point to this run, if it is kept under `runs/`."""
    if folder.parent != _ROOT:
        return
    link = _ROOT / f".{_LATEST}-{os.getpid()}"
    link.symlink_to(folder.name)
    link.replace(_ROOT / _LATEST)


def _wanted(out: Path) -> Path:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"--out {out}: it exists and is not empty; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(out))
    return out


def _first_free(name: str) -> Path:
    _ROOT.mkdir(exist_ok=True)  # so that what stands in its way is told from a folder that is taken
    for number in count(1):
        folder = _ROOT / (name if number == 1 else f"{name}.{number}")
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise AssertionError("there is always one more number")
