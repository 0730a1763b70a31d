"""A folder that belongs to one plan, for one writer at a time, so that the same command goes on where it ended.

The plan lies in the folder as a file. Whoever comes with another plan is refused, or finds another folder.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import JsonValue

from scenarios.errors import BadInput

_ROOT = Path("runs")

type Description = Mapping[str, JsonValue]


@contextmanager
def claimed(out: Path | None, *, name: str, kind: str, description: Description) -> Iterator[Path]:
    """Yield the folder of a plan, new or begun, for nobody else to write meanwhile.

    Args:
        out: Where it is; by default a folder of that name under `runs`, numbered if another plan has it.
        name: What it is called by default.
        kind: What it is the folder of, such as a sweep; the plan's file is called after it.
        description: The plan, as plain data.

    Raises:
        BadInput: The folder holds something else, or somebody is writing there, or nobody can.
    """
    path = _find(name, kind, description) if out is None else out
    if out is not None and (difference := _difference(path, kind, description)):
        raise BadInput(f"--out {out}: {difference}; name another folder")
    with _lock_file(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{path}: another {kind} is writing there") from None
        write_json(path / f"{kind}.json", description)
        yield path


def _lock_file(path: Path) -> BinaryIO:
    try:
        path.mkdir(parents=True, exist_ok=True)
        return (path / ".lock").open("wb")
    except OSError as error:
        raise BadInput(f"--out {path}: {error.strerror}; name a folder that can be written to") from None


def write_json(path: Path, content: Mapping[str, JsonValue]) -> None:
    """Write a file of JSON; it is there whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    draft.replace(path)


def _find(name: str, kind: str, description: Description) -> Path:
    """Return the folder in which this plan was begun, or the first free one."""
    names = (name if number == 1 else f"{name}.{number}" for number in count(1))
    return next(_ROOT / name for name in names if not _difference(_ROOT / name, kind, description))


def _difference(path: Path, kind: str, description: Description) -> str:
    """Say why this folder is not the plan's; nothing if it is, or could be."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return ""
    file = path / f"{kind}.json"
    if not file.is_file():
        return f"it exists and is not the folder of a {kind}"
    try:
        begun = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        return f"its {file.name} cannot be read"
    # Compared as they would be written: a plan knows tuples, a file does not.
    wanted = orjson.loads(orjson.dumps(description))
    parts = [part for part in wanted if begun.get(part) != wanted[part]]
    if parts == ["code"]:
        return f"it holds a {kind} of another version of the code, of Python or of a library"
    return f"it holds another {kind} (with other {', '.join(parts)})" if parts else ""
