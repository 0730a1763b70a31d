"""What the service can do: each use case loads, lets the pure modules decide, and saves."""

from engine.usecases.attempt_trial import TryAttempt
from engine.usecases.discrepancy_repair import RepairDiscrepancy
from engine.usecases.endpoint_keeping import EndpointChange, KeepEndpoints
from engine.usecases.event_delivery import DeliverEvent
from engine.usecases.event_receipt import ReceiveEvent
from engine.usecases.line_matching import MatchObject
from engine.usecases.once import Once, Reply
from engine.usecases.parked_event import RetryParkedEvent
from engine.usecases.payment_cancellation import CancelPayment
from engine.usecases.payment_creation import CreatePayment, PaymentOrder
from engine.usecases.refund_request import RefundOrder, RequestRefund
from engine.usecases.statement_reading import Reading, ReadStatement

__all__ = [
    "CancelPayment",
    "CreatePayment",
    "DeliverEvent",
    "EndpointChange",
    "KeepEndpoints",
    "MatchObject",
    "Once",
    "PaymentOrder",
    "ReadStatement",
    "Reading",
    "ReceiveEvent",
    "RefundOrder",
    "RepairDiscrepancy",
    "Reply",
    "RequestRefund",
    "RetryParkedEvent",
    "TryAttempt",
]
