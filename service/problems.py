"""Errors as `application/problem+json` (RFC 9457): one catalogue of everything that can be answered but success."""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus

from engine.idempotency import Answer
from service.errors import ServiceError

MEDIA_TYPE = "application/problem+json"


class Problem(Enum):
    """Every kind of error answer: the last part of its type, its status and its title."""

    INVALID_REQUEST = "invalid-request", HTTPStatus.BAD_REQUEST, "The request is not valid"
    MISSING_KEY = "idempotency-key-missing", HTTPStatus.BAD_REQUEST, "The Idempotency-Key header is missing"
    INVALID_KEY = "idempotency-key-invalid", HTTPStatus.BAD_REQUEST, "The Idempotency-Key header is not valid"
    SIGNATURE_REFUSED = "signature-refused", HTTPStatus.BAD_REQUEST, "The signature does not prove the sender"
    UNREADABLE_EVENT = "unreadable-event", HTTPStatus.BAD_REQUEST, "The event makes no sense"
    UNAUTHORIZED = "unauthorized", HTTPStatus.UNAUTHORIZED, "A valid API key is needed"
    NOT_FOUND = "not-found", HTTPStatus.NOT_FOUND, "There is nothing here"
    PAYMENT_NOT_FOUND = "payment-not-found", HTTPStatus.NOT_FOUND, "There is no such payment"
    REFUND_NOT_FOUND = "refund-not-found", HTTPStatus.NOT_FOUND, "There is no such refund"
    ENDPOINT_NOT_FOUND = "endpoint-not-found", HTTPStatus.NOT_FOUND, "There is no such endpoint"
    EVENT_NOT_FOUND = "event-not-found", HTTPStatus.NOT_FOUND, "There is no such event"
    METHOD_NOT_ALLOWED = "method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "This method is not allowed here"
    IN_FLIGHT = "request-in-flight", HTTPStatus.CONFLICT, "The first request with this key is still in flight"
    ORDER_TAKEN = "order-already-being-paid", HTTPStatus.CONFLICT, "This order has a payment already"
    NOT_REFUNDABLE = "payment-not-refundable", HTTPStatus.CONFLICT, "This payment cannot be refunded now"
    REFUND_TOO_MUCH = "refund-exceeds-capture", HTTPStatus.CONFLICT, "The refund is more than what is left"
    TOO_MANY_ENDPOINTS = "too-many-endpoints", HTTPStatus.CONFLICT, "There are as many endpoints as there may be"
    NOBODY_LISTENS = "nobody-listens", HTTPStatus.CONFLICT, "There is no enabled endpoint to send this to"
    BODY_TOO_LARGE = "body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"
    TARGET_REFUSED = "target-refused", HTTPStatus.UNPROCESSABLE_ENTITY, "Events may not be sent to this address"
    KEY_REUSED = "idempotency-key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, "This key belongs to another request"
    BROKEN = "internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke on our side"
    BUSY = "busy", HTTPStatus.SERVICE_UNAVAILABLE, "The service has too much to do right now"
    NOT_READY = "not-ready", HTTPStatus.SERVICE_UNAVAILABLE, "The service cannot work yet"
    UNAVAILABLE = "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "The service cannot answer now"

    def __init__(self, slug: str, status: HTTPStatus, title: str) -> None:
        """Name the parts of the value."""
        self.slug = slug
        self.status = status
        self.title = title

    def answer(self, detail: str, **members: object) -> Answer:
        """Return the answer, with extension members if any."""
        body = {"type": f"/problems/{self.slug}", "title": self.title, "status": int(self.status), "detail": detail}
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
