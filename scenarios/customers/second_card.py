"""The customer whose first card is declined takes another one: two payments for one order, and one of them fails."""

import random
from dataclasses import replace

from scenarios.customers.actions import Script, Wait
from scenarios.customers.habits import click, click_until_answered, watch_until_final
from scenarios.customers.purchase import DECLINED, PAYS, Purchase

_CLICKS_MAX = 8
_RUMMAGES_S_MAX = 8.0


def second_card(purchase: Purchase, draw: random.Random) -> Script:
    """Pay with a card that the bank declines, and when it has, with one that it takes."""
    for card in (DECLINED, PAYS):
        create = click(replace(purchase, payment_method=card), key=f"key-{purchase.intent}-{card}")
        seen = yield from click_until_answered(create, draw=draw, clicks_max=_CLICKS_MAX)
        if not seen.payment_id:
            return
        final = yield from watch_until_final(purchase.intent, seen.payment_id)
        if final is None or final.status != "FAILED":
            return
        yield Wait(seconds=draw.uniform(0, _RUMMAGES_S_MAX))
