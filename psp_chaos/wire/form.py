"""Form encoding as Stripe's SDKs write it: `a[b]=c` for mappings, `a[0]=b` for sequences, nothing for unset.

A metadata key is everything between the first and the last bracket, for it may hold brackets itself.
"""

from urllib.parse import parse_qsl

from psp_chaos.wire.errors import WireError

type Form = dict[str, "str | Form"]

FIELDS_MAX = 1_000
DEPTH_MAX = 8


def decode(encoded: str) -> Form:
    """Return the fields as nested mappings; a sequence is a mapping whose keys are its indexes.

    Raises:
        WireError: This is not a form, or two fields contradict each other.
    """
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise WireError(f"The request cannot be read as a form: {error}") from None
    form: Form = {}
    for name, value in pairs:
        if value:
            _put(form, path=_path(name), value=value, name=name)
    return form


def _path(name: str) -> list[str]:
    """Split `a[b][c]` into its steps."""
    root, bracket, inside = name.partition("[")
    if not bracket or not inside.endswith("]"):
        return [name]
    inside = inside[:-1]
    return [root, inside] if root == "metadata" else [root, *inside.split("][")]


def _put(form: Form, *, path: list[str], value: str, name: str) -> None:
    if len(path) > DEPTH_MAX:
        raise WireError(f"Too deeply nested: {name[:40]}…")
    *steps, last = path
    place = form
    for step in steps:
        inner = place.setdefault(step, {})
        if isinstance(inner, str):
            raise WireError(f"Contradicts an earlier field: {name}", param=name)
        place = inner
    place[last or str(len(place))] = value  # `a[]=b` appends
