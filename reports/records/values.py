"""What stands in a field: JSON, as it is or as text, and remarks on how to keep it."""

from dataclasses import dataclass

import orjson

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]
type JsonText = str | None
"""JSON that stays text, as it was written, until somebody looks into it, which of most answers nobody ever does."""

SINGLE = "single"
"""Marks what hardly comes twice, so that to look for its like costs more than it saves."""


@dataclass(frozen=True, slots=True)
class KeptWith:
    """Marks a field that a judge needs only where another one is there; elsewhere its content stays in the file."""

    other: str


def parsed(text: JsonText) -> Json:
    """Return what the text says; no text says nothing."""
    value: Json = None if text is None else orjson.loads(text)
    return value


def within(said: Json, key: str, default: Json = None) -> Json:
    """Return what stands under this key; what is no object has no keys."""
    return said.get(key, default) if isinstance(said, dict) else default


def as_text(said: Json) -> str | None:
    """Return a text that names something; where anything may stand, whatever else does names nothing."""
    return said if isinstance(said, str) and said else None
