"""Options that several commands share."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.errors import BadInput

# The evidence keeps the seed as a 64-bit number.
type Seed = Annotated[int, Parameter(validator=Number(gte=0, lt=2**63))]


def parse_changes(texts: Sequence[str]) -> dict[str, str]:
    """Return the changes by key.

    Raises:
        BadInput: One of them is not of the form key=value.
    """
    changes: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--set {text!r}: expected key=value, such as --set storm_s=600")
        changes[key.strip()] = value.strip()
    return changes
