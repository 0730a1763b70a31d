"""Second thoughts: any customer may want a payment canceled as soon as there is one.

It is a habit on top of a script, so that every kind of customer can have it. Half of those who have it would have to
prove to their bank who they are, and never do: their payment waits until somebody gives it up.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from scenarios.customers.actions import Cancel, Script, Seen, Together, Wait
from scenarios.customers.habits import Habit, click_until_answered, known_payment, worth_another_click
from scenarios.customers.purchase import NEVER_AUTHENTICATES, Purchase

_THINKS_S_MAX = (0.0, 0.2, 5.0, 120.0)  # from the very instant of the answer until long after the capture
_SECOND_CLICK_S_MAX = 0.5
_CLICKS_MAX = 8
_NEVER_AUTHENTICATE = 0.5


def script_of(
    customer: Callable[[Purchase, random.Random], Script],
    purchase: Purchase,
    draw: random.Random,
    *,
    regrets: random.Random | None,
) -> Script:
    """Return what a customer does; `regrets` is drawn from where that includes second thoughts."""
    if regrets is None:
        return customer(purchase, draw)
    if regrets.random() < _NEVER_AUTHENTICATE:
        purchase = replace(purchase, payment_method=NEVER_AUTHENTICATES)
    return _with_second_thoughts(customer(purchase, draw), purchase, regrets)


def _with_second_thoughts(script: Script, purchase: Purchase, draw: random.Random) -> Script:
    """Perform a script, but once it knows its payment ask for a cancel after a while, before it goes on."""
    sights: Mapping[int, Seen] = {}
    has_asked = False
    action = next(script, None)
    while action is not None:
        sights = yield action
        payment_id = known_payment(sights)
        if payment_id is not None and not has_asked:
            has_asked = True
            yield from _ask(purchase, payment_id, draw)
        try:
            action = script.send(sights)
        except StopIteration:
            return


def _ask(purchase: Purchase, payment_id: str, draw: random.Random) -> Habit[None]:
    """Ask once, twice with one key, or twice with two; repeat, with the same keys, what was not answered."""
    yield Wait(seconds=draw.uniform(0, draw.choice(_THINKS_S_MAX)))
    first, second = (_cancel(purchase, payment_id, number) for number in (1, 2))
    clicks = draw.choice(([first], [first, first], [first, second]))
    gaps_s = [0.0, draw.choice([0.0, draw.uniform(0, _SECOND_CLICK_S_MAX)])]
    sights = yield Together(parts=tuple(zip(gaps_s, clicks, strict=False)))
    for position, click in enumerate(clicks):
        if worth_another_click(sights[position]):
            yield from click_until_answered(click, draw=draw, clicks_max=_CLICKS_MAX)


def _cancel(purchase: Purchase, payment_id: str, number: int) -> Cancel:
    intent = f"{purchase.intent}/cancel-{number}"
    return Cancel(intent=intent, key=f"key-{intent}", payment_id=payment_id)
