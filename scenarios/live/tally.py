"""Who was killed, stopped and told to end how often, counted from the bites."""

from collections import Counter
from collections.abc import Iterable, Mapping

from scenarios.nemesis.bites import Bite

_WHAT: Mapping[str, str] = {
    "crash": "kills",
    "crash-loop": "kills",
    "connection-refused": "kills",
    "failover": "kills",
    "pause": "stops",
    "stall": "stops",
    "restart": "restarts",
    "rolling-restart": "restarts",
}


def tally(bites: Iterable[Bite]) -> dict[str, int]:
    """Return how often something was done to each kind of process, such as `kills_service`."""
    done = Counter(
        f"{_WHAT[str(bite['kind'])]}_{str(bite['target']).partition('/')[0]}" for bite in bites if bite["kind"] in _WHAT
    )
    return dict(sorted(done.items()))
