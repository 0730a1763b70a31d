"""How customers do less: the draws from which they take what they do are settled, one after the other.

A script ends by itself whatever it draws, so it cannot be cut off in the middle. But what it draws can be the least:
the fewest clicks, the fewest pieces, one refund instead of five.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from scenarios.decisions import Decision
from scenarios.shrinking.candidates import Ask, changed, smallest
from scenarios.shrinking.oracle import Trial
from scenarios.spec import Scenario

_VALUES_MAX = 5  # of one draw are tried, the least first
_FEW = 2**10  # possibilities that are counted; with more, it is a number that was measured and only 0 is tried
_DRAWS_MAX = 60  # of one customer


def fewer_actions(trial: Trial, ask: Ask) -> Trial:
    """Settle what customers draw wherever they do less then."""
    for stream, draw in _draws(trial):
        for value in _values(trial, stream, draw):
            candidate = _settled(trial.scenario, Decision(stream=stream, draw=draw, value=value))
            if candidate and (found := ask(candidate, trial.seed, actions_max=trial.actions - 1)):
                trial = found
                break
    return trial


def fewer_decisions(trial: Trial, ask: Ask) -> Trial:
    """Leave to the seed again what need not be settled: customers do no more than they did."""

    def with_these(part: Sequence[Decision]) -> Scenario | None:
        return changed(trial.scenario, decisions=[one.model_dump() for one in part])

    return smallest(trial, trial.scenario.decisions, with_these, ask, actions_max=trial.actions)


def _draws(trial: Trial) -> Iterator[tuple[str, int]]:
    """Yield each draw of each customer who came."""
    for stream, bounds in sorted(trial.draws.items()):
        yield from ((stream, draw) for draw in range(1, min(len(bounds), _DRAWS_MAX) + 1))


def _values(trial: Trial, stream: str, draw: int) -> range:
    """Return what is tried for a draw; a trial that is smaller by now may no longer have it."""
    bounds = trial.draws.get(stream, ())
    if draw > len(bounds):
        return range(0)
    bound = bounds[draw - 1]
    return range(min(bound, _VALUES_MAX) if bound <= _FEW else 1)


def _settled(scenario: Scenario, decision: Decision) -> Scenario | None:
    others = [one for one in scenario.decisions if (one.stream, one.draw) != (decision.stream, decision.draw)]
    decisions: list[JsonValue] = [one.model_dump() for one in (*others, decision)]
    return changed(scenario, decisions=decisions)
