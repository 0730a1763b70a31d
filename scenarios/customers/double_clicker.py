"""The double clicker presses the button twice or thrice within a moment; the page sends one and the same key."""

import random

from scenarios.customers.actions import Script, Together
from scenarios.customers.habits import click, click_until_answered, known_payment, watch_until_final
from scenarios.customers.purchase import Purchase

_CLICKS = (2, 3)
_GAP_S_MAX = 0.25  # a double click of a hand; at zero both leave in the same instant
_CLICKS_MAX = 8


def double_clicker(purchase: Purchase, draw: random.Random) -> Script:
    """Click several times at once with one key, then make sure of an answer and watch."""
    create = click(purchase, key=purchase.key)
    gaps_s = [0.0, *(draw.choice([0.0, draw.uniform(0, _GAP_S_MAX)]) for _ in range(draw.randint(*_CLICKS) - 1))]
    sights = yield Together(parts=tuple((gap_s, create) for gap_s in gaps_s))
    payment_id = known_payment(sights)
    if payment_id is None:
        seen = yield from click_until_answered(create, draw=draw, clicks_max=_CLICKS_MAX)
        payment_id = seen.payment_id
    if payment_id:
        yield from watch_until_final(purchase.intent, payment_id)
