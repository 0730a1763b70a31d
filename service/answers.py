"""From the engine's answers to HTTP: the same body, plus headers that follow from it."""

import json

from fastapi import Request, Response

from engine.idempotency import Answer
from engine.usecases import Reply
from service.problems import MEDIA_TYPE, Problem

FIRST_ERROR_STATUS = 400
RETRY_AFTER_S = 1  # answers take milliseconds, so whoever is turned away finds room by then; a dead process is noticed


def reply_response(reply: Reply) -> Response:
    """Return the response of a keyed request; a replay differs from the first answer by one header only."""
    response = answer_response(reply.answer)
    if reply.is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def answer_response(answer: Answer) -> Response:
    """Return the response that carries an answer."""
    media_type = MEDIA_TYPE if answer.status >= FIRST_ERROR_STATUS else "application/json"
    response = Response(content=answer.body, status_code=answer.status, media_type=media_type)
    if answer.status == Problem.UNAVAILABLE.status:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    location = _location(json.loads(answer.body))
    if location is not None:
        response.headers["Location"] = location
    return response


def _location(body: dict[str, object]) -> str | None:
    """Return where the thing that a body speaks of can be read; derived, so that a replay has it too."""
    if body.get("object") == "payment":
        return f"/v1/payments/{body['id']}"
    if body.get("object") == "refund":
        return f"/v1/payments/{body['payment_id']}/refunds/{body['id']}"
    if body.get("object") == "endpoint":
        return f"/v1/endpoints/{body['id']}"
    if body.get("type") == Problem.ORDER_TAKEN.type:
        return f"/v1/payments/{body['payment_id']}"
    return None


def request_line(request: Request) -> str:
    """Return method and path template: the scope of an idempotency key."""
    return f"{request.method} {request.scope['route'].path}"
