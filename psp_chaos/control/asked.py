"""What is asked of the control plane: read, bounded and checked before anybody acts on it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from psp_chaos.control.plant import Mode, Plant
from psp_chaos.control.refusals import BodyTooLarge, Unreadable
from psp_chaos.wire.realms import Realm

PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000
BODY_BYTES_MAX = 65_536


class Model(BaseModel):
    """Something that is sent here; what nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Model):
    """No parameters."""


class InRealm(Model):
    """Which account in which mode is meant; the first one that fits."""

    account: str | None = None
    mode: Mode | None = None


class Page(InRealm):
    """Which rows, oldest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS
    after: Annotated[str, Field(max_length=100)] | None = None  # `next` of the page before


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked[Q: Model, B]:
    """One request that was understood."""

    plant: Plant
    query: Q
    body: B
    target: str  # what the path names, or nothing

    @property
    def realm(self) -> Realm:
        """The account and mode that it is about."""
        assert isinstance(self.query, InRealm), "this request is not about one realm"
        return self.plant.realm(account=self.query.account, mode=self.query.mode)


def read_query[Q: Model](kind: type[Q], request: Request) -> Q:
    """Read the parameters behind the path.

    Raises:
        Unreadable: One of them is unknown or wrong.
    """
    try:
        return kind.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise Unreadable(problems(error, known=kind)) from None


async def read_body[B: BaseModel](kind: type[B], request: Request) -> B:
    """Read the body as JSON; an empty one means an object without anything in it.

    Raises:
        Unreadable: It is no JSON, or not what is expected.
        BodyTooLarge: It is too large to be read.
    """
    body = await read_bytes(request)
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise Unreadable(problems(error, known=kind)) from None


async def read_bytes(request: Request) -> bytes:
    """Read a body to its end, or refuse it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLarge
    return bytes(body)


def problems(error: ValidationError, *, known: type[BaseModel]) -> list[str]:
    """Say in one line each what is wrong."""
    return [
        _problem(".".join(str(step) for step in found["loc"]), kind=found["type"], message=found["msg"], known=known)
        for found in error.errors(include_url=False, include_input=False)
    ]


def _problem(place: str, *, kind: str, message: str, known: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return f"unknown {place}; choose from {', '.join(known.model_fields) or 'nothing'}"
    said = message.removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
