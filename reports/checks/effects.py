"""I9: each business effect happens once for what caused it.

A step of a payment, money that the PSP moves for it, what is added to the books' sums, an event that is applied and a
repair are each caused by one thing, and by nothing else. Doing them twice is wrong even where the sums come out right
in the end. What a PSP does again because it forgot a key too early is nobody's fault.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from reports.checks.check import Breach, Check, Examination
from reports.checks.excuses import Excuses
from reports.evidence import Evidence
from reports.grouping import grouped
from reports.money import format_money
from reports.records import PAID_STATES, Discrepancy, Payment, PspMovement, PspRefund, RefundState
from reports.truth import Truth


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    excuses, service = Excuses.of(evidence), evidence.service
    captures = [
        capture
        for money in truth.money.values()
        if money.payment.id not in excuses.effects
        for capture in money.captures
    ]
    refunds = [refund for refund in evidence.psp.refunds if _has_effect(refund, excuses)]
    breaches = [
        *_repeated_steps(evidence, truth),
        *_repeated_captures(captures, truth),
        *_repeated_refunds(refunds, truth),
        *_wrong_sums(evidence, truth),
        *_repeated_events(evidence),
        *_repeated_records(service.discrepancies or ()),
    ]
    books: tuple[Sequence[object], ...] = (
        service.transitions or (),
        service.inbox or (),
        service.discrepancies or (),
        captures,
        refunds,
    )
    return Examination(examined=sum(len(book) for book in books), breaches=tuple(breaches))


def _has_effect(refund: PspRefund, excuses: Excuses) -> bool:
    """Tell whether money went back and stayed there; what failed may be tried again."""
    return not refund.has_failed and refund.id not in excuses.effects


def _repeated_steps(evidence: Evidence, truth: Truth) -> Iterator[Breach]:
    steps = evidence.service.transitions or ()
    for payment_id, state, again in _repetitions(steps, named=attrgetter("payment_id", "to_state"), at_us="at_us"):
        yield Breach(
            at_us=again[0],
            what=f"the payment became {state} {len(again) + 1} times",
            order_id=truth.order_of.get(payment_id),
            payment_id=payment_id,
        )


def _repeated_captures(captures: Iterable[PspMovement], truth: Truth) -> Iterator[Breach]:
    """Find payments of ours for which the PSP took money more than once."""
    by_payment: defaultdict[str, list[PspMovement]] = defaultdict(list)
    for capture in sorted(captures, key=attrgetter("at_us")):
        name = truth.money[capture.payment].payment.payment_named
        if name is not None:
            by_payment[name].append(capture)
    for payment_id, moved in by_payment.items():
        if len(moved) > 1:
            yield Breach(
                at_us=moved[1].at_us,
                what=f"the payment was captured {len(moved)} times",
                order_id=truth.intent_of(truth.money[moved[0].payment]),
                payment_id=payment_id,
                amount_minor=sum(one.amount_minor for one in moved[1:]),
                currency=moved[1].currency,
            )


def _repeated_refunds(refunds: Iterable[PspRefund], truth: Truth) -> Iterator[Breach]:
    """Find refunds, and repairs, for which money went back more than once."""
    by_cause: defaultdict[tuple[str, str], list[PspRefund]] = defaultdict(list)
    for refund in sorted(refunds, key=attrgetter("created_at_us")):
        if refund.refund_named is not None:
            by_cause["refund", refund.refund_named].append(refund)
        elif refund.repair_of is not None:
            by_cause["repair of", refund.repair_of].append(refund)
    for (kind, name), made in by_cause.items():
        if len(made) > 1:
            money = truth.money[made[0].payment]
            yield Breach(
                at_us=made[1].created_at_us,
                what=f"money went back {len(made)} times for {kind} {name}",
                order_id=truth.intent_of(money),
                payment_id=money.payment.payment_named,
                amount_minor=sum(one.amount_minor for one in made[1:]),
                currency=made[1].currency,
            )


def _wrong_sums(evidence: Evidence, truth: Truth) -> Iterator[Breach]:
    """Compare the sums of each payment in the service's books with what the same books say was done."""
    returned_minor = _returned_minor(evidence)
    for payment in evidence.service.payments or ():
        yield from _wrong_capture(payment, truth)
        booked_minor = payment.refunded_minor
        if returned_minor is None or booked_minor is None or booked_minor == returned_minor.get(payment.id, 0):
            continue
        done_minor = returned_minor.get(payment.id, 0)
        done, booked = _money(payment, done_minor), _money(payment, booked_minor)
        what = f"its refunds gave {done} back, and {booked} was booked"
        yield Breach.of_payment(payment, what, abs(booked_minor - done_minor), truth)


def _returned_minor(evidence: Evidence) -> Mapping[str, int] | None:
    if evidence.service.refunds is None:
        return None
    sums: Counter[str] = Counter()
    for refund in evidence.service.refunds:
        if refund.state == RefundState.SUCCEEDED:
            sums[refund.payment_id] += refund.amount_minor
    return sums


def _wrong_capture(payment: Payment, truth: Truth) -> Iterator[Breach]:
    amount_minor, captured_minor = payment.amount_minor, payment.captured_minor
    if amount_minor is None or captured_minor is None:
        return
    if captured_minor > amount_minor:
        what = f"{_money(payment, captured_minor)} was booked for a capture of {_money(payment, amount_minor)}"
        yield Breach.of_payment(payment, what, captured_minor - amount_minor, truth)
    elif captured_minor > 0 and payment.state not in PAID_STATES:
        what = f"{_money(payment, captured_minor)} was booked for a payment that is {payment.state}"
        yield Breach.of_payment(payment, what, captured_minor, truth)


def _money(payment: Payment, amount_minor: int) -> str:
    return format_money(amount_minor, payment.currency or "")


def _repeated_events(evidence: Evidence) -> Iterator[Breach]:
    applied = [event for event in evidence.service.inbox or () if event.state == "applied"]
    owners = {attempt.psp_id: attempt.payment_id for attempt in evidence.service.attempts or ()}
    objects = {event.event_id: event.psp_object_id for event in applied}
    for event_id, event_type, again in _repetitions(
        applied, named=attrgetter("event_id", "type"), at_us="received_at_us"
    ):
        yield Breach(
            at_us=again[0],
            what=f"event {event_id} ({event_type}) was applied {len(again) + 1} times",
            payment_id=owners.get(objects[event_id]),
        )


def _repeated_records(discrepancies: Sequence[Discrepancy]) -> Iterator[Breach]:
    named = [one for one in discrepancies if one.about is not None]
    payments = {(one.kind, one.about): one.payment_id for one in named}
    for kind, about, again in _repetitions(named, named=attrgetter("kind", "about"), at_us="found_at_us"):
        yield Breach(
            at_us=again[0],
            what=f"the discrepancy {kind} about {about} was put on record {len(again) + 1} times",
            payment_id=payments[kind, about],
        )


def _repetitions(
    rows: Sequence[object], *, named: Callable[[object], tuple[str, str]], at_us: str
) -> Iterator[tuple[str, str, list[int]]]:
    """Yield what happened more than once, by its two names, with the moments after the first; rows tell it `at_us`."""
    repeated = {names for names, count in Counter(map(named, rows)).items() if count > 1}
    groups = grouped((row for row in rows if named(row) in repeated) if repeated else (), named)
    for (one, other), happened in groups.items():
        yield one, other, sorted(map(attrgetter(at_us), happened))[1:]


EFFECTS = Check(
    id="I9",
    title="Every effect happens once",
    statement=(
        "Each step, capture, refund, entry in the books, event and repair happens once for what caused it, however "
        "often it is told."
    ),
    unit="effects",
    one="One effect happened more than once",
    many="{count} effects happened more than once",
    stake="{money}",
    examine=_examine,
    uses=frozenset(
        {
            "service.transitions",
            "service.payments",
            "service.refunds",
            "service.inbox",
            "service.discrepancies",
        }
    ),
)
