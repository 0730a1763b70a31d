"""A sweep: every run of a plan performed once, some of them twice, and the quickest failures kept.

What becomes of a run is written down before anything else is made of it. So a sweep can end at any moment, and the next
one begins where it ended.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import batched, chain, zip_longest
from typing import Protocol

from scenarios.campaign.backends import Backend, WorkersDied
from scenarios.campaign.comparison import first_difference
from scenarios.campaign.folder import SweepFolder, read_files, remove, write_files
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.orders import Chunk, Files, Order, Outcome
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Repetition, Task
from scenarios.errors import InfrastructureFailed, ScenarioError

_CHUNK_SIZE_MAX = 2  # so much is lost with a worker, and so long it takes to stop; handing out costs far less
_CHUNKS_PER_JOB_MIN = 4  # so that nobody waits for the last one for long
_SEEDS_PER_TRY = 10  # of a scenario of which a finding is enough; they are tried one after the other until there is one
_DEATHS_MAX = 3  # of workers, without a single run done between them
_FAILED_RUNS_MAX = 10  # by then it is not the runs


class Watcher(Protocol):
    """Is told how far a sweep is."""

    def moved(self, ledger: Ledger) -> None:
        """Hear that something was done."""
        ...


class Sweep:
    """The performance of one plan."""

    def __init__(
        self,
        plan: Plan,
        *,
        folder: SweepFolder,
        backend: Backend,
        watcher: Watcher,
        database_url: str | None = None,
        kept_max: int = 10,
        until_found: bool = False,
        canary: Order | None = None,
    ) -> None:
        """Read what was done before; nothing happens before `run`.

        Args:
            plan: What shall be tried.
            folder: Where it is written down.
            backend: Who performs the runs.
            watcher: Is told how far it is.
            database_url: The server to use on every machine; by default each process has its own.
            kept_max: Of how many failing runs the evidence is kept.
            until_found: Leave out the further seeds of a scenario once an invariant has broken there.
            canary: A run that the judge must find something in, or what it finds elsewhere means nothing.
        """
        self.plan = plan
        self.ledger = Ledger(plan)
        self._folder = folder
        self._backend = backend
        self._watcher = watcher
        self._database_url = database_url
        self._kept_max = kept_max
        self._until_found = until_found
        self._canary = canary
        self.canary = next(folder.canary.read(), None)  # what became of it
        self.is_interrupted = False
        self._is_stopping = False
        self._houses: dict[Task, str] = {}  # that performed what shall be repeated
        self._given_up: set[Task] = set()  # what this session could not judge; the next one tries again
        self._not_repeated: set[Task] = set()
        self._performed = 0
        for result in folder.results.read():
            self.ledger.add(result)
        for repetition in folder.repetitions.read():
            self.ledger.add_repetition(repetition)
        self.resumed = self.ledger.done

    def interrupt(self) -> None:
        """Hand out nothing more, because somebody has seen enough; what is under way is waited for."""
        self.is_interrupted = True
        self._is_stopping = True

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return (
            all(self._is_moot(task) for task in self.ledger.missing())
            and self.ledger.repeated == self.ledger.to_be_repeated
            and (self._canary is None or self.canary is not None)
        )

    @property
    def is_blind(self) -> bool:
        """Whether the judge has missed the defect that was planted for it."""
        return self._canary is not None and self.canary is not None and not self.canary.broken

    def run(self) -> None:
        """Perform what is missing.

        Raises:
            BadInput: The plan cannot be performed.
            InfrastructureFailed: The machine let us down; what was found until then is written down.
        """
        self._watcher.moved(self.ledger)
        self._perform_all(self._missing, self._take)
        self._perform_all(self._missing_repetitions, self._take_repetition)
        self._perform_all(self._missing_canary, self._take_canary)

    def _missing(self) -> list[Order]:
        return [
            self.plan.order(task)
            for task in self.ledger.missing()
            if task not in self._given_up and not self._is_moot(task)
        ]

    def _missing_canary(self) -> list[Order]:
        is_missing = self._canary is not None and self.canary is None and self._canary.task not in self._given_up
        return [self._canary] if self._canary is not None and is_missing else []

    def _is_moot(self, task: Task) -> bool:
        """Tell whether nobody needs to know any more what becomes of a run."""
        return self._until_found and task.scenario in self.ledger.found

    def _missing_repetitions(self) -> list[Order]:
        return [
            self.plan.repetition(result, house=self._houses.get(result.task, ""))
            for result in self.ledger.unrepeated()
            if result.task not in self._not_repeated
        ]

    def _perform_all(self, missing: Callable[[], list[Order]], take: Callable[[Outcome], None]) -> None:
        """Perform orders until none is missing; what was lost with a worker is ordered again."""
        deaths = 0
        while (orders := missing()) and not self._is_stopping:
            performed_before = self._performed
            try:
                self._perform(orders, take)
            except WorkersDied as error:
                deaths = deaths + 1 if self._performed == performed_before else 1
                if deaths == _DEATHS_MAX:
                    raise InfrastructureFailed(f"the workers die again and again: {error}") from None

    def _perform(self, orders: list[Order], take: Callable[[Outcome], None]) -> None:
        failure: ScenarioError | None = None
        for report in self._backend.perform(self._chunks(orders)):
            for outcome in report.outcomes:
                take(outcome)
                self._performed += 1
            if failure := failure or report.failure or self._too_many_failed():
                self._is_stopping = True  # but wait for the others, who may have found something
            self._watcher.moved(self.ledger)
        if failure is not None:
            raise failure

    def _chunks(self, orders: list[Order]) -> Iterator[Chunk]:
        for chunk in _tries(orders) if self._until_found else self._evenly(orders):
            if self._is_stopping:
                return
            if not self._is_moot(chunk[0].task):
                yield Chunk(
                    orders=chunk,
                    code=self.plan.code,
                    database_url=self._database_url,
                    until_found=self._until_found,
                )

    def _evenly(self, orders: list[Order]) -> Iterator[tuple[Order, ...]]:
        even = len(orders) // (self._backend.jobs * _CHUNKS_PER_JOB_MIN)
        return batched(orders, min(max(even, 1), _CHUNK_SIZE_MAX))

    def _too_many_failed(self) -> InfrastructureFailed | None:
        failed = self._given_up | self._not_repeated
        if len(failed) < _FAILED_RUNS_MAX:
            return None
        note = next(iter(self.ledger.unfinished.values())).note
        return InfrastructureFailed(f"{len(failed)} runs could not be performed: {note}")

    def _take(self, outcome: Outcome) -> None:
        """Write down a run; its line comes last, so that whatever has a line has all the rest."""
        result = outcome.result
        self.ledger.add(result)
        if not result.is_judged:
            self._given_up.add(result.task)
        elif self.plan.is_repeated(result.task):
            self._houses[result.task] = outcome.house
            if outcome.files is not None:
                write_files(outcome.files, self._folder.first(result.task))
        if result.is_failing and outcome.files is not None:
            self._keep(result.task, outcome.files)
        self._folder.results.append(result)

    def _keep(self, task: Task, files: Files) -> None:
        """Keep the evidence of a failing run if it is among the quickest, and drop that of the slowest for it."""
        kept = [result.task for result in self.ledger.ranked(self._kept_max)]
        if task in kept:
            write_files(files, self._folder.failing(task))
        self._folder.forget_failing(but=kept)

    def _take_canary(self, outcome: Outcome) -> None:
        """Write down whether the judge has seen what was planted."""
        if not outcome.result.is_judged:
            self.ledger.add(outcome.result)
            self._given_up.add(outcome.result.task)
            return
        self.canary = outcome.result
        self._folder.canary.append(outcome.result)

    def _take_repetition(self, outcome: Outcome) -> None:
        """Hold the second performance of a run against the first, and write down what comes of it."""
        again = outcome.result
        if again.validity == "failed":
            self.ledger.add(again)
            self._not_repeated.add(again.task)
            return
        first = self.ledger.first(again.task)
        is_equal = (first.digest, first.timeline) == (again.digest, again.timeline)
        repetition = Repetition(
            scenario=first.scenario,
            seed=first.seed,
            is_equal=is_equal,
            first_difference="" if is_equal else again.note or self._compare(again.task, outcome.files),
            digests=(first.digest, again.digest),
            timelines=(first.timeline, again.timeline),
            command=first.command,
        )
        self.ledger.add_repetition(repetition)
        self._folder.repetitions.append(repetition)
        remove(self._folder.first(again.task))

    def _compare(self, task: Task, again: Files | None) -> str:
        """Name the first difference, and keep both performances."""
        first = self._folder.first(task)
        if again is None or not first.exists():
            return "unknown, because the first performance was not kept"
        one = read_files(first)
        for name, files in (("first", one), ("second", again)):
            write_files(files, self._folder.difference(task) / name)
        return first_difference(one, again)


def _tries(orders: list[Order]) -> Iterator[tuple[Order, ...]]:
    """Yield the first seeds of each scenario, then the next ones: by then it may be clear that nobody needs them."""
    of_scenario: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        of_scenario[order.task.scenario].append(order)
    rounds = zip_longest(*(batched(some, _SEEDS_PER_TRY) for some in of_scenario.values()))
    return (tries for tries in chain.from_iterable(rounds) if tries is not None)
