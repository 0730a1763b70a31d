"""I5: a payment only takes lawful steps, and what is final stays final.

The service's own record of steps is one witness; the other is the customers, who must never see a payment go back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from reports.checks.check import Breach, Check, Examination
from reports.evidence import Evidence
from reports.records import Action, DiaryEntry, Payment, PaymentState, Transition
from reports.truth import Truth

_LAWFUL = frozenset(
    {
        (None, PaymentState.CREATED),
        (PaymentState.CREATED, PaymentState.PROCESSING),
        (PaymentState.PROCESSING, PaymentState.SUCCESS),
        (PaymentState.PROCESSING, PaymentState.FAILED),
        (PaymentState.SUCCESS, PaymentState.REFUNDED),
    }
)

_ANYTHING: frozenset[str] = frozenset(PaymentState)  # what may be seen at first
_NOTHING: frozenset[str] = frozenset()

# What may be seen after a state has been seen: itself and whatever lawful steps lead to from there.
_AFTER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PaymentState.CREATED: _ANYTHING,
        PaymentState.PROCESSING: _ANYTHING - {PaymentState.CREATED},
        PaymentState.SUCCESS: frozenset({PaymentState.SUCCESS, PaymentState.REFUNDED}),
        PaymentState.FAILED: frozenset({PaymentState.FAILED}),
        PaymentState.REFUNDED: frozenset({PaymentState.REFUNDED}),
    }
)


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    steps: dict[str, list[Transition]] = {}
    for transition in sorted(evidence.service.transitions or (), key=attrgetter("sequence")):
        steps.setdefault(transition.payment_id, []).append(transition)
    states = {payment.id: payment for payment in evidence.service.payments or ()}
    looks = {payment_id: _looks(entries) for payment_id, entries in truth.shown.items()}
    breaches = [breach for history in steps.values() for breach in _unlawful(history, states, truth)]
    breaches += [breach for entries in looks.values() for breach in _seen_going_back(entries)]
    examined = sum(len(history) for history in steps.values()) + sum(len(entries) for entries in looks.values())
    return Examination(examined=examined, breaches=tuple(breaches))


def _unlawful(history: Sequence[Transition], states: Mapping[str, Payment], truth: Truth) -> Iterator[Breach]:
    expected: str | None = None
    for step in history:
        if step.from_state != expected:
            yield _breach(step, f"was {expected or 'nothing'}, then left {step.from_state or 'nothing'}", truth)
        elif (step.from_state, step.to_state) not in _LAWFUL:
            yield _breach(step, f"went from {step.from_state or 'nothing'} to {step.to_state}", truth)
        expected = step.to_state
    last = history[-1]
    payment = states.get(last.payment_id)
    if payment is not None and payment.state != last.to_state:
        yield _breach(last, f"stands at {payment.state}, but its last step led to {last.to_state}", truth)


def _breach(step: Transition, what: str, truth: Truth) -> Breach:
    return Breach(
        at_us=step.at_us,
        what=f"the payment {what}" + (f" (by {step.source})" if step.source else ""),
        order_id=truth.order_of.get(step.payment_id),
        payment_id=step.payment_id,
    )


def _looks(entries: Sequence[DiaryEntry]) -> list[DiaryEntry]:
    """Return the reads, as asked; an answer to a click may be a remembered one, which shows the past on purpose."""
    return [entry for entry in entries if entry.action == Action.READ and entry.answered_at_us is not None]


def _seen_going_back(looks: Sequence[DiaryEntry]) -> Iterator[Breach]:
    """Compare looks of which one was answered before the other was asked; others may overtake each other."""
    if _goes_forward(looks):
        return
    answered = sorted(looks, key=attrgetter("answered_at_us"))
    allowed, seen, known = _ANYTHING, "nothing", 0
    for look in looks:
        while _answered_at_us(answered[known]) < look.asked_at_us:
            seen = answered[known].status_shown or ""
            allowed &= _AFTER.get(seen, _NOTHING)
            known += 1
        if look.status_shown not in allowed:
            yield Breach(
                at_us=_answered_at_us(look),
                what=f"{look.customer} saw the payment go from {seen} to {look.status_shown}",
                order_id=look.order_id,
                payment_id=look.payment_id,
            )
            return


def _goes_forward(looks: Iterable[DiaryEntry]) -> bool:
    """Tell whether nothing went back even if each look had been answered before the next was asked, as most were."""
    allowed = _ANYTHING
    for look in looks:
        if look.status_shown not in allowed:
            return False
        allowed &= _AFTER.get(look.status_shown or "", _NOTHING)
    return True


def _answered_at_us(look: DiaryEntry) -> int:
    assert look.answered_at_us is not None, "only answered looks are compared"
    return look.answered_at_us


TRANSITIONS = Check(
    id="I5",
    title="Only lawful steps",
    statement="A payment only takes lawful steps, and what is final stays final.",
    unit="steps and looks",
    one="One unlawful step was taken",
    many="{count} unlawful steps were taken",
    examine=_examine,
    uses=frozenset({"service.transitions", "service.payments"}),
)
