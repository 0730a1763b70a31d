"""The description of the API (OpenAPI 3.1): what FastAPI knows, and what it cannot know.

FastAPI reads paths, parameters and bodies from the routes. Errors, headers, keys and security follow from what a route
is: a `MerchantRoute` refuses strangers, a keyed one has the problems of keys, and so on for every route that is added.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute

from service.dependencies import idempotency_key
from service.described import RAISES
from service.merchant_route import MerchantRoute
from service.problems import MEDIA_TYPE, Problem

type Json = dict[str, Any]

OF_ALL = (Problem.BODY_TOO_SLOW, Problem.BODY_TOO_LARGE, Problem.HEADERS_TOO_LARGE, Problem.BUSY, Problem.BROKEN)
OF_MERCHANTS = (Problem.UNAUTHORIZED, Problem.INVALID_REQUEST, Problem.NOT_ACCEPTABLE, Problem.UNAVAILABLE)
OF_BODIES = (Problem.MALFORMED_BODY, Problem.UNSUPPORTED_MEDIA_TYPE)
OF_KEYS = (Problem.MISSING_KEY, Problem.INVALID_KEY, Problem.IN_FLIGHT, Problem.KEY_REUSED)

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Other members depend on the type.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "enum": [problem.type for problem in Problem]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "what"],
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}
_HEADERS: Mapping[str, Json] = {
    "X-Request-Id": {"description": "Names this request in our logs.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "Location": {"description": "Where it can be read.", "schema": {"type": "string", "format": "uri-reference"}},
    "Idempotent-Replayed": {
        "description": "Present if this is the memory of the first answer to this key.",
        "schema": {"type": "string", "const": "true"},
    },
    "WWW-Authenticate": {"description": "How to prove who asks.", "schema": {"type": "string"}},
}
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Your name for this wish. The same key and body have one effect and one answer, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "example": "order-4711-first-click",
}
_SECURITY_SCHEME = {"type": "http", "scheme": "bearer", "description": "A merchant's API key."}
_DESCRIPTION = (
    "Amounts are integers in minor units, times are RFC 3339 in UTC. Whatever moves money takes an `Idempotency-Key`,"
    " and is answered 202 before it has moved. Errors are `application/problem+json`, whose `type` leads to more."
)


def complete(document: Json, routes: Sequence[BaseRoute]) -> Json:
    """Return FastAPI's description with what it lacks."""
    document["info"]["description"] = _DESCRIPTION
    components = document["components"]
    components["securitySchemes"] = {"merchant": _SECURITY_SCHEME}
    components["headers"] = dict(_HEADERS)
    components["schemas"]["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for route in iter_route_contexts(routes):
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, route)
    for webhook in document.get("webhooks", {}).values():
        webhook["post"]["responses"].pop("422", None)  # it is answered by others, as they like
    return document


def _complete(operation: Json, route: RouteContext) -> None:
    operation["summary"] = operation["description"].partition(".")[0]
    operation["responses"].pop("422", None)  # FastAPI's own, which we never answer
    is_keyed = _depends_on(route.dependant, idempotency_key)
    if is_keyed:
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    if isinstance(route.original_route, MerchantRoute):
        operation["security"] = [{"merchant": []}]
    for status, answer in operation["responses"].items():
        answer["description"] = "Accepted; it will be done." if status == "202" else "What was asked for."
        answer["headers"] = _references("X-Request-Id", *(("Location", "Idempotent-Replayed") if is_keyed else ()))
    problems = [*_problems_of(route, is_keyed=is_keyed), *(Problem[name] for name in operation.pop(RAISES, ()))]
    for status in sorted({int(problem.status) for problem in problems}):
        mine = [problem for problem in problems if problem.status == status]
        operation["responses"][str(status)] = _answer(mine, is_keyed=is_keyed)


def _problems_of(route: RouteContext, *, is_keyed: bool) -> Iterable[Problem]:
    """Return the problems that follow from what a route is."""
    yield from OF_ALL
    if isinstance(route.original_route, MerchantRoute):
        yield from OF_MERCHANTS
        if route.body_field is not None:
            yield from OF_BODIES
    if is_keyed:
        yield from OF_KEYS


def _depends_on(dependant: Dependant, call: object) -> bool:
    return any(one.call is call or _depends_on(one, call) for one in dependant.dependencies)


def _answer(problems: Sequence[Problem], *, is_keyed: bool) -> Json:
    """Return the answer of one status, which may stand for several problems."""
    status = problems[0].status
    headers = ["X-Request-Id"]
    if status == Problem.UNAUTHORIZED.status:
        headers.append("WWW-Authenticate")
    if Problem.IN_FLIGHT in problems or status == Problem.BUSY.status:
        headers.append("Retry-After")
    if Problem.ORDER_TAKEN in problems:
        headers.append("Location")
    if is_keyed and status in (Problem.PAYMENT_NOT_FOUND.status, Problem.ORDER_TAKEN.status):
        headers.append("Idempotent-Replayed")
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {one.slug: _shown(one) for one in problems},
    }
    return {
        "description": "; ".join(f"`{problem.slug}`: {problem.title}" for problem in problems) + ".",
        "headers": _references(*headers),
        "content": {MEDIA_TYPE: content},
    }


def _shown(problem: Problem) -> Json:
    value = {"type": problem.type, "title": problem.title, "status": int(problem.status), "detail": problem.title}
    return {"summary": problem.advice, "value": value}


def _references(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
