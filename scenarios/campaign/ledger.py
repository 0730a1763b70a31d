"""What a sweep knows so far, kept small enough for millions of runs."""

import heapq
from collections import Counter
from collections.abc import Iterator

from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Repetition, Result, Task

_NEVER_US = 2**63  # whatever did not break ranks behind all that did


class Ledger:
    """Counts over all runs, and those runs that somebody will ask for again."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._done: set[Task] = set()
        self._first: dict[Task, Result] = {}  # those to be performed twice
        self._repeated: set[Task] = set()
        self.validities: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()  # runs by scenario
        self.broken: Counter[str] = Counter()  # runs by invariant
        self.found: set[str] = set()  # scenarios of which a run broke an invariant
        self.counts: Counter[str] = Counter()  # requests and the like, over all runs
        self.bites: Counter[str] = Counter()  # of faults, by where and kind
        self.by_scenario: Counter[tuple[str, str]] = Counter()  # runs by scenario and validity
        self.failing: list[Result] = []
        self.unfinished: dict[Task, Result] = {}  # what could not be judged
        self.differences: list[Repetition] = []

    def add(self, result: Result) -> None:
        """Note a run; one that could not be judged may come again, and better."""
        if not result.is_judged:
            self.unfinished[result.task] = result
            return
        if result.task in self._done:
            return
        self.unfinished.pop(result.task, None)
        self._done.add(result.task)
        self.validities[result.validity] += 1
        self.judged[result.scenario] += 1
        self.broken.update(result.broken.keys())
        self.counts.update(result.counts)
        self.bites.update(result.bites)
        self.by_scenario[result.scenario, result.validity] += 1
        if result.broken:
            self.found.add(result.scenario)
        if result.is_failing:
            self.failing.append(result)
        if self._plan.is_repeated(result.task):
            self._first[result.task] = result

    def add_repetition(self, repetition: Repetition) -> None:
        """Note that a run was performed again."""
        if repetition.task in self._repeated:
            return
        self._repeated.add(repetition.task)
        if not repetition.is_equal:
            self.differences.append(repetition)

    @property
    def done(self) -> int:
        """How many runs were judged."""
        return len(self._done)

    @property
    def repeated(self) -> int:
        """How many of them were performed twice."""
        return len(self._repeated)

    @property
    def to_be_repeated(self) -> int:
        """How many of them shall be performed twice."""
        return len(self._first)

    def first(self, task: Task) -> Result:
        """Return the first performance of a run that shall be performed twice."""
        return self._first[task]

    def missing(self) -> Iterator[Task]:
        """Yield what was not judged yet."""
        return (task for task in self._plan.tasks() if task not in self._done)

    def unrepeated(self) -> list[Result]:
        """Return what was performed only once and shall be performed again."""
        return [result for task, result in self._first.items() if task not in self._repeated]

    def ranked(self, at_most: int | None = None) -> list[Result]:
        """Return the failing runs, the one that failed first in its own time first."""
        return sorted(self.failing, key=rank) if at_most is None else heapq.nsmallest(at_most, self.failing, key=rank)


def rank(result: Result) -> tuple[int, str, int]:
    """Return by what failing runs are sorted."""
    first_us = result.first_breach_us
    return (_NEVER_US if first_us is None else first_us, result.scenario, result.seed)
