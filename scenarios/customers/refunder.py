"""The refunder pays, waits for success and wants the money back: once, in parts, or more often than there is money."""

import random

from scenarios.customers.actions import Read, Refund, Script, Together, Wait
from scenarios.customers.habits import Habit, click, click_until_answered, watch_until_final, worth_another_click
from scenarios.customers.purchase import Purchase

_CLICKS_MAX = 8
_THINKS_S_MAX = 120.0
_GAP_S_MAX = 0.5
_LOOKS_S = (5.0, 30.0, 120.0, 600.0, 1800.0)  # pauses between the looks at what was given back


def refunder(purchase: Purchase, draw: random.Random) -> Script:
    """Pay, then ask for refunds in one of four ways, some of them greedy, and look what is given back."""
    create = click(purchase, key=f"key-{purchase.intent}")
    seen = yield from click_until_answered(create, draw=draw, clicks_max=_CLICKS_MAX)
    if not seen.payment_id:
        return
    final = yield from watch_until_final(purchase.intent, seen.payment_id)
    if final is None or final.status != "SUCCESS":
        return
    yield Wait(seconds=draw.uniform(0, _THINKS_S_MAX))
    yield from _ask(_refunds(purchase, seen.payment_id, draw), draw)
    for pause_s in _LOOKS_S:
        yield Wait(seconds=pause_s)
        yield Read(intent=purchase.intent, payment_id=seen.payment_id)


def _refunds(purchase: Purchase, payment_id: str, draw: random.Random) -> list[Refund]:
    half, all_of_it = max(1, purchase.amount_minor // 2), purchase.amount_minor
    amounts: list[int | None] = draw.choice([[None], [half], [half, all_of_it - half], [all_of_it, all_of_it]])
    return [
        Refund(intent=intent, key=f"key-{intent}", payment_id=payment_id, amount_minor=amount_minor)
        for number, amount_minor in enumerate(amounts, start=1)
        for intent in [f"{purchase.intent}/refund-{number}"]
    ]


def _ask(refunds: list[Refund], draw: random.Random) -> Habit[None]:
    """Click every refund once or twice at about the same time; repeat, with the same keys, what was not answered."""
    clicks = [refund for refund in refunds for _ in range(draw.choice([1, 2]))]
    sights = yield Together(parts=tuple((draw.uniform(0, _GAP_S_MAX), refund) for refund in clicks))
    for position, refund in enumerate(clicks):
        if worth_another_click(sights[position]):
            yield from click_until_answered(refund, draw=draw, clicks_max=_CLICKS_MAX)
