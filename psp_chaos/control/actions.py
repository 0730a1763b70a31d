"""What an operator can do: every action at its method and path, with what it takes and what it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypedDict

from pydantic import BaseModel

from psp_chaos.control.asked import Asked, Model, Nothing

type Json = dict[str, Any]


class Rows(TypedDict):
    """One page."""

    data: list[Json]
    total: int  # rows there are
    next: str | None  # what to give as `after` for the rows behind these; null: there was none yet
    has_more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One thing an operator can do; the docstring of what performs it is its description."""

    method: str
    path: str  # behind `/_chaos`
    perform: Callable[[Asked[Any, Any]], Awaitable[object]]
    query: type[Model] = Nothing
    body: type[BaseModel] | None = None  # None: whatever is sent is not looked at
    status: HTTPStatus = HTTPStatus.OK
    answers: Any = Json  # the type of the answer
    is_open: bool = False  # to whoever has no token

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        assert self.perform.__doc__, "an action says what it does"
        return self.perform.__doc__.strip().partition("\n")[0]
