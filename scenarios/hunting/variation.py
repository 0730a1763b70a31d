"""Variation: new candidates out of nothing, or out of a run that reached something new.

All but two kinds stay within what a swarm may draw, so that a sound service is not asked for what none could do.
Customers of another kind, and faults of another scenario, are what no seed of the scenario itself would bring together.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from random import Random

from scenarios.campaign.standard import standard
from scenarios.customers.cast import CAST
from scenarios.decisions import STEPS_OF_A_REAL
from scenarios.errors import BadInput
from scenarios.hunting.candidate import Candidate, as_text
from scenarios.hunting.corpus import Entry
from scenarios.library import LIBRARY
from scenarios.spec import Scenario
from scenarios.swarm import draw_swarm, is_fixed

SEED_MAX = 10**9
_TRIES = 8  # until something comes of it that fits together
_DRAWS_FOR_HARDER = 6  # the hardest of so many is taken
_STEPS = (1, 1, 2, 4)  # changes of one variant
_KEPT_SEED = 0.4  # so that all else is the same
_UNINTERESTING = ("ids/",)  # streams whose draws only name things

type Changes = dict[str, str]
type Step = Callable[[Scenario, Changes, Random], None]


class Variation:
    """Makes candidates of these scenarios."""

    def __init__(self, scenarios: Mapping[str, Scenario], *, fixed: Collection[str]) -> None:
        """Take the scenarios as they are hunted, and the keys that were set by hand and stay."""
        self._scenarios = scenarios
        self._fixed = fixed
        self._steps: Sequence[Step] = (self._redrawn, self._harder, self._guest, self._foreign_fault)

    def fresh(self, name: str, random: Random) -> Candidate:
        """Return a scenario with a new seed and what that seed draws, as a sweep would have it."""
        seed = random.randrange(1, SEED_MAX)
        changes = draw_swarm(self._scenarios[name], seed, fixed=self._fixed).changes
        return Candidate(scenario=name, seed=seed, changes=changes, how="fresh")

    def variant(self, entry: Entry, random: Random) -> Candidate:
        """Return a variant of a run."""
        for _ in range(_TRIES):
            variant = self._tried(entry, random)
            try:
                variant.plan(self._scenarios)
            except BadInput:
                continue  # such as a change of a fault that is gone
            return variant
        return self.fresh(entry.candidate.scenario, random)

    def _tried(self, entry: Entry, random: Random) -> Candidate:
        parent, changes = entry.candidate, dict(entry.candidate.changes)
        if entry.draws and random.random() < _KEPT_SEED:
            changes["decisions"] = _decided_otherwise(entry, random)
            seed, how = parent.seed, "decided otherwise"
        else:
            seed, how = self._seed(parent, random), "new seed"
            changes.pop("decisions", None)  # they were of the old one
            for _ in range(random.choice(_STEPS)):
                step = random.choice(self._steps)
                step(parent.plan(self._scenarios), changes, random)
                how = step.__name__.strip("_").replace("_", " ")
        kept = {key: value for key, value in changes.items() if not is_fixed(key, self._fixed)}
        return Candidate(scenario=parent.scenario, seed=seed, changes=kept, how=how, parent=entry.number)

    def _seed(self, parent: Candidate, random: Random) -> int:
        return parent.seed if random.random() < _KEPT_SEED else random.randrange(1, SEED_MAX)

    def _redrawn(self, scenario: Scenario, changes: Changes, random: Random) -> None:
        """Draw one key of the swarm anew."""
        drawn = draw_swarm(_undrawn(scenario), random.randrange(SEED_MAX), fixed=self._fixed).changes
        keys = sorted({*drawn, *(key for key in changes if key != "faults")})
        if keys:
            key = random.choice(keys)
            changes.pop(key, None)
            changes.update({key: drawn[key]} if key in drawn else {})

    def _harder(self, scenario: Scenario, changes: Changes, random: Random) -> None:
        """Let one fault strike as often as the swarm ever lets it, and be sure that it exists."""
        if not scenario.faults:
            return
        name = random.choice([fault.id for fault in scenario.faults])
        changes["without"] = as_text([other for other in scenario.without if other != name])
        key = f"faults.{name}.probability"
        draws = [
            draw_swarm(_undrawn(scenario), random.randrange(SEED_MAX), fixed=self._fixed).changes.get(key)
            for _ in range(_DRAWS_FOR_HARDER)
        ]
        if hardest := max((float(one) for one in draws if one is not None), default=None):
            changes[key] = as_text(hardest)

    def _guest(self, scenario: Scenario, changes: Changes, random: Random) -> None:
        """Let customers of another kind come as well, as often as all others together."""
        name = random.choice(sorted(CAST))
        changes[f"scripts.{name}"] = as_text(round(sum(scenario.scripts.values()), 3))

    def _foreign_fault(self, scenario: Scenario, changes: Changes, random: Random) -> None:
        """Add a fault of another scenario of the library."""
        ours = {(fault.where, fault.kind) for fault in scenario.faults} | {fault.id for fault in scenario.faults}
        others = [one for one in _faults_anywhere() if not {one["id"], (one["where"], one["kind"])} & ours]
        if others:
            faults = [fault.model_dump(mode="json") for fault in scenario.faults]
            # First, because what is said of single faults is said of these.
            rest = {key: value for key, value in changes.items() if key != "faults"}
            changes.clear()
            changes.update({"faults": as_text([*faults, random.choice(others)]), **rest})


@cache
def _faults_anywhere() -> tuple[dict[str, object], ...]:
    """Return what can go wrong in the library at any time; what has a moment of its own belongs to its story."""
    faults = (fault for _, scenario in sorted(LIBRARY.items()) for fault in standard(scenario).faults)
    return tuple(one.model_dump(mode="json") for one in faults if not one.window and "." not in one.id)


def _decided_otherwise(entry: Entry, random: Random) -> str:
    """Return the decisions of a run and one more."""
    streams = sorted(name for name in entry.draws if not name.startswith(_UNINTERESTING))
    decisions = json.loads(entry.candidate.changes.get("decisions", "[]"))
    if streams:
        stream = random.choice(streams)
        draw = random.randint(1, entry.draws[stream])
        decisions.append({"stream": stream, "draw": draw, "value": random.randrange(STEPS_OF_A_REAL)})
    return as_text(decisions)


def _undrawn(scenario: Scenario) -> Scenario:
    """Return a scenario of which no fault is left out, so that each can be drawn."""
    return scenario.model_copy(update={"without": ()})
