"""What the evidence of a run tells about where it went, as short texts that can be compared between runs.

A race leaves no line of its own: what distinguishes its run is which fault came before which step, who asked for what
at the same time, and in which states things ended.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from reports.evidence import Evidence
from reports.records import DiaryEntry, FaultBite, Transition

_BEFORE_US, _AFTER_US = 1_000_000, 5_000_000  # what is near a fault
_BITES_NEAR_MAX = 4  # of the steps after one bite
_TRIES_TOLD = 3  # more are many


def features(evidence: Evidence) -> frozenset[str]:
    """Return what this run was like."""
    return frozenset(
        text for part in (_steps, _bites, _answers, _overlaps, _states, _counts) for text in part(evidence)
    )


def _steps(evidence: Evidence) -> Iterator[str]:
    """Yield each kind of step, and each way that a payment went."""
    ways: defaultdict[str, list[str]] = defaultdict(list)
    for step in evidence.service.transitions or ():
        ways[step.payment_id].append(f"{step.to_state} by {step.source}")
        yield f"step {step.from_state} {_told(step)} {step.reason}"
    yield from (f"way {' > '.join(way)}" for way in ways.values())


def _bites(evidence: Evidence) -> Iterator[str]:
    """Yield which fault was followed by which step, and by which other fault."""
    steps = sorted(evidence.service.transitions or (), key=lambda step: step.at_us)
    moments = [step.at_us for step in steps]
    for number, bite in enumerate(evidence.faults):
        yield f"bite {bite.kind}"
        first = bisect_left(moments, bite.at_us - _BEFORE_US)
        for step in steps[first : first + _BITES_NEAR_MAX]:
            if step.at_us <= bite.at_us + _AFTER_US:
                yield f"near {bite.kind} {_told(step)}"
        yield from _next_bites(bite, evidence.faults[number + 1 : number + 1 + _BITES_NEAR_MAX])


def _next_bites(bite: FaultBite, others: Sequence[FaultBite]) -> Iterator[str]:
    for other in others:
        if other.at_us <= bite.at_us + _AFTER_US:
            yield f"bites {bite.kind} {other.kind}"


def _answers(evidence: Evidence) -> Iterator[str]:
    """Yield what was answered to what, with the kind of problem."""
    for row in evidence.diary:
        yield f"answer {row.script} {_shown(row)} {row.told('type') or ''}"


def _overlaps(evidence: Evidence) -> Iterator[str]:
    """Yield what was asked about one order at the same time, with one key or several, and what came of both."""
    of_order: defaultdict[str, list[DiaryEntry]] = defaultdict(list)
    for row in evidence.diary:
        of_order[row.order_id].append(row)
    for rows in of_order.values():
        for one, other in combinations(rows, 2):
            if one.answered_at_us is None or other.asked_at_us < one.answered_at_us:
                same = "same key" if one.key == other.key else "other key"
                yield f"together {_shown(one)} {_shown(other)} {same}"


def _states(evidence: Evidence) -> Iterator[str]:
    """Yield how things ended, here and at the PSP."""
    books, psp = evidence.service, {one.id: one.status for one in evidence.psp.payments}
    states = {one.id: one.state for one in books.payments or ()}
    for attempt in books.attempts or ():
        there = psp.get(attempt.psp_id or "", "")
        tries = min(attempt.tries, _TRIES_TOLD)
        yield f"attempt {attempt.kind} {attempt.state} {tries} {states.get(attempt.payment_id)} {there}"
    for refund in books.refunds or ():
        yield f"refund {refund.state} {states.get(refund.payment_id)} {refund.reason}"
    for event in books.inbox or ():
        yield f"event {event.type} {event.state} {event.applied_at_us == event.received_at_us}"
    for one in books.discrepancies or ():
        yield f"discrepancy {one.kind} {one.state}"
    for notice in evidence.notices or ():
        yield f"told {notice.type} {notice.status} {notice.is_taken} {notice.fault}"


def _counts(evidence: Evidence) -> Iterator[str]:
    """Yield how often something was waited for, as orders of magnitude."""
    for name, count in evidence.manifest.counts.items():
        if isinstance(count, int) and name in ("lock_waits", "deadlocks"):
            yield f"count {name} {count.bit_length()}"


def _told(step: Transition) -> str:
    return f"{step.to_state} by {step.source}"


def _shown(row: DiaryEntry) -> str:
    return f"{row.action} {row.http_status or row.outcome}{' again' if row.replayed else ''}"
