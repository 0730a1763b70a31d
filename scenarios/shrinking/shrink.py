"""Make a scenario smaller in every respect, again and again, until nothing more can be left out."""

from scenarios.shrinking.oracle import Exhausted, Oracle, Trial
from scenarios.shrinking.reductions import REDUCTIONS
from scenarios.spec import Scenario


def shrink(scenario: Scenario, seed: int, oracle: Oracle) -> Trial | None:
    """Return the smallest trial that was found, or None if the scenario breaks nothing to begin with.

    When the oracle's runs are used up, or somebody interrupts, the smallest until then is returned.
    """
    try:
        trial = oracle(scenario, seed)
        while trial is not None:
            before = trial.scenario
            for reduction in REDUCTIONS:
                trial = reduction(trial, oracle)
            if trial.scenario == before:
                break
    except Exhausted:
        pass
    return oracle.smallest
