"""The OpenAPI document of the wire, made from what is offered, so that it cannot say anything else.

Parameters go as a form, nested ones as `a[b]`, which the document calls a deep object.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.objects import API_VERSION

type Schema = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
_SHARED = "#/components/schemas/"

_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {"enum": ["api_error", "card_error", "idempotency_error", "invalid_request_error"]},
                "code": {"type": "string"},
                "decline_code": {"type": "string"},
                "message": {"type": "string"},
                "param": {"type": "string"},
            },
        }
    },
}

_DEEP: Schema = {"style": "deepObject", "explode": True}

_OBJECT: Schema = {"type": "object", "required": ["object"], "properties": {"object": {"type": "string"}}}


def openapi(offers: Iterable[AnyOffer]) -> Schema:
    """Describe every operation with its parameters, its answer and its errors."""
    schemas = {"Error": _ERROR, "Object": _OBJECT}
    paths: dict[str, Schema] = {}
    for offer in offers:
        paths.setdefault(offer.path, {})[offer.method.lower()] = _operation(offer, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "The payments of a chaos PSP, on Stripe's wire", "version": API_VERSION},
        "security": [{"secretKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"secretKey": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _operation(offer: AnyOffer, schemas: dict[str, Schema]) -> Schema:
    parameters = _parameters(offer, schemas)
    operation: Schema = {
        "operationId": offer.operation.value,
        "summary": (offer.perform.__doc__ or "").strip().partition("\n")[0],
        "parameters": [_path_parameter()] if "{id}" in offer.path else [],
        "responses": {
            "200": _answer("Object", "What was asked for."),
            "default": _answer("Error", "It was refused, or it failed."),
        },
    }
    if offer.method == "POST":
        operation["parameters"].append(_IDEMPOTENCY_KEY)
        operation["requestBody"] = _form(parameters)
    else:
        operation["parameters"] += _query(parameters)
    return operation


def _parameters(offer: AnyOffer, schemas: dict[str, Schema]) -> Schema:
    """Return the schema of the parameters; those of their parts are added to the shared ones."""
    schema: Schema = _bounded(offer.parameters.model_json_schema(ref_template=_SHARED + "{model}"))
    schemas.update(schema.pop("$defs", {}))
    return schema


# pydantic leaves a bound in its own spelling where it limits a type that has a name.
_BOUNDS: Mapping[str, str] = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def _bounded(schema: Any) -> Any:
    match schema:
        case {"$ref": str(), **bounds} if bounds.keys() & _BOUNDS.keys():
            return {_BOUNDS.get(name, name): _bounded(value) for name, value in schema.items()}
        case dict():
            return {name: _bounded(value) for name, value in schema.items()}
        case list():
            return [_bounded(one) for one in schema]
        case _:
            return schema


_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Requests with equal keys are one request.",
    "schema": {"type": "string", "maxLength": 255},
}


def _path_parameter() -> Schema:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query(parameters: Schema) -> list[Schema]:
    required = parameters.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema, **_DEEP}
        for name, schema in parameters["properties"].items()
    ]


def _form(parameters: Schema) -> Schema:
    content = {"schema": parameters, "encoding": dict.fromkeys(parameters["properties"], _DEEP)}
    return {"required": bool(parameters.get("required")), "content": {FORM: content}}


def _answer(name: str, description: str) -> Mapping[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": _SHARED + name}}},
    }
