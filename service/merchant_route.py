"""What every address that belongs to merchants asks first, in this order: who, in which words, about what.

FastAPI reads a body before it asks anybody who sent it, takes any text for one, and lets pass what it does not know.
"""

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers

from service.dependencies import desk
from service.json_text import read_json
from service.problems import Problem, ProblemError


class MerchantRoute(APIRoute):
    """A route of `/v1`: authenticated, and strict."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind our questions."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            parts = await desk(request)
            headers = request.headers
            request.state.merchant_id = await parts.authenticator.merchant_id(headers.getlist("Authorization"))
            _refuse_other_languages(headers.getlist("Accept"))
            _refuse_other_queries(request, has_own=bool(self.dependant.query_params))
            if self.body_field is not None and await request.body():
                _refuse_other_types(headers)
                request._json = read_json(await request.body())  # noqa: SLF001 - where `request.json()` looks first
            return await handler(request)

        return handle


def _refuse_other_languages(accepts: Sequence[str]) -> None:
    """Raise if the client wants no JSON: it could not read what became of its money."""
    ranges = [_media_range(text) for text in ",".join(accepts).split(",") if text.strip()]
    for wanted in ("application/json", "application/*", "*/*"):  # the most particular word counts
        qualities = [quality for media_type, quality in ranges if media_type == wanted]
        if qualities:
            if max(qualities) > 0:
                return
            break
    if ranges:
        raise ProblemError(Problem.NOT_ACCEPTABLE, "The Accept header leaves no room for application/json.")


def _media_range(text: str) -> tuple[str, float]:
    """Return a media range without its parameters, and how much it is wanted (RFC 9110, section 12.5.1)."""
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    weights = [one.removeprefix("q=") for one in parameters if one.startswith("q=")]
    return media_type, float(weights[0]) if weights and _WEIGHT.fullmatch(weights[0]) else 1.0


_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def _refuse_other_queries(request: Request, *, has_own: bool) -> None:
    """Raise at a parameter that comes twice, or comes where there are none; a model of its own refuses the rest."""
    names = [name for name, _ in request.query_params.multi_items()]
    if names and not has_own:
        raise ProblemError(Problem.INVALID_REQUEST, "There are no query parameters here.")
    if len(set(names)) != len(names):
        raise ProblemError(Problem.INVALID_REQUEST, "A query parameter comes twice.")


def _refuse_other_types(headers: Headers) -> None:
    """Raise if the body says that it is something else than JSON as it lies there."""
    codings = [text for text in headers.getlist("Content-Encoding") if text.strip().lower() != "identity"]
    if codings:
        raise ProblemError(
            Problem.UNSUPPORTED_MEDIA_TYPE, "No content coding is taken.", headers={"Accept-Encoding": "identity"}
        )
    types = [_media_range(text)[0] for text in headers.getlist("Content-Type")]
    if types != ["application/json"]:
        raise ProblemError(Problem.UNSUPPORTED_MEDIA_TYPE, "Only application/json is taken.")
