"""Who comes to a run, when, and for what: the same in both worlds.

Whatever a customer is and wants is drawn here, from streams named alike, so that customer 7 of one seed buys the same
thing in virtual and in real time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from scenarios.customers.actions import Script
from scenarios.customers.arrivals import draw_moment
from scenarios.customers.cast import CAST
from scenarios.customers.diary import Author
from scenarios.customers.purchase import draw_purchase
from scenarios.customers.second_thoughts import script_of
from scenarios.spec import Scenario

type Stream = Callable[..., Random]
"""Returns the random stream of a name."""


def merchant_id(number: int) -> str:
    """Return the id of a merchant of a run, who are counted from 1."""
    return f"merchant_{number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """One customer who will come."""

    number: int  # counted from 1
    merchant: int  # counted from 0: they come to them in turn
    script: str
    arrives_s: float  # after the storm began

    @property
    def author(self) -> Author:
        """Whose lines the diary has."""
        customer = f"customer/{self.number}"
        return Author(customer=customer, script=self.script, merchant_id=merchant_id(self.merchant + 1))

    def perform(self, scenario: Scenario, stream: Stream) -> Script:
        """Return what this customer does; to be called when the customer comes, and once."""
        draw = stream(self.author.customer)
        # The first ones of all merchants have the same number, and then the second ones.
        turn = (self.number - 1) // scenario.merchants
        purchase = draw_purchase(
            draw,
            intent=f"order-{self.number}",
            declined_share=scenario.declined_share,
            number=f"order-{turn + 1}",
        )
        return script_of(CAST[self.script], purchase, draw, regrets=self._regrets(scenario, stream))

    def _regrets(self, scenario: Scenario, stream: Stream) -> Random | None:
        """Return what a customer draws from who will have second thoughts, or None."""
        if not scenario.cancel_share:
            return None
        draw = stream(self.author.customer, "second thoughts")
        return draw if draw.random() < scenario.cancel_share else None


def guest_list(scenario: Scenario, stream: Stream) -> Iterator[Guest]:
    """Yield all who come, in the order of their numbers."""
    draw = stream("arrivals")
    moment = partial(draw_moment, draw, storm_s=scenario.storm_s, profile=scenario.arrivals)
    crowds_s = [moment() for _ in range(scenario.crowds)]
    names, weights = zip(*sorted(scenario.scripts.items()), strict=True)  # a plan has no order
    for number in range(1, scenario.customers + 1):
        arrives_s = draw.choice(crowds_s) if crowds_s else moment()
        script, merchant = draw.choices(names, weights)[0], (number - 1) % scenario.merchants
        guest = Guest(number=number, merchant=merchant, script=script, arrives_s=arrives_s)
        if not scenario.visitors or number in scenario.visitors:  # what was drawn for the others stays as it was
            yield guest
