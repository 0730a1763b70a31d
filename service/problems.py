"""Errors as `application/problem+json` (RFC 9457): one catalogue of everything that can be answered but success."""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus

from engine.idempotency import Answer
from service.errors import ServiceError

MEDIA_TYPE = "application/problem+json"
HOME = "/problems"  # where each kind is described


class Problem(Enum):
    """Every kind of error answer: the last part of its type, its status, its title, and what to do about it.

    A slug is for ever: clients compare it. `docs/problems.md` and `GET /problems/{slug}` are made from this list.
    """

    INVALID_REQUEST = (
        "invalid-request",
        HTTPStatus.BAD_REQUEST,
        "The request is not valid",
        "`errors` names each member, parameter or header that is wrong and why. Nothing was done; send it changed.",
    )
    MALFORMED_BODY = (
        "malformed-body",
        HTTPStatus.BAD_REQUEST,
        "The body is not JSON",
        "It must be one JSON text in UTF-8: no member twice, no NaN, no lone surrogate, little nested.",
    )
    TARGET_REFUSED = (
        "target-refused",
        HTTPStatus.BAD_REQUEST,
        "Events may not be sent to this address",
        "The detail says why: it is no http address, or it leads to where only insiders should get.",
    )
    MISSING_KEY = (
        "idempotency-key-missing",
        HTTPStatus.BAD_REQUEST,
        "The Idempotency-Key header is missing",
        "Whatever moves money needs a key of your own, new for each wish and the same for each retry of it.",
    )
    INVALID_KEY = (
        "idempotency-key-invalid",
        HTTPStatus.BAD_REQUEST,
        "The Idempotency-Key header is not valid",
        "Send one header with 1 to 255 visible ASCII characters, bare or quoted.",
    )
    SIGNATURE_REFUSED = (
        "signature-refused",
        HTTPStatus.BAD_REQUEST,
        "The signature does not prove the sender",
        "For the PSP alone: sign the bytes as they are sent, with the endpoint's secret and the time of now.",
    )
    UNREADABLE_EVENT = (
        "unreadable-event",
        HTTPStatus.BAD_REQUEST,
        "The event makes no sense",
        "For the PSP alone: the signature is right, and the body is not an event that we understand.",
    )
    UNAUTHORIZED = (
        "unauthorized",
        HTTPStatus.UNAUTHORIZED,
        "A valid API key is needed",
        "Send one header `Authorization: Bearer <key>`. A key that was revoked is as wrong as one that never was.",
    )
    NOT_FOUND = (
        "not-found",
        HTTPStatus.NOT_FOUND,
        "There is nothing here",
        "No address of this API looks like that; mind slashes at the end.",
    )
    PAYMENT_NOT_FOUND = (
        "payment-not-found",
        HTTPStatus.NOT_FOUND,
        "There is no such payment",
        "You have no payment with this id. What another merchant has is not there for you.",
    )
    REFUND_NOT_FOUND = (
        "refund-not-found",
        HTTPStatus.NOT_FOUND,
        "There is no such refund",
        "The payment has no refund with this id, or you have no such payment.",
    )
    ENDPOINT_NOT_FOUND = (
        "endpoint-not-found",
        HTTPStatus.NOT_FOUND,
        "There is no such endpoint",
        "You have no endpoint with this id, or have deleted it.",
    )
    EVENT_NOT_FOUND = (
        "event-not-found",
        HTTPStatus.NOT_FOUND,
        "There is no such event",
        "Nothing was told under this id, or it is so old that it was forgotten.",
    )
    PROBLEM_NOT_FOUND = (
        "problem-not-found",
        HTTPStatus.NOT_FOUND,
        "There is no such kind of problem",
        "`GET /problems` lists all kinds.",
    )
    METHOD_NOT_ALLOWED = (
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This method is not allowed here",
        "The `Allow` header says which ones are.",
    )
    NOT_ACCEPTABLE = (
        "not-acceptable",
        HTTPStatus.NOT_ACCEPTABLE,
        "Answers are JSON",
        "The `Accept` header leaves no room for `application/json`. Nothing was done.",
    )
    BODY_TOO_SLOW = (
        "body-too-slow",
        HTTPStatus.REQUEST_TIMEOUT,
        "The body did not arrive in time",
        "Nothing was done, and the connection is closed. Send all of it at once; the same key may be used again.",
    )
    IN_FLIGHT = (
        "request-in-flight",
        HTTPStatus.CONFLICT,
        "The first request with this key is still in flight",
        "Wait for `Retry-After` seconds and send the same again, to get the first one's answer.",
    )
    ORDER_TAKEN = (
        "order-already-being-paid",
        HTTPStatus.CONFLICT,
        "This order has a payment already",
        "`payment_id` and `Location` name it. An order has one payment that has not failed, whatever the keys.",
    )
    NOT_CANCELABLE = (
        "payment-not-cancelable",
        HTTPStatus.CONFLICT,
        "This payment cannot be canceled any more",
        "`reason` says why: it was captured, which is refunded instead, or it has failed. Remembered for this key.",
    )
    NOT_REFUNDABLE = (
        "payment-not-refundable",
        HTTPStatus.CONFLICT,
        "This payment cannot be refunded now",
        "`reason` says why: nothing was captured, or nothing is left. The answer is remembered for this key.",
    )
    REFUND_TOO_MUCH = (
        "refund-exceeds-capture",
        HTTPStatus.CONFLICT,
        "The refund is more than what is left",
        "`amount_refundable` is what is left. Ask for that with a new key.",
    )
    TOO_MANY_ENDPOINTS = (
        "too-many-endpoints",
        HTTPStatus.CONFLICT,
        "There are as many endpoints as there may be",
        "Delete one that is not needed. The answer is remembered for this key.",
    )
    NOBODY_LISTENS = (
        "nobody-listens",
        HTTPStatus.CONFLICT,
        "There is no enabled endpoint to send this to",
        "Enable the endpoint, or open one, and ask again.",
    )
    BODY_TOO_LARGE = (
        "body-too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "The detail names the bound. Nothing was done.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "unsupported-media-type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body is not of a type that is taken",
        "Send `Content-Type: application/json`, and no `Content-Encoding`. Nothing was done.",
    )
    KEY_REUSED = (
        "idempotency-key-reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This key belongs to another request",
        "The key was used with another body or payment. Nothing was done; take a new key for a new wish.",
    )
    HEADERS_TOO_LARGE = (
        "headers-too-large",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The headers are too large",
        "The detail names the bound. Nothing was done.",
    )
    BROKEN = (
        "internal-error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something broke on our side",
        "It has been recorded under the answer's `X-Request-Id`. A retry with the same key is safe.",
    )
    BUSY = (
        "busy",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service has too much to do right now",
        "Nothing was done. Send the same again after `Retry-After` seconds.",
    )
    NOT_READY = (
        "not-ready",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service cannot work yet",
        "For operators: the detail says what the database lacks.",
    )
    UNAVAILABLE = (
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service cannot answer now",
        "Whether it was done is unknown. Send the same with the same key after `Retry-After` seconds, to find out.",
    )

    def __init__(self, slug: str, status: HTTPStatus, title: str, advice: str = "") -> None:
        """Name the parts of the value."""
        self.slug = slug
        self.status = status
        self.title = title
        self.advice = advice

    @property
    def type(self) -> str:
        """Return its type: a reference that, from whoever answered with it, leads to its description."""
        return f"{HOME}/{self.slug}"

    def answer(self, detail: str, **members: object) -> Answer:
        """Return the answer, with extension members if any."""
        body = {"type": self.type, "title": self.title, "status": int(self.status), "detail": detail}
        return Answer(status=int(self.status), body=json.dumps(body | members))


class ProblemError(ServiceError):
    """The request is answered with a problem."""

    def __init__(
        self,
        problem: Problem,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        """Take what is particular about this time."""
        super().__init__(detail or problem.title)
        self.answer = problem.answer(detail or problem.title, **members)
        self.headers = dict(headers or {})
