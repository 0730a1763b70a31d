"""The scenario as it was played, when somebody chose another one, or switched faults, on Locust's pages."""

from collections.abc import Sequence
from pathlib import Path

from scenarios.library import find_scenario
from scenarios.live.pacing import at_live_pace
from scenarios.live.switches import Switched
from scenarios.spec import Scenario


def as_played(scenario: Scenario, switches: Sequence[Switched]) -> Scenario:
    """Return the scenario with the customers and faults that came last, and a story that tells what was switched.

    The system itself stays as it was started: its settings are the first scenario's.
    """
    begun = [str(one["scenario"]) for one in switches if "scenario" in one]
    last = scenario
    if begun:
        last = at_live_pace(find_scenario(begun[-1]), users=scenario.customers, duration_s=scenario.storm_s)
    story = " ".join([last.story, *_told(begun, switches)])
    settings = {name: getattr(scenario, name) for name in ("service", "psp", "workers", "defect", "service_processes")}
    return last.model_copy(update={**settings, "story": story})


def _told(begun: Sequence[str], switches: Sequence[Switched]) -> list[str]:
    names = list(dict.fromkeys(Path(name).stem for name in begun))
    faults = list(dict.fromkeys(str(one["fault"]) for one in switches if one.get("on")))
    told = [f"Loads followed each other: {', '.join(names)}."] if len(names) > 1 else []
    return told + ([f"Switched on by hand: {', '.join(faults)}."] if faults else [])
