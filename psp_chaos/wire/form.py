"""Form encoding as Stripe's SDKs write it: `a[b]=c` for mappings, `a[0]=b` or `a[]=b` for sequences.

A metadata key is everything between its bracket and the last one, for it may hold brackets itself. What is empty is
kept: to update something to nothing is to unset it.
"""

from urllib.parse import parse_qsl

from psp_chaos.wire.errors import WireError

type Form = dict[str, "str | Form"]

FIELDS_MAX = 1_000
DEPTH_MAX = 8
METADATA = "metadata"
SHOWN_OF_A_NAME = 80  # characters of a field's name in an error


def decode(encoded: str) -> Form:
    """Return the fields as nested mappings; a sequence is a mapping whose keys are its indexes.

    Where a field is given twice the last one counts.

    Raises:
        WireError: This is not a form, or two fields contradict each other.
    """
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise WireError(f"The request cannot be read as a form: {error}") from None
    form: Form = {}
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise WireError("Fields must not hold null bytes.", param=_short(name))
        if "[" in name:
            _put(form, path=_path(name), value=value, name=name)
        elif isinstance(form.get(name), dict):
            raise _contradiction(name)
        else:
            form[name] = value
    return form


def _path(name: str) -> list[str]:
    """Split `a[b][c]` into its steps."""
    root, _, inside = name.partition("[")
    if not root or not inside.endswith("]"):
        return [name]
    steps = [root, *inside[:-1].split("][")]
    if METADATA not in steps[:-1]:
        return steps
    keys_begin = steps.index(METADATA) + 1
    return [*steps[:keys_begin], "][".join(steps[keys_begin:])]


def _put(form: Form, *, path: list[str], value: str, name: str) -> None:
    if len(path) > DEPTH_MAX:
        raise WireError(f"Too deeply nested: {_short(name)}")
    *steps, last = path
    place = form
    for step in steps:
        inner = place.setdefault(step or _next_index(place), {})
        if inner == "":
            inner = place[step] = {}  # unset first, and then set
        if isinstance(inner, str):
            raise _contradiction(name)
        place = inner
    last = last or _next_index(place)
    if isinstance(place.get(last), dict):
        raise _contradiction(name)
    place[last] = value


def _next_index(place: Form) -> str:
    """Return where `a[]=b` appends."""
    index = len(place)
    while str(index) in place:
        index += 1
    return str(index)


def _contradiction(name: str) -> WireError:
    return WireError(f"Contradicts an earlier field: {_short(name)}", param=_short(name))


def _short(name: str) -> str:
    return name if len(name) <= SHOWN_OF_A_NAME else f"{name[:SHOWN_OF_A_NAME]}…"
