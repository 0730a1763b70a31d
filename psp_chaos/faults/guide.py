"""The guide to the faults, written from their code: `python -m psp_chaos.faults.guide > docs/faults.md`."""

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psp_chaos.faults.fault import (
    ArrivalFault,
    ContactFault,
    DeliveryFault,
    DepartureFault,
    ExecutionFault,
    Fault,
    ProcessingFault,
    ReadingFault,
    RecallFault,
    SettlementFault,
    Unsurvivable,
    Where,
)
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.presets import PRESETS, Preset
from psp_chaos.faults.spec import FaultSpec

type Schema = Mapping[str, Any]

MOMENTS: tuple[type[Fault[Any]], ...] = (
    ContactFault,
    ArrivalFault,
    RecallFault,
    ProcessingFault,
    ExecutionFault,
    ReadingFault,
    DepartureFault,
    DeliveryFault,
    SettlementFault,
)
"""In the order in which a request meets them, and then its events and its money."""

PLACES: Mapping[Where, str] = {
    "reply": "What a request gets",
    "webhook": "What an endpoint is sent",
    "books": "What the books show",
}

HEAD = """\
# The faults of the PSP

Everything that can be made to go wrong at the provider, and what a sound service may rely on while it does. This page
is written from the code, by `python -m psp_chaos.faults.guide > docs/faults.md`; a test compares the two. How to add a
kind is told in [write your own fault](write-your-own-fault.md).

## A fault is data

```toml
[[faults]]
id = "answer-lost"
where = "reply"
kind = "drop-after"
probability = 0.2
window = { from_s = 60, to_s = 3600 }
selector = { operation = "create_*", metadata = { order_id = "o-17" } }
```

A file of such faults, TOML or JSON, is given to `paystorm psp --faults FILE`; the control plane takes one as JSON, and
a scenario has a list of them. Whatever is misspelt, or could never bite, is refused with the names that are right.

| field | what it says |
|---|---|
| `id` | what you call it; its bites and its count carry this name |
| `where`, `kind` | which fault it is, of those below |
| `probability` | how often it strikes, of the occasions that match; without any of these three, always |
| `nth` | strike on these matching occasions instead, counted from 1 |
| `schedule` | strike from these seconds since the PSP started on, each time on the first occasion that matches |
| `window` | when it may strike: `from_s` to `to_s`, in seconds since the PSP started |
| `selector` | whom it may hit; all that is given must match |
| `parameters` | those of the kind |

| selector | what it is compared with |
|---|---|
| `operation` | what was asked for, such as `create_payment`; `*` and `?` stand for anything |
| `event_type` | the type of an event, such as `payment_intent.succeeded`; `*` and `?` stand for anything |
| `movement` | why money moved, such as `capture`; `*` and `?` stand for anything |
| `payment` | the identifier of the payment that it is about, if there is one yet; `*` and `?` stand for anything |
| `account` | the account |
| `metadata` | the merchant's, of the request and of the object that it names: all of these must be there |

Faults are asked in the order in which they were installed. The first that answers wins, but for `slow`, which adds up.
Each has a random stream of its own, so that one more changes nothing for the others. Each counts how often it was asked
and how often it struck, and how often it really bit: what made no difference is no bite."""


UNSURVIVABLE: Mapping[Unsurvivable, str] = {
    Unsurvivable.REPEATED_EFFECT: (
        "the second effect of a request that was repeated under its key within the time for which keys are promised."
    ),
    Unsurvivable.UNEXPLAINED_EVENT: "that the event is never explained; it may be kept for as long as one likes.",
}


def guide() -> str:
    """Return the whole guide, as Markdown."""
    parts = [HEAD, _moments()]
    for where, title in PLACES.items():
        parts += [f"## {title}", *(_kind(kind) for kind in MENU.values() if kind.where == where)]
    parts += ["## Presets", _PRESETS, *(_preset(preset) for preset in PRESETS.values())]
    return "\n\n".join(parts) + "\n"


def _moments() -> str:
    rows = [f"| {moment.moment} | {_names(_kinds_of(moment))} |" for moment in MOMENTS]
    return "\n".join(["## When each is asked", "", "| moment | faults |", "|---|---|", *rows])


def _kinds_of(moment: type[Fault[Any]]) -> list[str]:
    return [kind.kind for kind in MENU.values() if issubclass(kind, moment)]


def _kind(kind: Kind) -> str:
    module, text = inspect.getmodule(kind), inspect.cleandoc(kind.__doc__ or "")
    assert module is not None, kind
    assert module.__doc__, f"{kind.kind} says in its module what it is"
    parts = [
        f"### `{kind.kind}`",
        f"**{module.__doc__.strip()}** {_paragraphs(text)}",
        f"*A sound service may rely on:* {kind.entitlement}",
        *([f"*Nobody survives:* {UNSURVIVABLE[kind.unsurvivable]}"] if kind.unsurvivable else []),
        f"*Asked* {kind.moment}. *Selectors:* {_names(kind.selectors)}.",
        *_parameters(kind),
        _example(kind),
    ]
    return "\n\n".join(parts)


def _parameters(kind: Kind) -> Iterator[str]:
    schema = kind.model_json_schema()
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:
        return
    yield "\n".join(
        [
            "| parameter | what it says | value | default |",
            "|---|---|---|---|",
            *(_parameter(name, one, schema.get("$defs", {})) for name, one in properties.items()),
        ]
    )


def _parameter(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> str:
    default, said = json.dumps(schema["default"]), schema.get("description", "")
    return f"| `{name}` | {said} | {_value(schema, definitions)} | `{default}` |"


def _value(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    """Say in words what a value may be."""
    match schema:
        case {"$ref": str(reference)}:
            return _value(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": [*choices]}:
            named = [_value(one, definitions) for one in choices if one != {"type": "null"}]
            return " or ".join([*named, "`null`"])
        case {"enum": [*values]}:
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"prefixItems": [first, *_]}:
            return f"from one to another {_value(first, definitions)}"
        case {"type": "boolean"}:
            return "`true` or `false`"
        case _:
            return f"{'a whole number' if schema['type'] == 'integer' else 'a number'}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    bounds = [f"{word} {schema[name]:g}" for name, word in words.items() if name in schema]
    return f", {', '.join(bounds)}" if bounds else ""


def _example(kind: Kind) -> str:
    """Return a fault of this kind as a file has it, with the parameters that are the default."""
    spec = example(kind)
    lines = ["[[faults]]", f'id = "{spec.id}"', f'where = "{spec.where}"', f'kind = "{spec.kind}"', "probability = 0.1"]
    if spec.parameters:
        given = ", ".join(f"{name} = {json.dumps(value)}" for name, value in spec.parameters.items())
        lines.append(f"parameters = {{ {given} }}")
    return "\n".join(["```toml", *lines, "```"])


def example(kind: Kind) -> FaultSpec:
    """Return a fault of this kind with every parameter at its default, but for those that are left out by default."""
    parameters = kind().model_dump(mode="json", exclude_none=True)
    return FaultSpec(id=f"my-{kind.kind}", where=kind.where, kind=kind.kind, probability=0.1, parameters=parameters)


_PRESETS = "Storms with a name, for `paystorm psp --preset NAME` and for the control plane."


def _preset(preset: Preset) -> str:
    kinds = dict.fromkeys(spec.kind for spec in preset.faults)
    faults = _names(list(kinds)) if kinds else "none"
    return f"### `{preset.name}`\n\n**{preset.title}.** {preset.story}\n\n*Faults:* {faults}."


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _paragraphs(text: str) -> str:
    """Return a docstring's paragraphs, each as one line."""
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in text.split("\n\n"))


if __name__ == "__main__":
    sys.stdout.write(guide())
