"""Refusals that say where: which part of a plan does not fit, for whoever shows the place in a file.

pydantic keeps the path of a problem as long as it finds the problem itself. What a validator of ours refuses would be
placed at the whole value that it was given; raised from here, it is placed at the part that is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from psp_chaos.faults.naming import unknown
from scenarios.errors import BadPlan

type Path = tuple[str | int, ...]
"""Names of tables and keys, and positions in lists counted from 0."""

MISSPELT = "misspelt"
"""The type of a problem with a name; its place is the name itself and not what stands behind it."""

_SHOWN_MAX = 80
"""Characters of a value that does not fit."""

_IN_OUR_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "mapping_type": "expected a table",
    "model_type": "expected a table",
    "dict_type": "expected a table",
    "tuple_type": "expected a list",
    "too_short": "is empty",
}
"""What pydantic says in words that only its users know."""

_SAYS_WHAT_WAS_GIVEN = frozenset({"missing", MISSPELT, "value_error", "value_refused", "too_short"})
_OF_A_KEY = "[key]"


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
def placed_at(*path: str | int) -> Iterator[None]:
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


def refusal(error: ValidationError, plan: object) -> BadPlan:
    """Return the first problem with a plan, in one line, and where it is."""
    first = error.errors(include_url=False)[0]
    path = tuple(step for step in first["loc"] if step != _OF_A_KEY)
    given = first["input"]
    is_said = first["type"] in _SAYS_WHAT_WAS_GIVEN or isinstance(given, Mapping | BaseModel)
    got = "" if is_said else f" (got {given!r:.{_SHOWN_MAX}})"
    what = _IN_OUR_WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
    is_name = first["type"] == MISSPELT or _OF_A_KEY in first["loc"]
    return BadPlan(f"{_address(path, plan)}: {what}{got}", path=path, is_name=is_name)


def _address(path: Path, plan: object) -> str:
    """Return a path as `--set` takes it, with a fault's id in place of its number."""
    words, place = [], plan
    for step in path:
        place = _part(place, step)
        name = place.get("id") if isinstance(place, Mapping) and isinstance(step, int) else None
        words.append(name if isinstance(name, str) and name else str(step))
    return ".".join(words) or "scenario"


def _part(whole: object, step: str | int) -> object:
    match whole, step:
        case Mapping(), str():
            return whole.get(step)
        case ((list() | tuple()), int()) if step < len(whole):
            return whole[step]
        case _:
            return None
