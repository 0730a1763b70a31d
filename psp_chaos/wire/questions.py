"""A question: one request as it was read, before anybody decides about it."""

import hashlib
import json
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.form import Form, decode

KEY_LENGTH_MAX = 255  # docs.stripe.com/api/idempotent_requests


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a merchant sent."""

    form: Form
    object_id: str  # the one that the path names, or nothing
    idempotency_key: str | None
    fingerprint: str  # equal for equal requests, however their fields are ordered


def idempotency_key(request: Request) -> str | None:
    """Return the key of a request that changes something; others have none."""
    return request.headers.get("idempotency-key") or None if request.method == "POST" else None


async def read_question(request: Request, *, body_bytes_max: int) -> Question:
    """Read a request to its end.

    Raises:
        WireError: It is too large, or no form.
    """
    key = idempotency_key(request)
    if key is not None and len(key) > KEY_LENGTH_MAX:
        raise WireError(f"An idempotency key has {KEY_LENGTH_MAX} characters at most.")
    form = await _form(request, body_bytes_max=body_bytes_max)
    canonical = json.dumps([request.method, request.url.path, form], sort_keys=True)
    return Question(
        form=form,
        object_id=request.path_params.get("id", ""),
        idempotency_key=key,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


async def _form(request: Request, *, body_bytes_max: int) -> Form:
    if request.method == "GET":
        return decode(request.url.query)
    body = await _body(request, bytes_max=body_bytes_max)
    if body and "json" in request.headers.get("content-type", ""):
        raise WireError("Send parameters as application/x-www-form-urlencoded, not as JSON.")
    try:
        return decode(body.decode())
    except UnicodeDecodeError:
        raise WireError("The body is not UTF-8.") from None


async def _body(request: Request, *, bytes_max: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise WireError("The request is too large.", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(body)
