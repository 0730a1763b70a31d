"""The JSON schema of scenario files, for editors: `python -m scenarios.schema > docs/scenario.schema.json`.

It is made from the models that read the files. They know more than a schema can say (that an operation is one that a
fault concerns, that a promise is no longer than the calm), so what an editor accepts may still be refused.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from psp_chaos.faults.menu import MENU
from psp_chaos.faults.spec import FaultSpec
from psp_chaos.settings import PspSettings
from scenarios.customers.cast import CAST
from scenarios.faults.menu import WORLD_FAULTS
from scenarios.settings import PSP_SETTINGS, SERVICE_SETTINGS
from scenarios.spec import FORMAT, Scenario
from service.settings import Settings

type Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFINITIONS = "#/$defs/"


def schema() -> Schema:
    """Return the schema."""
    models = _Models([Scenario, FaultSpec, Settings, PspSettings, *MENU.values(), *WORLD_FAULTS.values()])
    document = models.schema(Scenario)
    properties = document["properties"]
    properties["format"] = {"const": FORMAT, "description": properties["format"]["description"]}
    properties["scripts"] = {**properties["scripts"], "properties": _customers(), "additionalProperties": False}
    properties["service"] = {**properties["service"], **_settings(models.schema(Settings), SERVICE_SETTINGS)}
    properties["psp"] = {**properties["psp"], **_settings(models.schema(PspSettings), PSP_SETTINGS)}
    faults = {fault["title"].replace(" ", "-"): fault for fault in _faults(models)}
    properties["faults"]["items"] = {"anyOf": [{"$ref": f"{_DEFINITIONS}{name}"} for name in faults]}
    document["required"] = ["format", *(name for name in document["required"] if name != "name")]
    definitions = _reachable([document, *faults.values()], models.definitions)
    return {"$schema": _DIALECT, "title": "A scenario of Paystorm", **document, "$defs": {**definitions, **faults}}


def schema_text() -> str:
    """Return the schema as a file has it."""
    return json.dumps(schema(), indent=1) + "\n"


class _Models:
    """The schemas of several models, whose definitions are shared and named apart."""

    def __init__(self, models: Iterable[type[BaseModel]]) -> None:
        references, document = models_json_schema([(model, "validation") for model in models])
        self.definitions: Schema = {name: _untitled(one) for name, one in document["$defs"].items()}
        self._names = {model: reference["$ref"] for (model, _), reference in references.items()}

    def schema(self, model: type[BaseModel]) -> Schema:
        """Return a model's own schema."""
        found: Schema = self.definitions[self._names[model].removeprefix(_DEFINITIONS)]
        return {**found, "properties": dict(found.get("properties", {}))}


def _faults(models: _Models) -> Iterator[Schema]:
    """Yield what a fault of each kind may say."""
    common = models.schema(FaultSpec)
    for psp_kind in MENU.values():
        parameters = models.schema(psp_kind)
        properties = {**common["properties"], "parameters": {**parameters, "description": "Those of the kind."}}
        fault = {**common, "properties": properties, "description": parameters.get("description", "")}
        yield _fault(fault, where=psp_kind.where, kind=psp_kind.kind)
    for (where, name), model in WORLD_FAULTS.items():
        yield _fault(models.schema(model), where=where, kind=name)


def _fault(fault: Schema, *, where: str, kind: str) -> Schema:
    properties = {**fault["properties"], "where": {"const": where}, "kind": {"const": kind}}
    required = [*dict.fromkeys(["id", "where", "kind", *fault.get("required", ())])]
    return {**fault, "title": f"{where} {kind}", "properties": properties, "required": required}


def _customers() -> Schema:
    return {name: {"description": (script.__doc__ or "").partition("\n")[0]} for name, script in CAST.items()}


def _settings(document: Schema, names: Iterable[str]) -> Schema:
    return {"properties": {name: document["properties"][name] for name in names}, "additionalProperties": False}


def _reachable(documents: Iterable[Schema], definitions: Schema) -> Schema:
    """Return the definitions that these documents refer to, and those that these refer to."""
    found: Schema = {}
    waiting = [name for document in documents for name in _references(document)]
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in found:
            found[name] = definitions[name]
            waiting += _references(found[name])
    return dict(sorted(found.items()))


def _references(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference.removeprefix(_DEFINITIONS)
        case Mapping():
            for one in part.values():
                yield from _references(one)
        case list():
            for one in part:
                yield from _references(one)


def _untitled(part: Any) -> Any:
    """Return a schema without the titles that are made of the fields' names."""
    match part:
        case {"title": str(), **others}:
            return {key: _untitled(one) for key, one in others.items()}
        case dict():
            return {key: _untitled(one) for key, one in part.items()}
        case list():
            return [_untitled(one) for one in part]
        case _:
            return part


if __name__ == "__main__":
    sys.stdout.write(schema_text())
