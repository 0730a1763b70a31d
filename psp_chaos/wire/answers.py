"""Answers as Stripe writes them: JSON, the same bytes for the same content."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from psp_chaos.answers import Answer

type Json = Mapping[str, object]


def answer(content: Json, *, status: int = HTTPStatus.OK, object_id: str | None = None) -> Answer:
    """Write an answer about an object."""
    return Answer(status=status, body=encode(content), object_id=object_id)


def encode(content: Json) -> bytes:
    """Write JSON the same way every time."""
    return json.dumps(content, separators=(",", ":")).encode()
