"""Fault files: faults that a person has written down, as TOML or as JSON.

A TOML file has a table `[[faults]]` for each fault; a JSON file is a list of faults, or an object like the TOML file.
Both may have a title and a story. What is wrong with a file is said in one line: which file, which fault, which field.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from psp_chaos.errors import BadFaultFile
from psp_chaos.faults.naming import only
from psp_chaos.faults.spec import FaultSpec

SHOWN_MAX = 80  # characters of a value that does not fit

_IN_OUR_WORDS = {"model_type": "expected named fields", "tuple_type": "expected a list"}
"""What pydantic says in words that only its users know."""


class FaultFile(BaseModel):
    """What a file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    story: str = ""
    faults: tuple[FaultSpec, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _names_exist(cls, data: object) -> object:
        return only(*cls.model_fields)(data)

    @model_validator(mode="after")
    def _each_has_an_id_of_its_own(self) -> Self:
        ids = [fault.id for fault in self.faults]
        if twice := [one for one in ids if ids.count(one) > 1]:
            raise ValueError(f"two faults have the id {twice[0]!r}; give one of them another")
        return self


def read_faults(path: Path) -> tuple[FaultSpec, ...]:
    """Return the faults of a file.

    Raises:
        BadFaultFile: The file cannot be read, or is not a description of faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadFaultFile(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadFaultFile(f"{path}: cannot be read: it is not UTF-8") from None
    return parse_faults(text, name=str(path)).faults


def parse_faults(text: str, *, name: str) -> FaultFile:
    """Return what a text says that stands in a file of this name.

    Raises:
        BadFaultFile: It is not a description of faults.
    """
    try:
        data = _data(text, suffix=Path(name).suffix)
    except ValueError as error:
        raise BadFaultFile(f"{name}: {error}") from None
    except RecursionError:
        raise BadFaultFile(f"{name}: it is nested too deeply") from None
    content: JsonValue = {"faults": data} if isinstance(data, list) else data
    try:
        return FaultFile.model_validate(content)
    except ValidationError as error:
        raise BadFaultFile(f"{name}: {_one_line(error, content)}") from None


def _data(text: str, *, suffix: str) -> JsonValue:
    match suffix.lower():
        case ".toml":
            return tomllib.loads(text)
        case ".json":
            data: JsonValue = json.loads(text, object_pairs_hook=_without_repetition)
            return data
        case _:
            raise ValueError("write faults into a file that ends in .toml or .json")


def _without_repetition(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]!r} is given twice")
    return dict(pairs)


def _one_line(error: ValidationError, content: JsonValue) -> str:
    """Return the first of the problems: which fault, which field, what is wrong with it, and what was given."""
    first = error.errors(include_url=False)[0]
    path, fault = list(first["loc"]), ""
    if path[:1] == ["faults"] and len(path) > 1:
        number = int(path[1])
        fault, path = f"fault {number + 1}{_named(content, number)}: ", path[2:]
    place = f"{'.'.join(str(step) for step in path)}: " if path else ""
    given = "" if first["type"] in ("missing", "value_error") else f" (got {first['input']!r:.{SHOWN_MAX}})"
    problem = _IN_OUR_WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
    return f"{fault}{place}{problem}{given}"


def _named(content: JsonValue, number: int) -> str:
    """Return what the author calls a fault, if it is called anything."""
    faults = content.get("faults") if isinstance(content, Mapping) else None
    fault = faults[number] if isinstance(faults, list) else None
    name = fault.get("id") if isinstance(fault, Mapping) else None
    return f" {name!r}" if isinstance(name, str) else ""
