"""The refunder pays, waits for success and wants the money back: once, in pieces, or more often than there is money."""

import random

from scenarios.customers.actions import Read, Refund, Script, Together, Wait
from scenarios.customers.habits import Habit, click, click_until_answered, watch_until_final, worth_another_click
from scenarios.customers.purchase import Purchase

_CLICKS_MAX = 8
_THINKS_S_MAX = 120.0
_GAPS_S_MAX = (0.0, 0.5)  # at zero all leave in the same instant
_PIECES = (3, 5)
_LOOKS_S = (5.0, 30.0, 120.0, 600.0, 1800.0)  # pauses between the looks at what was given back


def refunder(purchase: Purchase, draw: random.Random) -> Script:
    """Pay, then ask for refunds in one of five ways, one of them greedy, and look what is given back."""
    create = click(purchase, key=purchase.key)
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
    all_of_it = purchase.amount_minor
    half, pieces = max(1, all_of_it // 2), _pieces(all_of_it, draw.randint(*_PIECES))
    ways: list[list[int | None]] = [
        [None],
        [half],
        [half, all_of_it - half],
        [*pieces],
        [all_of_it, all_of_it],
    ]
    return [
        Refund(
            intent=f"{purchase.intent}/refund-{number}",
            key=f"{purchase.key}/refund-{number}",
            payment_id=payment_id,
            amount_minor=amount_minor,
        )
        for number, amount_minor in enumerate(draw.choice(ways), start=1)
    ]


def _pieces(amount_minor: int, count: int) -> list[int]:
    """Return an order's items, which come back one by one."""
    piece_minor = max(1, amount_minor // count)
    return [*([piece_minor] * (count - 1)), amount_minor - piece_minor * (count - 1)]


def _ask(refunds: list[Refund], draw: random.Random) -> Habit[None]:
    """Click every refund once or twice at about the same time; repeat, with the same keys, what was not answered."""
    clicks = [refund for refund in refunds for _ in range(draw.choice([1, 2]))]
    gap_s_max = draw.choice(_GAPS_S_MAX)
    sights = yield Together(parts=tuple((draw.uniform(0, gap_s_max), refund) for refund in clicks))
    for position, refund in enumerate(clicks):
        if worth_another_click(sights[position]):
            yield from click_until_answered(refund, draw=draw, clicks_max=_CLICKS_MAX)
