"""A scenario as the text of a file that says the same: what differs from the defaults, in the order of the format.

The name is left out, because a scenario is called what its file is called.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue

from scenarios.errors import BadInput
from scenarios.spec import Scenario

_WIDTH = 100
_TABLES = ("scripts", "service", "psp")
_LISTS = ("incidents", "faults", "decisions")
_IDENTITY = ("id", "where", "kind")  # of a fault, whatever its defaults are


def to_toml(scenario: Scenario) -> str:
    """Return the text of a scenario file.

    Raises:
        BadInput: A setting is null, for which TOML has no word.
    """
    plan = {"format": scenario.format, **scenario.model_dump(mode="json", exclude_defaults=True)}
    lines = [f"{key} = {_value(value, key)}" for key, value in plan.items() if key not in ("name", *_TABLES, *_LISTS)]
    for key in _TABLES:
        if plan.get(key):
            lines += ["", f"[{key}]", *_pairs(plan[key])]
    for key in _LISTS:
        for item in getattr(scenario, key):
            lines += ["", f"[[{key}]]", *_pairs(_fields(item))]
    return "\n".join(lines) + "\n"


def _fields(item: BaseModel) -> dict[str, JsonValue]:
    identity = {name: getattr(item, name) for name in _IDENTITY if name in type(item).model_fields}
    return {**identity, **item.model_dump(mode="json", exclude_defaults=True)}


def _pairs(table: Mapping[str, JsonValue]) -> Iterator[str]:
    return (f"{_key(name)} = {_value(value, name)}" for name, value in table.items())


def _value(value: JsonValue, name: str) -> str:
    match value:
        case None:
            raise BadInput(f"{name} is null, for which TOML has no word; set it with --set {name}=null")
        case bool():
            return "true" if value else "false"
        case str():
            return _long_text(value) if len(value) > _WIDTH and value.isprintable() else _text(value)
        case float() | int():
            return str(int(value)) if float(value).is_integer() else repr(value)
        case list():
            return f"[{', '.join(_value(item, name) for item in value)}]"
        case dict():
            return f"{{ {', '.join(_pairs(value))} }}" if value else "{}"


def _long_text(text: str) -> str:
    """Return a paragraph as lines of a width that one can read; the backslash at the end of each joins them."""
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if " ".join(lines) != text:
        return _text(text)  # the spaces in it mean something
    return '"""\\\n' + " \\\n".join(_text(line)[1:-1] for line in lines) + '"""'


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one character that only TOML minds


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if is_bare else _text(name)
