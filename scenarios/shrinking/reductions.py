"""Reductions: how a scenario becomes smaller in one respect, as far as it goes.

Each takes the smallest trial so far and returns one that is no larger. They ask the oracle about every step, because a
smaller storm draws in another order here and there, and may no longer break anything.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from psp_chaos.faults.spec import FaultSpec
from scenarios.shrinking.behaviour import fewer_actions, fewer_decisions
from scenarios.shrinking.candidates import Ask, Reduction, changed, smallest
from scenarios.shrinking.oracle import Trial
from scenarios.spec import Scenario

_STRIKES_MAX = 40  # a fault that bit more often is left to its probability until there are fewer customers
_SHORTEST_S = 1.0
_FEW, _SEEDS = 2, 30  # customers, and seeds to try with so few

# What stands for itself: the simplest value that a scenario can have there.
_SIMPLEST: Mapping[str, JsonValue] = {
    "service": {},
    "declined_share": 0.0,
    "psp_asynchronous_share": 0.0,
    "crowds": 0,
    "workers": 1,
    "service_processes": 1,
}


def fewer_faults(trial: Trial, ask: Ask) -> Trial:
    """Leave out faults."""
    faults = trial.scenario.faults_left

    def with_these(part: Sequence[object]) -> Scenario | None:
        return changed(trial.scenario, faults=[_plan(one) for one in faults if one in part], without=[])

    return smallest(trial, faults, with_these, ask)


def fewer_visitors(trial: Trial, ask: Ask) -> Trial:
    """Let fewer customers come; those who do come do what they did."""
    visitors = trial.scenario.visitors or tuple(range(1, trial.scenario.customers + 1))

    def with_these(part: Sequence[int]) -> Scenario | None:
        return changed(trial.scenario, visitors=list(part)) if part else None

    return smallest(trial, visitors, with_these, ask)


def other_seeds(trial: Trial, ask: Ask) -> Trial:
    """Let one customer come, or two, with one seed after the other: whoever fails alone is worth more than a crowd."""
    names = sorted(trial.scenario.scripts)
    casts: list[JsonValue] = [dict(trial.scenario.scripts)]
    casts += [{name: 1} for name in names] if len(names) > 1 else []
    for customers in range(1, min(_FEW, trial.scenario.visits - 1) + 1):
        for cast in casts:
            candidate = changed(trial.scenario, customers=customers, visitors=[], scripts=cast)
            for seed in range(1, _SEEDS + 1):
                if candidate and (found := ask(candidate, seed)):
                    return found
    return trial


def fewer_strikes(trial: Trial, ask: Ask) -> Trial:
    """Let a fault of the PSP strike at the very occasions that matter, and at no others."""
    for fault in trial.scenario.psp_faults:
        trial = _fewer_strikes_of(fault, trial, ask)
    return trial


def _fewer_strikes_of(fault: FaultSpec, trial: Trial, ask: Ask) -> Trial:
    scenario, strikes = trial.scenario, sorted(set(_strikes(trial, fault)))

    def at_these(part: Sequence[int]) -> Scenario | None:
        return _with_fault(scenario, fault.id, nth=list(part), probability=1.0, schedule=[]) if part else None

    if not 0 < len(strikes) <= _STRIKES_MAX:
        return trial
    # A fault that strikes by chance draws how hard from there as well, so the same occasions need not do the same.
    exact = at_these(strikes)
    same = None if exact is None else ask(exact, trial.seed)
    return trial if same is None else smallest(same, strikes, at_these, ask)


def shorter_windows(trial: Trial, ask: Ask) -> Trial:
    """End a fault of our own side after the first of its strikes that is enough."""
    for fault in trial.scenario.faults_left:
        if isinstance(fault, FaultSpec):
            continue
        from_s = fault.window.get("from_s", 0)
        for ends_s in _moments(trial, fault.id):
            shorter = _with_fault(trial.scenario, fault.id, window={"from_s": from_s, "to_s": ends_s})
            if ends_s < fault.window.get("to_s", math.inf) and shorter and (found := ask(shorter, trial.seed)):
                trial = found
                break
    return trial


def simpler(trial: Trial, ask: Ask) -> Trial:
    """Take the simplest value wherever it will do."""
    for name, value in _SIMPLEST.items():
        if trial.scenario.model_dump(mode="json")[name] != value:
            trial = _tried(trial, changed(trial.scenario, **{name: value}), ask)
    for name in _delays(trial.scenario):
        trial = _tried(trial, changed(trial.scenario, **{name: Scenario.model_fields[name].default}), ask)
    return trial


def simpler_customers(trial: Trial, ask: Ask) -> Trial:
    """Let all customers be of one kind, the simplest first."""
    if len(trial.scenario.scripts) == 1:
        return trial
    clicks = Counter(dict.fromkeys(trial.scenario.scripts, 0))
    clicks.update(str(row["script"]) for row in trial.recording.diary if row["action"] == "create")
    for name, _ in reversed(clicks.most_common()):
        if (candidate := changed(trial.scenario, scripts={name: 1})) and (found := ask(candidate, trial.seed)):
            return found
    return trial


def shorter(trial: Trial, ask: Ask) -> Trial:
    """Halve the storm as long as that will do; the calm costs nothing, and the promise stays what it is."""
    while (candidate := _shorter_storm(trial.scenario)) and (found := ask(candidate, trial.seed)):
        trial = found
    return trial


REDUCTIONS: Sequence[Reduction] = (
    fewer_faults,
    fewer_visitors,
    other_seeds,
    simpler_customers,
    fewer_strikes,
    shorter_windows,
    simpler,
    shorter,
    fewer_actions,
    fewer_decisions,
)
"""In this order: what makes the following runs quickest comes first."""


def _tried(trial: Trial, candidate: Scenario | None, ask: Ask) -> Trial:
    return (ask(candidate, trial.seed) if candidate else None) or trial


def _with_fault(scenario: Scenario, fault_id: str, **values: JsonValue) -> Scenario | None:
    faults = [{**_plan(one), **values} if one.id == fault_id else _plan(one) for one in scenario.faults_left]
    return changed(scenario, faults=list(faults), without=[])


def _plan(fault: object) -> dict[str, JsonValue]:
    plan: dict[str, JsonValue] = fault.model_dump(mode="json")  # type: ignore[attr-defined]  # every fault is a model
    return plan


def _strikes(trial: Trial, fault: FaultSpec) -> Iterator[int]:
    for bite in trial.recording.faults:
        if bite["fault"] == fault.id:
            yield bite["detail"]["nth"]


def _moments(trial: Trial, fault_id: str) -> list[float]:
    """Return when a fault bit, in seconds since the run began, each rounded up to the next millisecond."""
    since_us = trial.recording.started_at_us
    return sorted(
        math.ceil((bite["at_us"] - since_us) / 1_000 + 1) / 1_000
        for bite in trial.recording.faults
        if bite["fault"] == fault_id
    )


def _delays(scenario: Scenario) -> Iterator[str]:
    for name, field in Scenario.model_fields.items():
        if name.endswith("_latency_s") and getattr(scenario, name) != field.default:
            yield name


def _shorter_storm(scenario: Scenario) -> Scenario | None:
    storm_s = round(scenario.storm_s / 2, 3)
    return changed(scenario, storm_s=storm_s) if storm_s >= _SHORTEST_S else None
