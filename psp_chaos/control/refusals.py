"""What the control plane refuses, each with its status, and how refusals of others are answered here."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from psp_chaos.errors import (
    ClockError,
    FaultExists,
    NoSuchCharge,
    NoSuchDelivery,
    NoSuchEndpoint,
    NoSuchEvent,
    NoSuchFault,
    NoSuchPayment,
    NoSuchPreset,
    NoSuchRefund,
    PspError,
    Refusal,
)


class ControlRefusal(PspError):
    """The control plane will not do it."""

    status = HTTPStatus.BAD_REQUEST


class Unreadable(ControlRefusal):
    """What was sent cannot be understood.

    Attributes:
        problems: What is wrong with it, in one line each.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class BodyTooLarge(ControlRefusal):
    """What was sent is too large."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NotThere(ControlRefusal):
    """There is nothing of this name."""

    status = HTTPStatus.NOT_FOUND


class TokenMissing(ControlRefusal):
    """The control plane needs its own token: send it as 'Authorization: Bearer TOKEN'."""

    status = HTTPStatus.UNAUTHORIZED


class FormOfSomebodyElse(ControlRefusal):
    """This form was not made for you. Go back, load the page again and send it once more."""

    status = HTTPStatus.FORBIDDEN


_NOT_THERE = (
    NoSuchPayment,
    NoSuchCharge,
    NoSuchRefund,
    NoSuchEndpoint,
    NoSuchEvent,
    NoSuchDelivery,
    NoSuchFault,
    NoSuchPreset,
)
_CONFLICTS = (FaultExists, ClockError, Refusal)


def status_of(refusal: PspError) -> HTTPStatus:
    """Return the status that says why."""
    if isinstance(refusal, ControlRefusal):
        return refusal.status
    if isinstance(refusal, _NOT_THERE):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.CONFLICT if isinstance(refusal, _CONFLICTS) else HTTPStatus.BAD_REQUEST


def refused(refusal: PspError) -> Response:
    """Answer with what is wrong, in one line each."""
    lines = refusal.problems if isinstance(refusal, Unreadable) else [str(refusal)]
    return JSONResponse({"errors": lines}, status_code=status_of(refusal))
