"""What the service wrote into its books, and what it told the merchant."""

from collections.abc import Iterator

from reports.records import Notice, Transition
from reports.story.steps import Line, Message, Step, Who
from reports.story.traces import Traces


def service_steps(traces: Traces) -> Iterator[Step]:
    """Yield the payment's way, the webhooks that came, refunds, what was found wrong, and what the merchant heard."""
    several = len({transition.payment_id for transition in traces.transitions}) > 1
    for transition in traces.transitions:
        yield _moved(transition, of=f", {transition.payment_id}" if several else "")
    for event in traces.inbox:
        yield _noted(event.received_at_us, f"webhook {event.type} received: {event.state}")
    for refund in traces.refunds:
        yield _noted(refund.created_at_us, f"refund {refund.id} promised")
        if refund.settled_at_us is not None:
            yield _noted(refund.settled_at_us, f"refund {refund.id} is {refund.state}")
    for discrepancy in traces.discrepancies:
        yield _noted(
            discrepancy.found_at_us, f"found a discrepancy: {discrepancy.kind} ({discrepancy.state.replace('_', ' ')})"
        )
    yield from map(_heard, traces.notices)


def _heard(notice: Notice) -> Step:
    answer = "no answer" if notice.status is None else f"answered {notice.status}"
    spoilt = f" ({notice.fault})" if notice.fault else ""
    what = f"tells {notice.merchant_id} {notice.type or 'something'}, {notice.event_id}: {answer}{spoilt}"
    return Step(line=Line(at_us=notice.at_us, who=Who.WORKER, what=what, is_fault=notice.fault is not None))


def _moved(step: Transition, *, of: str) -> Step:
    is_workers = step.source == "worker"
    moved = step.to_state if step.from_state is None else f"{step.from_state} → {step.to_state}"
    by = f" ({step.source})" if step.source and not is_workers else ""
    reason = f": {step.reason}" if step.reason else ""
    written = Message(source=Who.WORKER, target=Who.SERVICE, label=f"{step.reason or 'writes it down'}{of}")
    who = Who.WORKER if is_workers else Who.SERVICE
    return Step(
        line=Line(at_us=step.at_us, who=who, what=f"{moved}{by}{reason}{of}"),
        messages=(written,) if is_workers else (),
        state=step.to_state,
        payment_id=step.payment_id,
        result="" if is_workers else ": ".join(word for word in (step.source, step.reason) if word) + of,
    )


def _noted(at_us: int, what: str) -> Step:
    return Step(line=Line(at_us=at_us, who=Who.SERVICE, what=what))
