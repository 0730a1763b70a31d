"""One order performed on a stage: what the seed draws, the run, the verdict."""

import time
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import lru_cache

from reports.evidence import Evidence
from reports.fail_on import THE_RUN
from reports.verdict import CheckResult, Validity, Verdict, judge
from scenarios.campaign.features import features
from scenarios.campaign.orders import TIMELINE, Files, Order, Outcome
from scenarios.campaign.reach import Reach, lines_reached
from scenarios.campaign.results import Result
from scenarios.choices import Recorder
from scenarios.errors import BadInput
from scenarios.recording import Recording
from scenarios.run_command import run_command
from scenarios.spec import Scenario
from scenarios.swarm import NO_SWARM, Swarm, draw_swarm
from scenarios.virtual.errors import Escaped, Stalled
from scenarios.virtual.stage import Stage

_PLANS_KEPT = 64  # a sweep has few; whoever hunts never has one twice


def perform(stage: Stage, order: Order, *, house: str) -> Outcome | None:
    """Perform a run and judge it; None says that it was interrupted.

    Raises:
        BadInput: The whole sweep is one that nobody can perform.
    """
    plan = _scenario(order.plan)
    swarm = draw_swarm(plan, order.task.seed, fixed=order.changes) if order.has_swarm else NO_SWARM
    scenario = plan.with_changes(swarm.changes)
    command = run_command(
        order.source, seed=order.task.seed, changes=order.changes, is_standard=True, has_swarm=order.has_swarm
    )
    try:
        return _performed(stage, order, house=house, scenario=scenario, swarm=swarm, command=command)
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - the border at which one run's crash is told, and other runs go on
        return Outcome(result=_crashed(order, error, command=command), house=house, files=None)


def _performed(
    stage: Stage, order: Order, *, house: str, scenario: Scenario, swarm: Swarm, command: str
) -> Outcome | None:
    started_s, cpu_started_s = time.monotonic(), time.process_time()
    keeps_timeline = order.wants_files or order.first is not None
    with _watched(order) as watch:
        recording = stage.perform(
            scenario,
            seed=order.task.seed,
            command=command,
            swarm=swarm.values,
            tape=watch.tape,
            keep_timeline=keeps_timeline,
        )
    if not recording.is_complete:
        return None
    record = recording.record()
    verdict = judge(record.evidence)
    result = Result(
        scenario=order.task.scenario,
        seed=order.task.seed,
        validity=verdict.validity.value,
        broken=_broken(verdict, started_at_us=recording.started_at_us),
        note=_note(verdict),
        digest=record.digest,
        timeline=recording.timeline,
        command=command,
        counts={**recording.counts, "faults": len(recording.faults)},
        wall_s=round(time.monotonic() - started_s, 3),
        cpu_s=round(time.process_time() - cpu_started_s, 3),
        bites=dict(sorted(Counter(f"{bite['where']} {bite['kind']}" for bite in recording.faults).items())),
        unsettled=tuple(_unsettled(verdict)),
    )
    files = _files(order, result, recording, record.files)
    return Outcome(result=result, house=house, files=files, reach=watch.reach(record.evidence))


class _Watch:
    """Notes what a run reaches, where somebody asks."""

    def __init__(self, lines: AbstractSet[str] | None) -> None:
        self._lines = lines
        self.tape = None if lines is None else Recorder()

    def reach(self, evidence: Evidence) -> Reach | None:
        """Return what a run that is over has reached."""
        if self._lines is None or self.tape is None:
            return None
        draws = Counter(choice.stream for choice in self.tape.choices)
        return Reach(features=features(evidence) | self._lines, draws=draws)


@contextmanager
def _watched(order: Order) -> Iterator[_Watch]:
    if not order.wants_reach:
        yield _Watch(None)
        return
    with lines_reached() as lines:
        yield _Watch(lines)


def _crashed(order: Order, error: Exception, *, command: str) -> Result:
    return Result(
        scenario=order.task.scenario,
        seed=order.task.seed,
        validity="escaped" if isinstance(error, Escaped | Stalled) else "failed",
        broken={},
        note=f"{type(error).__name__}: {' '.join(str(error).split())}",
        digest="",
        timeline="",
        command=command,
        counts={},
        wall_s=0.0,
    )


@lru_cache(maxsize=_PLANS_KEPT)
def _scenario(plan: str) -> Scenario:
    return Scenario.model_validate_json(plan)


def _broken(verdict: Verdict, *, started_at_us: int) -> dict[str, int]:
    return {
        check.id: check.finding.first.at_us - started_at_us for check in verdict.checks if check.finding is not None
    }


def _unsettled(verdict: Verdict) -> Iterator[str]:
    if verdict.notes:
        yield THE_RUN
    yield from (check.id for check in verdict.checks if _is_doubtful(check))


def _note(verdict: Verdict) -> str:
    if verdict.validity is not Validity.UNKNOWN:
        return ""
    doubts = [f"{check.id}: {'; '.join(check.notes)}" for check in verdict.checks if _is_doubtful(check)]
    return " · ".join([*verdict.notes, *doubts])


def _is_doubtful(check: CheckResult) -> bool:
    return check.validity is Validity.UNKNOWN


def _files(order: Order, result: Result, recording: Recording, files: Files) -> Files | None:
    """Return the evidence if somebody will look at it."""
    if order.first is None:
        is_wanted = order.wants_files or result.is_failing
    else:
        is_wanted = (order.first.digest, order.first.timeline) != (result.digest, result.timeline)
    if not is_wanted:
        return None
    return {**files, TIMELINE: "".join(recording.timeline_lines).encode()} if recording.timeline_lines else files
