"""Webhooks of the PSP: proven first, understood second, durable before the 200."""

from fastapi import APIRouter, Request

from service.dependencies import DeskDependency
from service.described import raises
from service.errors import SignatureRefused, WireUnreadable
from service.problems import Problem, ProblemError

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

SIGNATURE = "Stripe-Signature"
EVENT = {
    "type": "object",
    "examples": [
        {
            "id": "evt_Pq3",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "data": {
                "object": {
                    "id": "pi_Pq3",
                    "status": "succeeded",
                    "amount": 1250,
                    "amount_received": 1250,
                    "currency": "eur",
                    "metadata": {"attempt_id": "att_5d4c3b2a1f0e9d8c7b6a5f4e"},
                }
            },
        }
    ],
    "required": ["id", "type", "livemode", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "type": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "livemode": {"type": "boolean"},
        "account": {"type": ["string", "null"]},
        "data": {"type": "object", "required": ["object"], "properties": {"object": {"type": "object"}}},
    },
}
DESCRIBED = raises(Problem.SIGNATURE_REFUSED, Problem.UNREADABLE_EVENT) | {
    "requestBody": {"required": True, "content": {"application/json": {"schema": EVENT}}},
    "parameters": [
        {
            "name": SIGNATURE,
            "in": "header",
            "required": True,
            "description": "`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` with the endpoint's secret.",
            "schema": {"type": "string", "pattern": "^t=[0-9]{1,12}(,v[0-9]=[0-9a-f]+)+$"},
        }
    ],
}


@router.post("/psp", openapi_extra=DESCRIBED)
async def receive_event(request: Request, desk: DeskDependency) -> dict[str, bool]:
    """Take one event. Any answer but 2xx makes the PSP deliver it again, which is what we want if we failed."""
    body, headers = await request.body(), request.headers.getlist(SIGNATURE)
    try:
        # Two headers are none: a proxy and we might each believe another one.
        desk.signature.verify(headers[0] if len(headers) == 1 else None, body, now_us=desk.clock.now_us())
    except SignatureRefused as error:
        raise ProblemError(Problem.SIGNATURE_REFUSED, str(error)) from error
    try:
        event = desk.read_event(body.decode("utf-8"))
    except (UnicodeDecodeError, WireUnreadable) as error:
        raise ProblemError(Problem.UNREADABLE_EVENT) from error
    await desk.receive_event(event)
    return {"received": True}
