"""The named scenarios, each a file that tells its story."""

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.errors import BadInput
from scenarios.library.broken_network import BROKEN_NETWORK
from scenarios.library.duplicate_clicks import DUPLICATE_CLICKS
from scenarios.library.dying_machines import DYING_MACHINES
from scenarios.library.failing_database import FAILING_DATABASE
from scenarios.library.latency_spikes import LATENCY_SPIKES
from scenarios.library.lost_webhooks import LOST_WEBHOOKS
from scenarios.library.lying_clocks import LYING_CLOCKS
from scenarios.library.racing_refunds import RACING_REFUNDS
from scenarios.library.second_thoughts import SECOND_THOUGHTS
from scenarios.spec import Scenario

LIBRARY: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            DUPLICATE_CLICKS,
            LOST_WEBHOOKS,
            LATENCY_SPIKES,
            DYING_MACHINES,
            LYING_CLOCKS,
            FAILING_DATABASE,
            BROKEN_NETWORK,
            RACING_REFUNDS,
            SECOND_THOUGHTS,
        )
    }
)


def find_scenario(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        BadInput: There is none.
    """
    if name not in LIBRARY:
        raise BadInput(f"no scenario {name!r}; choose from {', '.join(LIBRARY)}")
    return LIBRARY[name]
