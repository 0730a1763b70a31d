"""Parameters: what a form means to an operation, as Stripe documents it.

What is listed is understood; what an operation calls harmless is accepted and changes nothing here. Anything else is
logged by its name and ignored, or refused in strict mode.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, ClassVar, TypeAliasType, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.expansion import plan
from psp_chaos.wire.fields import (
    EVER,
    LIMIT_MAX,
    Name,
    Part,
    Sequence,
    When,
    Whole,
)
from psp_chaos.wire.form import Form

_log = logging.getLogger(__name__)

type _Shape = Mapping[str, _Shape | None]


class Parameters(BaseModel):
    """Parameters that every operation understands."""

    model_config = ConfigDict(frozen=True)

    harmless: ClassVar[frozenset[str]] = frozenset()  # accepted, and without meaning here
    unsets: ClassVar[bool] = False  # an empty string unsets; otherwise it is as if it were not there

    expand: Sequence = ()

    def check(self) -> None:
        """Refuse what does not fit together."""


class Page(Parameters):
    """Which part of a list is wanted."""

    limit: Annotated[Whole, Field(ge=1, le=LIMIT_MAX)] = 10
    starting_after: Name | None = None
    ending_before: Name | None = None
    created: When = EVER


def read[P: Parameters](model: type[P], form: Form, *, strict: bool, shows: str | None = None) -> P:
    """Return the parameters that a form holds; `shows` is the kind of the object that is to be shown.

    Raises:
        WireError: One is missing, cannot be understood or, in strict mode, is unknown.
    """
    unknown = list(_unknown(form, _shape(model)))
    if unknown and strict:
        raise WireError(f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])
    if unknown:
        # A name may hold anything, even lines.
        _log.info("ignored unknown parameters: %s", ", ".join(map(ascii, unknown)))
    try:
        parameters = model.model_validate(form if model.unsets else _without_blanks(form))
    except ValidationError as error:
        raise _refused(error.errors(include_url=False)[0]) from None
    plan(parameters.expand, shows)
    parameters.check()
    return parameters


def _without_blanks(form: Form) -> Form:
    whole: Form = {}
    for name, value in form.items():
        kept = _without_blanks(value) if isinstance(value, dict) else value
        if kept:
            whole[name] = kept
    return whole


def _unknown(form: Form, shape: _Shape, path: str = "") -> Iterator[str]:
    for name, value in form.items():
        if name not in shape:
            yield f"{path}[{name}]" if path else name
        elif isinstance(value, dict) and (inner := shape[name]) is not None:
            yield from _unknown(value, inner, f"{path}[{name}]" if path else name)


@cache
def _shape(model: type[BaseModel]) -> _Shape:
    """Return the names that a model knows, with those of its parts; whoever has no names takes any."""
    harmless: frozenset[str] = getattr(model, "harmless", frozenset())
    known = {name: _part_shape(field.annotation) for name, field in model.model_fields.items()}
    return {**dict.fromkeys(harmless), **known}


def _part_shape(annotation: object) -> _Shape | None:
    part = next(_parts(annotation), None)
    return None if part is None else _shape(part)


def _parts(annotation: object) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for alias in (annotation, get_origin(annotation)):
        if isinstance(alias, TypeAliasType):
            yield from _parts(alias.__value__)
    for argument in get_args(annotation):
        yield from _parts(argument)


def _refused(problem: ErrorDetails) -> WireError:
    root, *steps = (str(step) for step in problem["loc"] if step != "[key]")
    param = root + "".join(f"[{step}]" for step in steps)
    if problem["type"] == "missing":
        return WireError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    reason = problem["msg"].removeprefix("Value error, ")
    return WireError(f"Invalid {param}: {reason}", code=_code(problem, root), param=param)


def _code(problem: ErrorDetails, root: str) -> str | None:
    if problem["input"] == "":
        return "parameter_invalid_empty"
    codes = _AMOUNT_CODES if root.startswith("amount") else _CODES
    return codes.get(problem["type"])


_CODES: Mapping[str, str] = {
    "email_invalid": "email_invalid",
    "extra_forbidden": "parameter_unknown",
    "greater_than_equal": "parameter_invalid_integer",
    "less_than_equal": "parameter_invalid_integer",
    "parameter_invalid_integer": "parameter_invalid_integer",
    "url_invalid": "url_invalid",
}

_AMOUNT_CODES: Mapping[str, str] = {
    **_CODES,
    "greater_than_equal": "amount_too_small",
    "less_than_equal": "amount_too_large",
}
