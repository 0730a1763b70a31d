"""The customer who changes the order adds something to it and presses again; the page still has the old key.

The new amount is another request, so the old key may not serve it: whoever answers as before has not read it.
"""

import random
from dataclasses import replace

from scenarios.customers.actions import Script, Wait
from scenarios.customers.habits import click, click_until_answered, watch_until_final
from scenarios.customers.purchase import Purchase

_CLICKS_MAX = 8
_THINKS_S_MAX = 3.0
_EXTRA_MINOR = 100


def changed_order(purchase: Purchase, draw: random.Random) -> Script:
    """Click, click again with the same key and another amount, and watch what was made first."""
    key = f"key-{purchase.intent}"
    seen = yield from click_until_answered(click(purchase, key=key), draw=draw, clicks_max=_CLICKS_MAX)
    yield Wait(seconds=draw.uniform(0, _THINKS_S_MAX))
    dearer = replace(purchase, amount_minor=purchase.amount_minor + _EXTRA_MINOR)
    yield click(dearer, key=key)
    if seen.payment_id:
        yield from watch_until_final(purchase.intent, seen.payment_id)
