"""Who comes is the same in both worlds: it depends on the seed and the story, not on how long the storm lasts."""

import pytest

from scenarios.customers.actions import Create, Together
from scenarios.guests import guest_list
from scenarios.library import LIBRARY
from scenarios.live.pacing import at_full_storm
from scenarios.randomness import Streams

FIRST_THREE = ["duplicate-clicks", "lost-webhooks", "latency-spikes"]


def purchases(scenario, seed):
    """Return what each customer is and wants to buy first."""
    stream = Streams(seed).stream
    found = []
    for guest in guest_list(scenario, stream):
        action = next(guest.perform(scenario, stream))
        first = action.parts[0][1] if isinstance(action, Together) else action
        assert isinstance(first, Create)
        found.append((guest.author, first.intent, first.key, first.amount_minor, first.currency, first.payment_method))
    return found


@pytest.mark.parametrize("name", FIRST_THREE)
def test_customers_want_the_same_in_virtual_and_in_real_time(name):
    told = LIBRARY[name]
    live = at_full_storm(told, duration_s=30, speed=told.storm_s / 30)

    assert purchases(live, 7) == purchases(told, 7)
    assert purchases(live, 7) != purchases(told, 8)


def test_they_come_within_the_storm_in_both():
    told = LIBRARY["black-friday"]
    live = at_full_storm(told, duration_s=30, speed=told.storm_s / 30)

    shares = [
        [guest.arrives_s / scenario.storm_s for guest in guest_list(scenario, Streams(7).stream)]
        for scenario in (told, live)
    ]

    assert shares[1] == pytest.approx(shares[0])
    assert all(0 <= share <= 1 for share in shares[1])
