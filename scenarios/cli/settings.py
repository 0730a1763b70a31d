"""Parsing of `--set key=value`."""

from collections.abc import Sequence

from scenarios.errors import BadInput


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
