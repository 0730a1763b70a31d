"""The customer of a shop that numbers its forms: payments from 1 on, and refunds from 1 on.

A key is good for one route, so the fifth payment and the fifth refund may have the same one. Whose refund gets which
number is another matter than whose payment did.
"""

import random

from scenarios.customers.actions import Read, Refund, Script, Wait
from scenarios.customers.habits import click, click_until_answered, watch_until_final
from scenarios.customers.purchase import Purchase

_CLICKS_MAX = 8
_THINKS_S_MAX = 10.0
_LOOKS_AFTER_S = 5.0


def numbered(purchase: Purchase, draw: random.Random) -> Script:
    """Pay under one's own number, ask for all of it back under the number of the customer before, and look."""
    number = int(purchase.intent.rpartition("-")[2])
    create = click(purchase, key=f"form-{number}")
    seen = yield from click_until_answered(create, draw=draw, clicks_max=_CLICKS_MAX)
    if not seen.payment_id:
        return
    final = yield from watch_until_final(purchase.intent, seen.payment_id)
    if final is None or final.status != "SUCCESS":
        return
    yield Wait(seconds=draw.uniform(0, _THINKS_S_MAX))
    intent = f"{purchase.intent}/refund-1"
    refund = Refund(intent=intent, key=f"form-{number - 1}", payment_id=seen.payment_id, amount_minor=None)
    yield from click_until_answered(refund, draw=draw, clicks_max=_CLICKS_MAX)
    yield Wait(seconds=_LOOKS_AFTER_S)
    yield Read(intent=purchase.intent, payment_id=seen.payment_id)
