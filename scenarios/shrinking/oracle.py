"""The oracle: whether a smaller scenario still breaks what was broken.

A run is a function of scenario and seed, so an answer holds for good and is asked for once. How many runs there may be
is bounded; when they are used up, or somebody has had enough, the smallest that was found stands.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from reports.verdict import judge
from scenarios.choices import Recorder
from scenarios.recording import Recording
from scenarios.spec import Scenario
from scenarios.virtual.errors import Escaped, Stalled
from scenarios.virtual.stage import Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A scenario that breaks what it is expected to break, and the run that shows it."""

    scenario: Scenario
    seed: int
    recording: Recording
    broken: tuple[str, ...]  # every invariant that the run breaks
    draws: Mapping[str, tuple[int, ...]]  # of each customer: between how many possibilities, draw by draw

    @property
    def actions(self) -> int:
        """How often customers asked for something; looking is free."""
        return sum(row["action"] != "read" for row in self.recording.diary)


class Watcher(Protocol):
    """Is told how far shrinking is."""

    def tried(self, *, runs: int, smallest: Trial) -> None:
        """Hear that one more run is over."""
        ...


class Exhausted(Exception):
    """There is no run left."""


class Oracle:
    """Performs candidates, at most so many, and remembers the smallest one that still breaks an invariant."""

    def __init__(self, stage: Stage, *, invariants: Collection[str], runs_max: int, watcher: Watcher) -> None:
        """Ask whether one of these invariants is broken; none named: any.

        Args:
            stage: Where candidates are performed.
            invariants: Their ids, such as I1.
            runs_max: So many runs at most.
            watcher: Is told after each.
        """
        self._stage = stage
        self._invariants = frozenset(invariants)
        self._runs_left = runs_max
        self._watcher = watcher
        self._known: dict[tuple[str, int], Trial | None] = {}
        self.runs = 0
        self.smallest: Trial | None = None

    def __call__(self, scenario: Scenario, seed: int, *, actions_max: int | None = None) -> Trial | None:
        """Return the trial if scenario and seed still break an invariant; it is the smallest from then on.

        Args:
            scenario: The candidate.
            seed: With which seed.
            actions_max: It does not count if customers do more than that.

        Raises:
            Exhausted: There is no run left, or somebody interrupted this one.
        """
        plan = scenario.model_dump_json(), seed
        if plan not in self._known:
            self._known[plan] = self._performed(scenario, seed)
        trial = self._known[plan]
        if trial is not None and actions_max is not None and trial.actions > actions_max:
            return None
        self.smallest = trial or self.smallest
        return trial

    def _performed(self, scenario: Scenario, seed: int) -> Trial | None:
        if not self._runs_left:
            raise Exhausted
        self._runs_left -= 1
        try:
            tape = Recorder()
            recording = self._stage.perform(scenario, seed=seed, tape=tape)
        except (Escaped, Stalled):  # broken in another way than the one that is looked for
            return None
        if not recording.is_complete:
            raise Exhausted
        self.runs += 1
        trial = self._judged(scenario, recording, tape)
        if (smallest := trial or self.smallest) is not None:
            self._watcher.tried(runs=self.runs, smallest=smallest)
        return trial

    def _judged(self, scenario: Scenario, recording: Recording, tape: Recorder) -> Trial | None:
        verdict = judge(recording.record().evidence)
        broken = tuple(check.id for check in verdict.checks if check.finding is not None)
        is_broken = bool(self._invariants.intersection(broken)) if self._invariants else bool(broken)
        if not is_broken:
            return None
        return Trial(
            scenario=scenario, seed=recording.seed, recording=recording, broken=broken, draws=_customers_draws(tape)
        )


def _customers_draws(tape: Recorder) -> dict[str, tuple[int, ...]]:
    bounds: dict[str, list[int]] = {}
    for choice in tape.choices:
        if choice.stream.startswith("customer/"):
            bounds.setdefault(choice.stream, []).append(choice.bound)
    return {stream: tuple(of_stream) for stream, of_stream in bounds.items()}
