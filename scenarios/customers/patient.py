"""The patient customer clicks once, waits for the answer and watches the payment to its end."""

import random

from scenarios.customers.actions import Script
from scenarios.customers.habits import click, click_until_answered, watch_until_final
from scenarios.customers.purchase import Purchase

_CLICKS_MAX = 8


def patient(purchase: Purchase, draw: random.Random) -> Script:
    """Click, repeat only when no answer came, watch."""
    create = click(purchase, key=purchase.key)
    seen = yield from click_until_answered(create, draw=draw, clicks_max=_CLICKS_MAX)
    if seen.payment_id:
        yield from watch_until_final(purchase.intent, seen.payment_id)
