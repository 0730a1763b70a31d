"""A hunt: rounds of candidates, each performed, judged and asked what it has reached, until something is found.

The candidates of a round follow from the hunt's seed and from what all rounds before it have reached, and what they
come to is taken in the order of their numbers. So a hunt over so many runs is the same with any number of processes,
and one that was stopped goes on as if it had not been.
"""

from collections.abc import Callable, Iterator
from itertools import batched
from random import Random
from typing import Protocol

from scenarios.campaign.backends import Backend, WorkersDied
from scenarios.campaign.orders import Chunk, Outcome
from scenarios.errors import InfrastructureFailed, ScenarioError
from scenarios.hunting.candidate import Candidate
from scenarios.hunting.corpus import Corpus
from scenarios.hunting.folder import HuntFolder
from scenarios.hunting.plan import HuntPlan
from scenarios.hunting.tried import Tried
from scenarios.hunting.variation import Variation

ROUND = 16
"""Candidates that know nothing of each other: few enough to learn soon, many enough for several processes."""

_FRESH = 0.35  # of the candidates are new seeds, so that nobody is lost in what was found interesting once
_CHUNK = 2
_DEATHS_MAX = 3  # of workers, without a single run done between them
_FAILED_MAX = 10  # by then it is not the runs


class Watcher(Protocol):
    """Is told how far a hunt is."""

    def moved(self, hunt: "Hunt") -> None:
        """Hear that a run is over."""
        ...


class Hunt:
    """The search for a finding; see the module."""

    def __init__(
        self,
        plan: HuntPlan,
        *,
        folder: HuntFolder,
        backend: Backend,
        watcher: Watcher,
        is_over: Callable[[int], bool],
        keeps_going: bool = False,
        database_url: str | None = None,
    ) -> None:
        """Read what was done before; nothing happens before `run`.

        Args:
            plan: What is hunted.
            folder: Where it is written down.
            backend: Who performs the runs.
            watcher: Is told how far it is.
            is_over: Is given the number of runs until now, and tells whether there shall be no more.
            keeps_going: Go on after the first finding.
            database_url: The server to use; by default each process has its own.
        """
        self.corpus = Corpus()
        self.runs = 0
        self.findings: list[Tried] = []
        self.unsettled: list[Tried] = []  # neither valid nor invalid
        self.is_interrupted = False
        self._plan = plan
        self._folder = folder
        self._backend = backend
        self._watcher = watcher
        self._is_over = is_over
        self._keeps_going = keeps_going
        self._database_url = database_url
        self._scenarios = plan.scenarios
        self._variation = Variation(self._scenarios, fixed=plan.changes)
        self._done: dict[int, Tried] = {tried.number: tried for tried in folder.tried.read()}
        self.performed = self.resumed = len(self._done)  # with those from which nobody has learnt yet
        self._failed = 0

    def interrupt(self) -> None:
        """Hand out nothing more; what is under way is waited for."""
        self.is_interrupted = True

    def run(self) -> None:
        """Hunt until something is found or it is over.

        Raises:
            BadInput: The plan cannot be performed.
            InfrastructureFailed: The machine let us down; what was found until then is written down.
        """
        self._watcher.moved(self)
        while not self._is_ending():
            numbers = range(self.runs + 1, self.runs + 1 + ROUND)
            candidates = {number: self._candidate(number) for number in numbers}
            self._perform_all(candidates)
            if not self._take(candidates):
                break
        self.findings += [one for _, one in sorted(self._done.items()) if one.broken]

    def _is_ending(self) -> bool:
        is_found = bool(self.findings) and not self._keeps_going
        return self.is_interrupted or is_found or self._is_over(self.runs)

    def _candidate(self, number: int) -> Candidate:
        """Return the candidate of that number, which nothing decides but what the rounds before have reached."""
        random = Random(f"{self._plan.seed}/{number}")  # a text, so that neighbours have nothing in common
        if self.corpus.entries and random.random() >= _FRESH:
            return self._variation.variant(self.corpus.choose(random), random)
        names = list(self._scenarios)
        return self._variation.fresh(names[number % len(names)], random)

    def _perform_all(self, candidates: dict[int, Candidate]) -> None:
        """Perform a round; what was lost with a worker is done again."""
        deaths = 0
        while missing := {number: one for number, one in candidates.items() if number not in self._done}:
            done_before = len(self._done)
            try:
                self._perform(missing)
            except WorkersDied as error:
                deaths = deaths + 1 if len(self._done) == done_before else 1
                if deaths == _DEATHS_MAX:
                    raise InfrastructureFailed(f"the workers die again and again: {error}") from None
                continue
            return

    def _perform(self, candidates: dict[int, Candidate]) -> None:
        names = {self._plan.order(number, one).task: number for number, one in candidates.items()}
        failure: ScenarioError | None = None
        for report in self._backend.perform(self._chunks(candidates)):
            for outcome in report.outcomes:
                number = names[outcome.result.task]
                self._note(number, candidates[number], outcome)
            failure = failure or report.failure or self._too_many_failed()
        if failure is not None:
            raise failure

    def _chunks(self, candidates: dict[int, Candidate]) -> Iterator[Chunk]:
        for numbers in batched(candidates, _CHUNK):
            if self.is_interrupted or self._is_over(min(numbers) - 1):
                return
            orders = tuple(self._plan.order(number, candidates[number]) for number in numbers)
            yield Chunk(orders=orders, code=self._plan.code, database_url=self._database_url)

    def _note(self, number: int, candidate: Candidate, outcome: Outcome) -> None:
        """Write down a run; its line comes last, so that whatever has a line has all the rest."""
        result, reach = outcome.result, outcome.reach
        if result.validity == "failed":
            self._failed += 1
            return
        tried = Tried(
            number=number,
            candidate=candidate,
            validity=result.validity,
            broken=result.broken,
            note=result.note,
            command=result.command,
            rare=() if reach is None else self.corpus.rare(reach.features),
            draws={} if reach is None else reach.draws,
        )
        if outcome.files is not None:
            self._folder.keep(tried, outcome.files, scenario=candidate.plan(self._scenarios))
        self._folder.tried.append(tried)
        self._done[number] = tried
        self.performed += 1
        self._watcher.moved(self)

    def _too_many_failed(self) -> InfrastructureFailed | None:
        if self._failed < _FAILED_MAX:
            return None
        return InfrastructureFailed(f"{self._failed} runs could not be performed; `paystorm run` says why")

    def _take(self, candidates: dict[int, Candidate]) -> bool:
        """Learn from a round, in the order of its numbers; tell whether all of it was performed."""
        for number in candidates:
            if number not in self._done or self._is_over(self.runs):
                return False
            tried = self._done.pop(number)
            self.runs += 1
            self.corpus.add(number, tried.candidate, rare=tried.rare, draws=tried.draws)
            if tried.broken:
                self.findings.append(tried)
                if not self._keeps_going:
                    return False
            elif tried.validity != "valid":
                self.unsettled.append(tried)
        self._watcher.moved(self)
        return True
