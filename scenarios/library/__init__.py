"""The named scenarios: a file for each beside this one, which tells its story, its incidents and what it proves."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from scenarios.errors import BadInput
from scenarios.scenario_file import SUFFIX, is_file_name, parse_scenario, read_scenario
from scenarios.spec import Scenario

NAMES = (
    "duplicate-clicks",
    "lost-webhooks",
    "latency-spikes",
    "dying-machines",
    "lying-clocks",
    "failing-database",
    "broken-network",
    "racing-refunds",
    "second-thoughts",
    "silent-capture",
    "late-capture",
    "psp-outage",
    "retry-storm",
    "forgetful-psp",
    "keyless-psp",
    "search-lag",
    "settlement-drift",
    "refund-fails-later",
    "forged-webhooks",
    "key-collisions",
    "split-brain-workers",
    "rolling-deploy",
    "crash-loop",
    "database-failover",
    "clock-skew",
    "deaf-merchants",
    "black-friday",
    "kitchen-sink",
)
"""In the order in which they are told."""


def _read(name: str) -> Scenario:
    file = files(__package__).joinpath(f"{name}{SUFFIX}")
    return parse_scenario(file.read_text(encoding="utf-8"), name=file.name, stem=name)


LIBRARY: Mapping[str, Scenario] = MappingProxyType({name: _read(name) for name in NAMES})


def find_scenario(word: str) -> Scenario:
    """Return the scenario of that name, or the one that the file of that name describes.

    Raises:
        BadInput: There is none, or the file is not a scenario.
    """
    if is_file_name(word):
        return read_scenario(Path(word))
    if word not in LIBRARY:
        meant = get_close_matches(word, LIBRARY, n=1)
        hint = f" (did you mean {meant[0]}?)" if meant else ""
        raise BadInput(f"no scenario {word!r}{hint}; choose from {', '.join(LIBRARY)}")
    return LIBRARY[word]
