"""The OpenAPI document of the control plane, made from its actions, so that it cannot say anything else."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter

from psp_chaos.control.actions import Action

type Schema = dict[str, Any]

_SHARED = "#/components/schemas/"
_ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "items": {"type": "string"}}},
}


def openapi(actions: Iterable[Action], *, root: str) -> Schema:
    """Describe every action with what it takes, what it answers and how it refuses."""
    schemas: Schema = {"Errors": _ERRORS}
    paths: dict[str, Schema] = {}
    for action in actions:
        paths.setdefault(action.path, {})[action.method.lower()] = _operation(action, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control plane of a chaos PSP",
            "version": "1",
            "description": "Faults, books, journal, clock and webhook queue of a payment provider that misbehaves.",
        },
        "servers": [{"url": root}],
        "security": [{"controlToken": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"controlToken": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _operation(action: Action, schemas: Schema) -> Schema:
    operation: Schema = {
        "operationId": action.perform.__name__,
        "summary": action.summary,
        "parameters": [*_path_parameters(action), *_query_parameters(action.query, schemas)],
        "responses": {**_answer(action, schemas), "default": _json("It was refused.", {"$ref": _SHARED + "Errors"})},
    }
    if action.is_open:
        operation["security"] = []
    if action.body is not None:
        schema = _schema_of(action.body, schemas)
        operation["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _path_parameters(action: Action) -> list[Schema]:
    if "{id}" not in action.path:
        return []
    return [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]


def _query_parameters(query: type[BaseModel], schemas: Schema) -> list[Schema]:
    properties = _schema_of(query, schemas).get("properties", {})
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _answer(action: Action, schemas: Schema) -> Schema:
    if action.answers is None:
        return {str(HTTPStatus.NO_CONTENT.value): {"description": "It is done."}}
    schema = TypeAdapter(action.answers).json_schema(mode="serialization", ref_template=_SHARED + "{model}")
    schemas.update(schema.pop("$defs", {}))
    return {str(action.status.value): _json("What was asked for.", schema)}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schema_of(model: type[BaseModel], schemas: Schema) -> Schema:
    """Return the schema of a model; those of its parts are added to the shared ones."""
    schema = model.model_json_schema(ref_template=_SHARED + "{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema
