"""An answer: status, body and headers, ready to be remembered and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the merchant is told."""

    status: int
    body: bytes
    object_id: str | None = None  # what it is about
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_distorted: bool = False  # a fault hid something that a sound provider would have shown

    @property
    def refused(self) -> bool:
        """Tell whether nothing was done."""
        return self.status >= HTTPStatus.BAD_REQUEST
