"""What several customers do alike: click, click again, and watch a payment until it is final."""

import random
from collections.abc import Generator, Mapping
from http import HTTPStatus

from scenarios.customers.actions import Action, Cancel, Create, Outcome, Read, Refund, Seen, Wait
from scenarios.customers.purchase import Purchase

FINAL = frozenset({"SUCCESS", "FAILED", "REFUNDED"})
_FIRST_LOOK_S = 2.0
_LOOKS_GROW_BY = 1.6
_LOOK_PAUSE_S_MAX = 900.0
_RETRY_PAUSE_S = 3.0

type Habit[T] = Generator[Action, Mapping[int, Seen], T]


def click(purchase: Purchase, *, key: str, timeout_s: float = 30.0) -> Create:
    """Return one click on the button for this purchase."""
    return Create(
        intent=purchase.intent,
        key=key,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        payment_method=purchase.payment_method,
        timeout_s=timeout_s,
    )


def click_until_answered(request: Create | Refund | Cancel, *, draw: random.Random, clicks_max: int) -> Habit[Seen]:
    """Click with one and the same key until a definite answer comes or patience ends; return the last sight."""
    seen = (yield request)[0]
    for _ in range(clicks_max - 1):
        if not worth_another_click(seen):
            break
        yield Wait(seconds=(seen.retry_after_s or _RETRY_PAUSE_S) * draw.uniform(0.8, 1.5))
        seen = (yield request)[0]
    return seen


def watch_until_final(intent: str, payment_id: str, *, looks_max: int = 60) -> Habit[Seen | None]:
    """Look at a payment, ever more rarely, until it is final; return the final sight, or None where none came."""
    pause_s = _FIRST_LOOK_S
    for _ in range(looks_max):
        yield Wait(seconds=pause_s)
        seen = (yield Read(intent=intent, payment_id=payment_id))[0]
        if seen.status in FINAL:
            return seen
        pause_s = min(pause_s * _LOOKS_GROW_BY, _LOOK_PAUSE_S_MAX)
    return None


def known_payment(sights: Mapping[int, Seen]) -> str | None:
    """Return the payment that any of these sights speaks of."""
    return next((seen.payment_id for seen in sights.values() if seen.payment_id), None)


def worth_another_click(seen: Seen) -> bool:
    """Tell whether the same click makes sense again: nothing definite was heard, or the first is still under way."""
    # A conflict is either a refusal, which is definite, or it says how long to wait for the first click's answer.
    in_flight = seen.http_status == HTTPStatus.CONFLICT and seen.retry_after_s is not None
    return seen.outcome is Outcome.UNKNOWN or in_flight
