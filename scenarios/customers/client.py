"""The service's HTTP API as customers use it: an action becomes a request, an answer becomes a sight.

Another service is tested by writing another one of these; scripts, drivers, diary and judge stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from scenarios.customers.actions import Cancel, Create, Json, Outcome, Read, Refund, Request, Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request, ready for any carrier."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaystormClient:
    """Speaks to the service of this project."""

    api_key: str = field(repr=False)

    def to_request(self, action: Request) -> HttpRequest:
        """Return the HTTP request that carries this action."""
        match action:
            case Create():
                return self._post("/v1/payments", key=action.key, content=_payment(action))
            case Refund():
                amount: dict[str, Json] = {} if action.amount_minor is None else {"amount": action.amount_minor}
                return self._post(f"/v1/payments/{action.payment_id}/refunds", key=action.key, content=amount)
            case Cancel():
                return self._post(f"/v1/payments/{action.payment_id}/cancel", key=action.key, content={})
            case Read():
                return HttpRequest(method="GET", path=f"/v1/payments/{action.payment_id}", headers=self._headers())

    def to_seen(self, status: int, headers: Mapping[str, str], body: bytes) -> Seen:
        """Return what the customer learns from an answer; `headers` has lower-case names."""
        answer = _parse(body)
        fields = answer if isinstance(answer, dict) else {}
        is_payment, is_refund = fields.get("object") == "payment", fields.get("object") == "refund"
        return Seen(
            outcome=_outcome(status),
            http_status=status,
            replayed=headers.get("idempotent-replayed") == "true",
            retry_after_s=_seconds(headers.get("retry-after")),
            payment_id=_text(fields.get("id") if is_payment else fields.get("payment_id")),
            refund_id=_text(fields.get("id")) if is_refund else None,
            status=_text(fields.get("status")) if is_payment else None,
            captured_minor=_whole(fields.get("amount_captured")),
            refunded_minor=_whole(fields.get("amount_refunded")),
            answer=answer,
        )

    def _post(self, path: str, *, key: str, content: dict[str, Json]) -> HttpRequest:
        headers = self._headers() | {"idempotency-key": f'"{key}"', "content-type": "application/json"}
        return HttpRequest(method="POST", path=path, headers=headers, body=json.dumps(content).encode())

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.api_key}"}


def unanswered(error: str) -> Seen:
    """Return what a customer saw to whom no answer came."""
    return Seen(outcome=Outcome.UNKNOWN, error=error)


def _payment(action: Create) -> dict[str, Json]:
    return {
        "amount": action.amount_minor,
        "currency": action.currency,
        "payment_method": action.payment_method,
        "order_id": action.intent,
    }


def _outcome(status: int) -> Outcome:
    if status < HTTPStatus.BAD_REQUEST:
        return Outcome.SUCCEEDED
    return Outcome.FAILED if status < HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.UNKNOWN


def _parse(body: bytes) -> Json:
    try:
        parsed: Json = json.loads(body)
    except ValueError:
        return None
    return parsed


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
