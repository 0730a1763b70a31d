"""The impatient customer hangs up after a moment and clicks again, with the same key, over and over."""

import random

from scenarios.customers.actions import Outcome, Script, Wait
from scenarios.customers.habits import click, click_until_answered, watch_until_final
from scenarios.customers.purchase import Purchase

_PATIENCE_S = (0.01, 1.5)
_HURRIED_CLICKS = (2, 5)
_CLICKS_MAX = 8


def impatient(purchase: Purchase, draw: random.Random) -> Script:
    """Click with little patience a few times, then once with ordinary patience, and watch."""
    for _ in range(draw.randint(*_HURRIED_CLICKS)):
        seen = (yield click(purchase, key=purchase.key, timeout_s=draw.uniform(*_PATIENCE_S)))[0]
        if seen.outcome is not Outcome.UNKNOWN:
            break
        yield Wait(seconds=draw.uniform(0, 1))
    seen = yield from click_until_answered(click(purchase, key=purchase.key), draw=draw, clicks_max=_CLICKS_MAX)
    if seen.payment_id:
        yield from watch_until_final(purchase.intent, seen.payment_id)
