"""Replies: how an answer leaves, how it is spoilt on the way, and how silence is kept."""

import asyncio
import re
from dataclasses import replace
from http import HTTPStatus
from typing import assert_never

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from psp_chaos.answers import Answer
from psp_chaos.faults.verdicts import AnswerHtml, DepartureVerdict, Drop, Hang, Linger, Truncate
from psp_chaos.wire.objects import API_VERSION

ABORT = "paystorm.abort"
"""The ASGI extension by which a server lets an application cut the connection."""

PROXY_PAGE = b"<!doctype html><html><head><title>Please wait</title></head><body>One moment, please.</body></html>"

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]{1,20})?")


class CutConnection(Response):
    """No answer at all: the connection is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Ask the server to cut the connection."""
        abort = scope.get("extensions", {}).get(ABORT)
        assert abort is not None, f"the server does not offer {ABORT}"
        abort()


def reply(answer: Answer, *, request_id: str, idempotency_key: str | None, version: str | None) -> Response:
    """Put an answer on the wire; the version that was asked for is said back, as far as it is one."""
    is_version = version is not None and _VERSION.fullmatch(version)
    headers = {"Request-Id": request_id, "Stripe-Version": version if version and is_version else API_VERSION}
    if idempotency_key is not None:
        headers |= {"Idempotency-Key": idempotency_key, "Original-Request": request_id}
    headers |= answer.headers
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=answer.content_type)


def as_replay(answer: Answer, *, request_id: str) -> Answer:
    """Return the answer as a repetition of this request will get it."""
    return replace(answer, headers={**answer.headers, "Idempotent-Replayed": "true", "Original-Request": request_id})


async def spoil(answer: Answer, verdict: DepartureVerdict) -> Answer | None:
    """Return what is left of an answer; None is silence."""
    match verdict:
        case Drop() | Hang():
            await silence(verdict)
            return None
        case Linger(delay_s=delay_s):
            await asyncio.sleep(delay_s)
            return answer
        case Truncate():
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case AnswerHtml():
            return replace(answer, status=HTTPStatus.OK, body=PROXY_PAGE, content_type="text/html", headers={})
        case _:
            assert_never(verdict)


async def silence(verdict: Drop | Hang) -> None:
    """Say nothing, for as long as the verdict wants; the connection is cut then."""
    match verdict:
        case Drop():
            return
        case Hang(hang_s=hang_s):
            await asyncio.sleep(hang_s)
        case _:
            assert_never(verdict)
