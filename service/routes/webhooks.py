"""Webhooks of the PSP: proven first, understood second, durable before the 200."""

from fastapi import APIRouter, Request

from service.dependencies import DeskDependency
from service.errors import SignatureRefused, WireUnreadable
from service.problems import Problem, ProblemError

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/psp")
async def receive_event(request: Request, desk: DeskDependency) -> dict[str, bool]:
    """Take one event. Any answer but 2xx makes the PSP deliver it again, which is what we want if we failed."""
    body = await request.body()
    try:
        desk.signature.verify(request.headers.get("Stripe-Signature"), body, now_us=desk.clock.now_us())
    except SignatureRefused as error:
        raise ProblemError(Problem.SIGNATURE_REFUSED, str(error)) from error
    try:
        event = desk.read_event(body.decode("utf-8"))
    except (UnicodeDecodeError, WireUnreadable) as error:
        raise ProblemError(Problem.UNREADABLE_EVENT) from error
    await desk.receive_event(event)
    return {"received": True}
