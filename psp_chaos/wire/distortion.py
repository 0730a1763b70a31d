"""Distortion: what the verdicts of faults make of a request and of its truth."""

from dataclasses import replace
from http import HTTPStatus
from typing import assert_never

from psp_chaos.answers import Answer
from psp_chaos.faults.verdicts import (
    AnswerError,
    ArrivalVerdict,
    Drop,
    ExecutionVerdict,
    Hang,
    Misdirect,
    Postpone,
    Refuse,
)
from psp_chaos.money.bank import UNDECIDED, Fate
from psp_chaos.wire.errors import API, INVALID_REQUEST, WireError
from psp_chaos.wire.replies import silence


async def turn_away(verdict: ArrivalVerdict) -> Answer | None:
    """Return what a request gets of which nothing is done; None is silence."""
    match verdict:
        case AnswerError():
            return planned_error(verdict)
        case Drop() | Hang():
            await silence(verdict)
            return None
        case _:
            assert_never(verdict)


def fate(verdict: ExecutionVerdict) -> Fate:
    """Return what a verdict decides about the money of a request."""
    match verdict:
        case Postpone(delay_s=delay_s, is_rolled_back=is_rolled_back):
            return Fate(delay_s=delay_s, is_rolled_back=is_rolled_back)
        case Misdirect(course=course, delay_s=delay_s, pending_reason=pending_reason):
            return Fate(delay_s=delay_s, refund_course=course, pending_reason=pending_reason)
        case AnswerError() | Refuse():
            return UNDECIDED
        case _:
            assert_never(verdict)


def distort(truth: Answer, verdict: ExecutionVerdict) -> tuple[Answer, Drop | Hang | None]:
    """Return the answer to remember for an effect, and the silence to keep instead of giving it."""
    match verdict:
        case AnswerError():
            return _instead_of(truth, verdict), None
        case Postpone(answer="error"):
            return _instead_of(truth, AnswerError(status=HTTPStatus.INTERNAL_SERVER_ERROR)), None
        case Postpone(answer="drop"):
            return truth, Drop()
        case Postpone(answer="hang", hang_s=hang_s):
            return truth, Hang(hang_s=hang_s)
        case Postpone() | Misdirect():
            return truth, None
        case Refuse():
            raise AssertionError("what was refused was not executed")
        case _:
            assert_never(verdict)


def details(verdict: ExecutionVerdict) -> dict[str, object]:
    """Return what is worth noting of a verdict that was carried out."""
    match verdict:
        case Postpone(delay_s=delay_s):
            return {"delay_s": delay_s}
        case Misdirect(course=course, delay_s=delay_s):
            return {"course": course.value, "delay_s": delay_s}
        case AnswerError() | Refuse():
            return {}
        case _:
            assert_never(verdict)


def planned_error(planned: AnswerError) -> Answer:
    """Write an error that a fault asked for."""
    is_throttled = planned.status == HTTPStatus.TOO_MANY_REQUESTS
    headers = {
        "Retry-After": None if planned.retry_after_s is None else str(planned.retry_after_s),
        "Stripe-Should-Retry": None if planned.should_retry is None else str(planned.should_retry).lower(),
    }
    return WireError(
        "Too many requests." if is_throttled else "Something went wrong on our side.",
        status=planned.status,
        type=INVALID_REQUEST if is_throttled else API,
        code=planned.code or ("rate_limit" if is_throttled else None),
        headers={name: value for name, value in headers.items() if value is not None},
    ).answer()


def _instead_of(truth: Answer, error: AnswerError) -> Answer:
    return replace(planned_error(error), object_id=truth.object_id)
