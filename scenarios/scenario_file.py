"""Scenario files: a scenario that a person has written down, as TOML.

The keys are those of `scenarios.spec.Scenario`; `format = 1` is the first, and the file's name is the scenario's unless
the file says another. What is wrong is said in one line, with line and column, as compilers do it:

    storm.toml:14:15: faults.webhook-lost.probability: Input should be less than or equal to 1 (got 7)
"""

import re
import stat
import tomllib
from pathlib import Path

from scenarios.errors import BadInput, BadPlan
from scenarios.spec import FORMAT, Scenario
from scenarios.toml_places import Place, find_place

SUFFIX = ".toml"
_BYTES_MAX = 1_000_000
"""Somebody who writes more has another file in mind."""

_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def is_file_name(word: str) -> bool:
    """Tell whether somebody means a file by this word, and not a scenario of the library."""
    return word.endswith(SUFFIX) or "/" in word


def read_scenario(path: Path) -> Scenario:
    """Return the scenario that a file describes.

    Raises:
        BadInput: The file cannot be read, or is not a scenario.
    """
    name = _shown(path)
    content = _read(path, name)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(line=before.count(b"\n") + 1, column=error.start - before.rfind(b"\n"))
        raise _refused(name, place, f"it is not UTF-8 (byte 0x{content[error.start]:02x})") from None
    return parse_scenario(text, name=name, stem=path.stem)


def parse_scenario(text: str, *, name: str, stem: str) -> Scenario:
    """Return the scenario that a text describes.

    Args:
        text: TOML.
        name: The file's name, for messages.
        stem: What the scenario is called if the text does not say.

    Raises:
        BadInput: It is not a scenario.
    """
    try:
        plan = {"name": stem, **tomllib.loads(text)}
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(name, text, str(error)) from None
    except RecursionError:
        raise BadInput(f"{name}: it is nested too deeply") from None
    if "format" not in plan:
        raise _refused(name, Place(line=1, column=1), f"format is missing; begin with `format = {FORMAT}`")
    try:
        return Scenario.parse(plan)
    except BadPlan as error:
        raise _refused(name, find_place(text, error.path, of_name=error.is_name), str(error)) from None


def _read(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a file"
            raise BadInput(f"{name}: it is {what}; a scenario is a TOML file")
        if status.st_size > _BYTES_MAX:
            raise BadInput(f"{name}: it has {status.st_size:,} bytes; a scenario has at most {_BYTES_MAX:,}")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{name}: cannot be read: {error.strerror}") from None


def _syntax_error(name: str, text: str, message: str) -> BadInput:
    match = _WHERE.search(message)
    what = " ".join(_WHERE.sub("", message).split())
    if match is None:
        return BadInput(f"{name}: {what}")
    if match["line"] is None:
        return _refused(name, Place.at(len(text), text), f"{what}, and here the file ends")
    return _refused(name, Place(line=int(match["line"]), column=int(match["column"])), what)


def _refused(name: str, place: Place, what: str) -> BadInput:
    return BadInput(f"{name}:{place.line}:{place.column}: {what}")


def _shown(path: Path) -> str:
    """Return a path as it can be printed in one line."""
    text = str(path)
    return text if text.isprintable() else repr(text)
