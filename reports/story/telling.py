"""From the traces of a purchase to its story: in the order of time, with nothing told twice, and not too long."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from reports.evidence import Evidence
from reports.spans import duration
from reports.story.customer import customer_steps
from reports.story.names import Subject
from reports.story.psp import psp_steps
from reports.story.service import service_steps
from reports.story.steps import Line, Step, Who
from reports.story.traces import Traces, traces_of

_MICROSECONDS = 1_000_000
_STEPS_MAX = 60


class Storyteller:
    """Tells the purchases of one run; those that are asked for together are looked up together."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def tell(
        self, *, order_id: str | None, payment_id: str | None = None, at_most: int = _STEPS_MAX
    ) -> tuple[Step, ...]:
        """Return the story of a purchase; one of more steps than `at_most` is shortened in the middle."""
        return next(self.tell_each([Subject(order_id=order_id, payment_id=payment_id)], at_most=at_most))

    def tell_each(self, subjects: Sequence[Subject], *, at_most: int = _STEPS_MAX) -> Iterator[tuple[Step, ...]]:
        """Yield the story of each of several purchases, which takes hardly longer than that of one."""
        return (told(traces, at_most=at_most) for traces in self.trace_each(subjects))

    def trace_each(self, subjects: Sequence[Subject]) -> Iterator[Traces]:
        """Yield all rows about each of several purchases."""
        return traces_of(subjects, self._evidence) if subjects else iter(())


def told(traces: Traces, *, at_most: int = _STEPS_MAX) -> tuple[Step, ...]:
    """Return the story that these traces tell."""
    steps = [*customer_steps(traces), *service_steps(traces), *psp_steps(traces)]
    # Simultaneous steps keep the order customer, service, PSP, since the sort is stable.
    steps.sort(key=lambda step: step.line.at_us)
    return _shortened(list(_folded(list(_joined(steps)))), at_most=at_most)


def _joined(steps: Sequence[Step]) -> Iterator[Step]:
    """Make a request and its answer one step where nothing happened in between."""
    waiting: Step | None = None
    for step in steps:
        if waiting is not None and step.ends is not None and step.ends == waiting.opens:
            yield _one_of(waiting, step)
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = step
    if waiting is not None:
        yield waiting


def _one_of(request: Step, answer: Step) -> Step:
    what = f"{request.line.what}: {answer.result}"
    line = replace(request.line, what=what, is_fault=request.line.is_fault or answer.line.is_fault)
    return replace(request, line=line, messages=(*request.messages, *answer.messages), opens=None)


def _folded(steps: Sequence[Step]) -> Iterator[Step]:
    """Tell once what a customer saw several times in a row; what others do twice may be the very point."""
    for (who, _), group in groupby(steps, key=lambda step: (step.line.who, step.line.what)):
        same = list(group)
        if who is not Who.CUSTOMER or len(same) == 1:
            yield from same
            continue
        span = duration((same[-1].line.at_us - same[0].line.at_us) / _MICROSECONDS)
        yield _repeated(same[0], f" ({len(same)} times within {span})")


def _repeated(step: Step, often: str) -> Step:
    # What befell a customer's wire sent nothing, so there may be no message to say it with.
    lasts = tuple(replace(last, label=f"{last.label}{often}") for last in step.messages[-1:])
    line = replace(step.line, what=f"{step.line.what}{often}")
    return replace(step, line=line, messages=(*step.messages[:-1], *lasts))


def _shortened(steps: list[Step], *, at_most: int) -> tuple[Step, ...]:
    if len(steps) <= at_most:
        return tuple(steps)
    head, tail = steps[: at_most * 2 // 3], steps[-(at_most // 3) :]
    omitted = len(steps) - len(head) - len(tail)
    what = f"… {omitted} more lines are left out here …"
    gap = Step(line=Line(at_us=head[-1].line.at_us, who=Who.SERVICE, what=what))
    return (*head, gap, *tail)
