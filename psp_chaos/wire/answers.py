"""An answer: status, JSON body and headers, ready to be remembered and sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

type Json = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the merchant is told."""

    status: int
    body: bytes
    object_id: str | None = None  # what it is about
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Tell whether nothing was done."""
        return self.status >= HTTPStatus.BAD_REQUEST


def answer(content: Json, *, status: int = HTTPStatus.OK, object_id: str | None = None) -> Answer:
    """Write an answer about an object."""
    return Answer(status=status, body=encode(content), object_id=object_id)


def encode(content: Json) -> bytes:
    """Write JSON the same way every time."""
    return json.dumps(content, separators=(",", ":")).encode()
