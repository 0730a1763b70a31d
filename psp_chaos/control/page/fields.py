"""Fields: a form for each kind of fault, made from its parameters, and the fault that a filled one describes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from psp_chaos.control.asked import problems
from psp_chaos.control.refusals import Unreadable
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.spec import FaultSpec

_PARAMETER = "parameter."
_STEPS = {"integer": "1", "number": "any"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One thing to fill in."""

    name: str
    label: str
    help: str
    value: str
    step: str | None = None  # of a number
    least: str | None = None
    most: str | None = None
    choices: tuple[str, ...] = ()
    is_optional: bool = False  # nothing may be chosen
    is_required: bool = False


def fields_of(kind: Kind) -> list[Field]:
    """Return a field for each parameter of a kind; one that spans from low to high is two."""
    schema = kind.model_json_schema()
    required = schema.get("required", ())
    return [
        field
        for name, found in schema.get("properties", {}).items()
        for field in _fields(name, found, shared=schema.get("$defs", {}), is_required=name in required)
    ]


def spec_of(form: Mapping[str, str], *, taken: set[str]) -> FaultSpec:
    """Return the fault that a form describes; without a name it gets one that is free.

    Raises:
        Unreadable: There is no such fault.
    """
    kind = MENU.get(form.get("kind", ""))
    if kind is None:
        raise Unreadable([f"there is no kind of fault '{form.get('kind', '')}'"])
    description = {
        "id": form.get("id") or next(name for name in _names(kind.kind) if name not in taken),
        "where": kind.where,
        "kind": kind.kind,
        "probability": form.get("probability") or 1,
        "nth": form.get("nth", "").replace(",", " ").split(),
        "selector": _selector(form),
        "parameters": _parameters(kind, form),
    }
    try:
        return FaultSpec.model_validate(description)
    except ValidationError as error:
        raise Unreadable(problems(error, known=FaultSpec)) from None


def _names(kind: str) -> Iterator[str]:
    yield kind
    yield from (f"{kind}-{number}" for number in count(2))


def _fields(name: str, schema: Mapping[str, Any], *, shared: Mapping[str, Any], is_required: bool) -> list[Field]:
    found, value = _plain(schema, shared), schema.get("default")
    field = Field(
        name=_PARAMETER + name,
        label=_label(name),
        help=str(schema.get("description") or "").replace("\n", " "),
        value="" if value is None else value if isinstance(value, str) else json.dumps(value),
        is_optional="anyOf" in schema,
        is_required=is_required,
    )
    if "prefixItems" in found:
        return _ends(field, value)
    if "enum" in found:
        return [replace(field, choices=tuple(str(choice) for choice in found["enum"]))]
    if found.get("type") == "boolean":
        return [replace(field, choices=("true", "false"))]
    if found.get("type") in _STEPS and not (field.is_optional and field.value):  # a number field cannot say `null`
        return [_number(field, found)]
    return [field]


def _label(name: str) -> str:
    words = name.removesuffix("_s").replace("_", " ").capitalize()
    return f"{words}, in seconds" if name.endswith("_s") else words


def _ends(field: Field, span: Any) -> list[Field]:
    low, high = span if isinstance(span, list | tuple) else ("", "")
    return [
        replace(
            field, name=f"{field.name}.{place}", label=f"{field.label}, {end}", value=str(limit), step="any", least="0"
        )
        for place, end, limit in ((0, "from", low), (1, "to", high))
    ]


def _number(field: Field, schema: Mapping[str, Any]) -> Field:
    least, most = schema.get("minimum"), schema.get("maximum")
    return replace(
        field,
        step=_STEPS[schema["type"]],
        least=None if least is None else str(least),
        most=None if most is None else str(most),
    )


def _plain(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema refers to, and the one thing that something optional can be."""
    for choices in (schema.get("anyOf"), schema.get("allOf")):
        if choices is not None:
            return _plain(next(choice for choice in choices if choice.get("type") != "null"), shared)
    if "$ref" in schema:
        return _plain(shared[schema["$ref"].rpartition("/")[2]], shared)
    return schema


def _selector(form: Mapping[str, str]) -> dict[str, JsonValue]:
    names = ("operation", "event_type", "movement", "payment", "account")
    selector: dict[str, JsonValue] = {name: form[name] for name in names if form.get(name)}
    if form.get("metadata_key"):
        selector["metadata"] = {form["metadata_key"]: form.get("metadata_value", "")}
    return selector


def _parameters(kind: Kind, form: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return what was filled in; what was left empty is as the kind has it."""
    parameters: dict[str, JsonValue] = {}
    for name in kind.model_fields:
        ends = [form.get(f"{_PARAMETER}{name}.{place}", "") for place in ("0", "1")]
        given = form.get(_PARAMETER + name, "")
        if all(ends):
            parameters[name] = [_value(end) for end in ends]
        elif given:
            parameters[name] = _value(given)
    return parameters


_ANYTHING: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


def _value(text: str) -> JsonValue:
    """Read a number, a list or a truth value as such, and everything else as text."""
    try:
        return _ANYTHING.validate_json(text)
    except ValidationError:
        return text
