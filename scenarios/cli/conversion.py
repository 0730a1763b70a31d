"""From the words of the command line to values: as cyclopts does it, but no number is rounded."""

from collections.abc import Sequence
from typing import Any

import cyclopts
from cyclopts import Token


def convert_exactly(kind: Any, tokens: Sequence[Token]) -> Any:
    """Return the value of an option; cyclopts would round 1.5 where a whole number is wanted, to another seed.

    Raises:
        ValueError: It is no whole number, and one is wanted.
    """
    for token in tokens if kind is int else ():
        if "." in token.value:
            raise ValueError(f"{token.value!r} is not a whole number")
    return cyclopts.convert(kind, tokens)
