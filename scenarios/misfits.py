"""Refusals that say where: which part of a plan does not fit, for whoever shows the place in a file.

pydantic keeps the path of a problem as long as it finds the problem itself. What a validator of ours refuses would be
placed at the whole value that it was given; raised from here, it is placed at the part that is wrong.
"""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from psp_chaos.faults.naming import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

type Path = tuple[str | int, ...]
"""Names of tables and keys, and positions in lists counted from 0."""

MISSPELT = "misspelt"
"""The type of a problem with a name; its place is the name itself and not what stands behind it."""


def misfit(what: str, *, at: Path, given: object, kind: str = "value_refused") -> ValidationError:
    """Return the error that says this of the part at this path of the value that is being validated."""
    problem = PydanticCustomError(kind, "{what}", {"what": what})
    return ValidationError.from_exception_data("plan", [InitErrorDetails(type=problem, loc=at, input=given)])


def refuse_unknown(names: Iterable[object], *, known: Iterable[str], what: str = "", within: Path = ()) -> None:
    """Refuse the first of these names that is not known, with the one that was probably meant.

    Raises:
        ValidationError: There is such a name.
    """
    choices = list(known)
    for name in names:
        if name not in choices:
            said = unknown([str(name)], known=choices, what=what)
            raise misfit(said, at=(*within, str(name)), given=name, kind=MISSPELT)


@contextmanager
def placed_at(*path: str | int) -> "Iterator[None]":
    """Place the problems of a part where that part is in the whole."""
    try:
        yield
    except ValidationError as error:
        problems = [
            InitErrorDetails(
                type=PydanticCustomError(one["type"], "{what}", {"what": one["msg"]}),
                loc=(*path, *one["loc"]),
                input=one["input"],
            )
            for one in error.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(error.title, problems) from None


def as_mapping(value: object, *, at: Path = (), what: str) -> Mapping[str, object]:
    """Return a value that must be a table.

    Raises:
        ValidationError: It is something else.
    """
    if not isinstance(value, Mapping):
        raise misfit(f"expected {what}", at=at, given=value)
    return value
