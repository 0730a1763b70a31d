"""JSON as it must come: one meaning for everybody who reads it, and none that costs much to find out.

The standard library's reader takes the last of two members of one name, NaN, and surrogates that stand alone; whoever
checks a request before us may take it otherwise, and PostgreSQL takes none of it.
"""

import json
import re
from typing import NoReturn

from service.problems import Problem, ProblemError

OPENINGS_MAX = 100  # of objects and arrays together, so nothing is nested deeper either; a request of ours has two

# One that never ends counts up to the end, and nothing is tried twice: the time is linear whatever is sent.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(body: bytes) -> object:
    """Return what a body says.

    Raises:
        ProblemError: it is not JSON, or not of the kind that has one meaning only.
    """
    _refuse_nests(body)
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except ValueError as error:  # bad UTF-8, bad JSON, and numbers of thousands of digits
        raise ProblemError(Problem.MALFORMED_BODY, "It cannot be read as JSON in UTF-8.") from error
    if _ESCAPED_SURROGATE.search(body):
        _refuse_lone_surrogates(value)
    return value


def _refuse_nests(body: bytes) -> None:
    """Bound the depth before anything recurses; what is inside of strings does not count."""
    if _openings(body) > OPENINGS_MAX and _openings(_STRING.sub(b"", body)) > OPENINGS_MAX:
        raise ProblemError(Problem.MALFORMED_BODY, f"It has more than {OPENINGS_MAX} objects and arrays.")


def _openings(body: bytes) -> int:
    return body.count(b"{") + body.count(b"[")


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise ProblemError(Problem.MALFORMED_BODY, "An object has two members of one name.")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise ProblemError(Problem.MALFORMED_BODY, "NaN and infinity are no numbers.")


def _refuse_lone_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProblemError(Problem.MALFORMED_BODY, "A surrogate stands alone.") from error
