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


def text_in(metadata: JsonObject, key: str) -> str | None:
    """Return what stands under this key; metadata is for the service to fill, so anything may stand there."""
    value = metadata.get(key)
    return value if isinstance(value, str) and value else None
