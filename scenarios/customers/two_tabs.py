"""The customer with two tabs pays the same order in both; each tab made a key of its own.

No idempotency key can help here: only a service that knows the order can.
"""

import random

from scenarios.customers.actions import Script, Together
from scenarios.customers.habits import click, click_until_answered, known_payment, watch_until_final
from scenarios.customers.purchase import Purchase

_SWITCH_S_MAX = 4.0  # from one tab to the other
_CLICKS_MAX = 8


def two_tabs(purchase: Purchase, draw: random.Random) -> Script:
    """Pay the order once in each tab, overlapping, then watch the payment that came of it."""
    first, second = (click(purchase, key=f"{purchase.key}-{tab}") for tab in ("left", "right"))
    switch_s = draw.choice([0.0, draw.uniform(0, _SWITCH_S_MAX)])
    payment_id = known_payment((yield Together(parts=((0.0, first), (switch_s, second)))))
    if payment_id is None:
        seen = yield from click_until_answered(second, draw=draw, clicks_max=_CLICKS_MAX)
        payment_id = seen.payment_id
    if payment_id:
        yield from watch_until_final(purchase.intent, payment_id)
