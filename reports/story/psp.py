"""What the PSP was asked, said and did, and which faults bit.

The PSP's journal does not say which of the service's programs asked. So the first request of an attempt is drawn from
the service, unless the worker wrote down that it was sent, and all others from the worker, because it is the worker
that repeats, looks up and repairs.
"""

from collections.abc import Iterator
from types import MappingProxyType

from reports.money import format_money
from reports.records import FaultBite, JournalEntry, PaymentState, PspMovement
from reports.spans import duration
from reports.story.steps import Line, Message, Step, Who
from reports.story.traces import Traces

_SENT = PaymentState.PROCESSING
_PLACES = MappingProxyType(
    {
        "customer": Who.CUSTOMER,
        "service": Who.SERVICE,
        "worker": Who.WORKER,
        "merchant": Who.WORKER,  # who tells merchants, and hears what they answer
    }
)


def psp_steps(traces: Traces) -> Iterator[Step]:
    """Yield requests to the PSP, its webhooks, its money, and the faults."""
    # First the money: what moves in the moment of an answer or of a bite is its cause.
    for movement in traces.movements:
        yield Step(line=Line(at_us=movement.at_us, who=Who.PSP, what=_moved(movement)))
    told = {(entry.fault, entry.object) for entry in traces.journal}
    for bite in traces.bites:
        # A bite that the journal has told already, at the exchange that it spoilt, is not told twice.
        if (bite.fault, bite.object) not in told:
            yield _bitten(bite)
    late_s, of_service = dict(_delays(traces.bites)), _asked_by_service(traces)
    for number, entry in enumerate(traces.journal):
        if entry.kind == "webhook":
            yield _delivery(entry, late_s.get(entry.event_id or ""))
        else:
            who = Who.SERVICE if number in of_service else Who.WORKER
            yield from _exchange(entry, who, name=f"exchange {number}")


def _asked_by_service(traces: Traces) -> set[int]:
    """Return which lines of the journal, by their number, are the first request of an attempt."""
    by_worker = {one.payment_id for one in traces.transitions if one.to_state == _SENT and one.source == "worker"}
    requests = [(number, entry) for number, entry in enumerate(traces.journal) if _makes(entry) is not None]
    found: set[int] = set()
    for attempt in sorted(traces.attempts, key=lambda attempt: attempt.created_at_us):
        if attempt.refund_id is None and attempt.payment_id in by_worker:
            continue
        wish, since_us = "payment" if attempt.refund_id is None else "refund", attempt.created_at_us
        mine = (number for number, entry in requests if _makes(entry) == wish and entry.at_us >= since_us)
        found.update([next((number for number in mine if number not in found), -1)])
    return found


def _makes(entry: JournalEntry) -> str | None:
    made = (entry.operation or "").removeprefix("create_")
    return made if entry.kind == "request" and made in ("payment", "refund") and made != entry.operation else None


def _delays(bites: tuple[FaultBite, ...]) -> Iterator[tuple[str, float]]:
    for bite in bites:
        match bite.told("event_id"), bite.told("delay_s"):
            case str(event_id), int() | float() as delay_s:
                yield event_id, float(delay_s)


def _delivery(entry: JournalEntry, late_s: float | None) -> Step:
    late = f", {duration(late_s)} late" if late_s is not None else ""
    result = f"{_status(entry)}{late}{_by(entry)}"
    what = f"webhook {entry.event_type}, attempt {entry.attempt}"
    message = Message(
        source=Who.PSP,
        target=Who.SERVICE,
        label=f"{what}: {result}",
        is_lost=entry.status is None,
        is_late=late_s is not None,
    )
    line = Line(at_us=entry.at_us, who=Who.PSP, what=f"{what}: {result}", is_fault=entry.fault is not None)
    return Step(line=line, messages=(message,))


def _exchange(entry: JournalEntry, who: Who, *, name: str) -> Iterator[Step]:
    """Yield the request and, as a step of its own, the answer; they become one where nothing happened in between."""
    wish = (entry.operation or "do something").replace("_", " ")
    result = f"{_status(entry)}{', a remembered answer' if entry.replayed else ''}{_by(entry)}"
    is_lost, is_fault = entry.status is None, entry.fault is not None
    asked = Message(source=who, target=Who.PSP, label=wish)
    answered = Message(source=Who.PSP, target=who, label=result, is_reply=True, is_lost=is_lost)
    if is_lost or entry.ended_at_us is None:
        line = Line(at_us=entry.at_us, who=Who.PSP, what=f"is asked to {wish}: {result}", is_fault=is_fault)
        yield Step(line=line, messages=(asked, answered))
        return
    yield Step(
        line=Line(at_us=entry.at_us, who=Who.PSP, what=f"is asked to {wish}"),
        messages=(asked,),
        opens=name,
    )
    yield Step(
        line=Line(at_us=entry.ended_at_us, who=Who.PSP, what=f"answers {wish}: {result}", is_fault=is_fault),
        messages=(answered,),
        ends=name,
        result=result,
    )


def _status(entry: JournalEntry) -> str:
    return "never answered" if entry.status is None else f"status {entry.status}"


def _by(entry: JournalEntry) -> str:
    return f" ({entry.fault})" if entry.fault else ""


def _moved(movement: PspMovement) -> str:
    amount = format_money(abs(movement.amount_minor), movement.currency)
    match movement.kind:
        case "capture":
            return f"takes {amount} from the customer"
        case "refund":
            return f"gives {amount} back"
        case _:
            return f"{amount} comes back from the bank: {movement.kind.replace('_', ' ')}"


def _bitten(bite: FaultBite) -> Step:
    who = _victim(bite)
    victim = f", {bite.target}" if bite.target else ""
    what = f"fault {bite.fault} bites: {bite.kind}{victim}"
    messages: tuple[Message, ...] = ()
    if bite.where == "webhook" and bite.kind == "lost":
        label = f"webhook {bite.target} is lost ({bite.fault})"
        messages = (Message(source=Who.PSP, target=Who.SERVICE, label=label, is_lost=True),)
    return Step(line=Line(at_us=bite.at_us, who=who, what=what, is_fault=True), messages=messages)


def _victim(bite: FaultBite) -> Who:
    """Return on whose side it happened, by the name of the program or of the sender; else at the PSP."""
    return next((who for name, who in _PLACES.items() if (bite.target or "").startswith(name)), Who.PSP)
