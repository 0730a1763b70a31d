"""What the customer did and saw."""

from collections.abc import Iterator
from types import MappingProxyType

from reports.money import format_money
from reports.records import Action, DiaryEntry, Outcome
from reports.story.steps import Line, Message, Step, Who
from reports.story.traces import Traces

_WISHES = MappingProxyType(
    {Action.CREATE.value: "a payment", Action.REFUND.value: "a refund", Action.CANCEL.value: "a cancel"}
)


def customer_steps(traces: Traces) -> Iterator[Step]:
    """Yield the requests of the customer and their answers."""
    # A refund is asked for without a currency: it is the payment's.
    currency = next((entry.currency for entry in traces.diary if entry.currency), None)
    for entry in traces.diary:
        if entry.action == Action.READ:
            yield _look(entry)
            continue
        yield _request(entry, entry.currency or currency)
        if entry.answered_at_us is not None:
            yield _answer(entry, entry.answered_at_us)


def _look(entry: DiaryEntry) -> Step:
    # A look tells nothing before it is answered, so it is one step.
    shown = _answered(entry)
    return Step(
        line=Line(at_us=entry.answered_at_us or entry.asked_at_us, who=Who.CUSTOMER, what=f"looks: {shown}"),
        messages=(_sent("looks"), _returned(shown, is_lost=entry.answered_at_us is None)),
    )


def _request(entry: DiaryEntry, currency: str | None) -> Step:
    is_lost = entry.answered_at_us is None
    asked, lost = _asked(entry, currency), ", which is never answered" if is_lost else ""
    return Step(
        line=Line(at_us=entry.asked_at_us, who=Who.CUSTOMER, what=f"{asked}{lost}"),
        messages=(_sent(asked), *([_returned("no answer", is_lost=True)] if is_lost else [])),
        opens=f"request {entry.op}",
    )


def _answer(entry: DiaryEntry, at_us: int) -> Step:
    shown = _answered(entry)
    return Step(
        line=Line(at_us=at_us, who=Who.CUSTOMER, what=f"request {entry.op} is answered: {shown}"),
        messages=(_returned(shown),),
        ends=f"request {entry.op}",
        result=shown,
    )


def _sent(label: str) -> Message:
    return Message(source=Who.CUSTOMER, target=Who.SERVICE, label=label)


def _returned(label: str, *, is_lost: bool = False) -> Message:
    return Message(source=Who.SERVICE, target=Who.CUSTOMER, label=label, is_reply=True, is_lost=is_lost)


def _asked(entry: DiaryEntry, currency: str | None) -> str:
    price = ""
    if entry.amount_minor is not None:
        price = f" of {format_money(entry.amount_minor, currency) if currency else entry.amount_minor}"
    key = f", {entry.key}" if entry.key else ""
    return f"asks for {_WISHES.get(entry.action, entry.action)}{price} (request {entry.op}{key})"


def _answered(entry: DiaryEntry) -> str:
    if entry.answered_at_us is None:
        return "no answer"
    shown = entry.status_shown or f"status {entry.http_status}"
    replayed = ", a remembered answer" if entry.replayed else ""
    unknown = ", so the outcome is unknown" if entry.outcome == Outcome.UNKNOWN else ""
    return f"{shown}{replayed}{unknown}"
