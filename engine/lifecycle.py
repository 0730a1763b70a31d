r"""The states of a payment, an attempt and a refund, and the only moves between them.

    payment   CREATED -> PROCESSING -> SUCCESS -> REFUNDED
                                   \-> FAILED
    attempt   UNSENT  -> SENT       -> SUCCEEDED | FAILED
    refund    PENDING -> SUCCEEDED  -> FAILED
                     \-> FAILED

FAILED never becomes SUCCESS, and nothing leaves REFUNDED. A canceled payment is FAILED, with that reason. SENT means
that the outcome is unknown until the PSP's word arrives. A refund may fail after it succeeded, because banks return
money days later.
The database checks the same table of moves (`service.store.tables`), so it is written down once, here.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PaymentState(StrEnum):
    """Where a payment stands, as the customer is told."""

    CREATED = "CREATED"  # accepted and stored; the PSP has not been called
    PROCESSING = "PROCESSING"  # the PSP has perhaps been called; the outcome is unknown
    SUCCESS = "SUCCESS"  # the PSP said that the money was captured
    FAILED = "FAILED"  # the PSP said that no money will move
    REFUNDED = "REFUNDED"  # all that was captured has been given back


class AttemptState(StrEnum):
    """Where one try at the PSP stands."""

    UNSENT = "UNSENT"
    SENT = "SENT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class RefundState(StrEnum):
    """Where a refund stands; a pending refund has given nothing back yet."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Source(StrEnum):
    """Who moved a payment."""

    API = "api"
    DISPATCH = "dispatch"
    WEBHOOK = "webhook"
    WORKER = "worker"


LAWFUL_MOVES: Mapping[PaymentState, tuple[PaymentState, ...]] = MappingProxyType(
    {
        PaymentState.CREATED: (PaymentState.PROCESSING,),
        PaymentState.PROCESSING: (PaymentState.SUCCESS, PaymentState.FAILED),
        PaymentState.SUCCESS: (PaymentState.REFUNDED,),
        PaymentState.FAILED: (),
        PaymentState.REFUNDED: (),
    }
)


def is_lawful(*, from_state: PaymentState | None, to_state: PaymentState) -> bool:
    """Tell whether a payment may move so; every payment begins (from nothing) as CREATED."""
    if from_state is None:
        return to_state is PaymentState.CREATED
    return to_state in LAWFUL_MOVES[from_state]
