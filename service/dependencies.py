"""What routes need: the parts of the service, who is asking, and under which key."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request

from engine.errors import KeyMalformed
from engine.idempotency import parse_key
from engine.outgoing_ports import OutgoingStore
from engine.ports import Clock, EventReader
from engine.usecases import CancelPayment, CreatePayment, KeepEndpoints, ReceiveEvent, RequestRefund
from service.authentication import Authenticator
from service.dispatcher import Dispatcher
from service.problems import Problem, ProblemError
from service.signature import SignatureCheck
from service.store import OutgoingReads, PostgresReads


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything that a route may use."""

    authenticator: Authenticator
    reads: PostgresReads
    clock: Clock
    signature: SignatureCheck
    read_event: EventReader
    create_payment: CreatePayment
    cancel_payment: CancelPayment
    request_refund: RequestRefund
    dispatcher: Dispatcher
    receive_event: ReceiveEvent
    keep_endpoints: KeepEndpoints
    outgoing: OutgoingReads
    deliveries: OutgoingStore


async def desk(request: Request) -> Desk:
    """Return the parts that the service was composed of."""
    return cast("Desk", request.state.desk)


DeskDependency = Annotated[Desk, Depends(desk)]


async def merchant_id(request: Request) -> str:
    """Return who is asking, as `MerchantRoute` found out before anything else."""
    return cast("str", request.state.merchant_id)


MerchantId = Annotated[str, Depends(merchant_id)]


async def idempotency_key(request: Request) -> str:
    """Return the key; requests without one, or with two, end here."""
    headers = request.headers.getlist("Idempotency-Key")
    if not headers:
        raise ProblemError(Problem.MISSING_KEY)
    if len(headers) > 1:
        raise ProblemError(Problem.INVALID_KEY, "There is more than one Idempotency-Key header.")
    try:
        return parse_key(headers[0])
    except KeyMalformed as error:
        raise ProblemError(Problem.INVALID_KEY, str(error)) from error


Key = Annotated[str, Depends(idempotency_key)]

# Whatever does not look like an id cannot be one, and PostgreSQL would not take every text.
PaymentId = Annotated[str, Path(pattern="^[A-Za-z0-9_]{1,64}$", description="As `id` of the payment says.")]
RefundId = Annotated[str, Path(pattern="^[A-Za-z0-9_]{1,64}$", description="As `id` of the refund says.")]
