"""I13: a merchant who listens is told what is so: every step, nothing else, under one name, and provably by us.

What merchants wrote down is held against the service's books, as they are after the calm. A step is a payment's
transition or a refund's final state; its notice has the content of that moment, however late it comes. It may come
often, always with the same id and the same body.

A listener that is out of order may miss something for good: what was tried as often as the schedule says, or what an
endpoint has said that it does not want (`reports.checks.deliveries`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from operator import attrgetter

from reports.checks.check import Breach, Check, Examination
from reports.checks.deliveries import Deliveries
from reports.checks.matters import MatterKey, key_of, matters_of, owed
from reports.evidence import Evidence
from reports.grouping import grouped
from reports.records import Notice, Payment, RefundState
from reports.truth import Truth


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    hearing = _Hearing(evidence, truth)
    untold = [*hearing.untold()]
    breaches = [
        *hearing.unproven(),
        *hearing.invented(),
        *hearing.altered(),
        *hearing.renamed(),
        *(breach for breach in untold if breach is not None),
    ]
    return Examination(
        examined=len(hearing.owed) + len(hearing.notices),
        breaches=tuple(breaches),
        doubts=_doubts(untold.count(None), truth),
    )


def _doubts(waiting: int, truth: Truth) -> tuple[str, ...]:
    if not waiting or truth.calm_was_long_enough:
        return ()
    return (f"{waiting} events were on their way when the run ended, and the calm was shorter than the promise",)


class _Hearing:
    """What merchants were told, held against what they should have been told."""

    def __init__(self, evidence: Evidence, truth: Truth) -> None:
        self.notices = evidence.notices or ()
        self._matters = matters_of(evidence)
        self.owed = owed(self._matters.values(), evidence)
        self._payments: Mapping[str, Payment] = {one.id: one for one in evidence.service.payments or ()}
        self._evidence = evidence
        self._truth = truth

    def unproven(self) -> Iterator[Breach]:
        """Find what nobody could have believed."""
        for notice in self.notices:
            if not notice.is_signed:
                yield self._breach(notice, f"{_named(notice)} came with a signature that does not hold")

    def invented(self) -> Iterator[Breach]:
        """Find what was told and is in no book, or is in somebody else's."""
        for key, (first, *_) in self._signed.items():
            if key not in self._matters and self._can_be_known(first) and not self._was_true_once(first):
                payment = self._payments.get(first.payment_id or "")
                is_foreign = payment is not None and payment.merchant_id != first.merchant_id
                where = "is another merchant's" if is_foreign else "is in no book"
                yield self._breach(first, f"{_named(first)} told of something that {where}: {_told(first)}")

    def altered(self) -> Iterator[Breach]:
        """Find what was told otherwise than it is in the books."""
        for key, notices in self._signed.items():
            matter = self._matters.get(key)
            if matter is None:
                continue
            for notice in (notices[0], *_others(notices, attrgetter("body_sha256"))):
                if wrong := matter.contradictions(notice):
                    yield self._breach(notice, f"{_named(notice)} says {'; '.join(wrong)}")

    def renamed(self) -> Iterator[Breach]:
        """Find what came under several names, or with another content under the same one."""
        for notices in self._signed.values():
            for again in _others(notices, attrgetter("event_id")):
                named = f"under the id {notices[0].event_id} and again under {again.event_id}"
                yield self._breach(again, f"{_told(again)} was told to {again.merchant_id} {named}")
        for notices in grouped(self.notices, attrgetter("merchant_id", "event_id")).values():
            for again in _others([one for one in notices if one.is_signed], attrgetter("body_sha256")):
                yield self._breach(again, f"{_named(again)} came again with another content")

    def untold(self) -> Iterator[Breach | None]:
        """Find steps of which nobody was told; None for each that may still be told."""
        deliveries = Deliveries.of(self._evidence, self._truth)
        for matter in self.owed:
            notices = self._signed.get(matter.key, ())
            if any(_is_accepted(notice) for notice in notices):
                continue
            standing = deliveries.standing(matter, notices)
            if standing.is_waiting:
                yield None
            elif standing.wrong is not None:
                yield Breach(
                    at_us=matter.at_us,
                    what=f"merchant {matter.merchant_id} never acknowledged {matter.words}: {standing.wrong}",
                    order_id=self._truth.order_of.get(matter.payment_id),
                    payment_id=matter.payment_id,
                    amount_minor=matter.amount_minor or 0,
                    currency=matter.currency,
                )

    @cached_property
    def _signed(self) -> Mapping[MatterKey, Sequence[Notice]]:
        return grouped((notice for notice in self.notices if notice.is_signed), key_of)

    def _can_be_known(self, notice: Notice) -> bool:
        return notice.refund_id is None or self._evidence.service.refunds is not None

    def _was_true_once(self, notice: Notice) -> bool:
        """Tell whether a refund was told to have succeeded that did so and failed afterwards."""
        failed = (notice.merchant_id, notice.refund_id, RefundState.FAILED)
        return notice.state == RefundState.SUCCEEDED and failed in self._matters

    def _breach(self, notice: Notice, what: str) -> Breach:
        return Breach(
            at_us=notice.at_us,
            what=what,
            order_id=self._truth.order_of.get(notice.payment_id or ""),
            payment_id=notice.payment_id,
            amount_minor=notice.amount_minor or 0,
            currency=notice.currency,
        )


def _is_accepted(notice: Notice) -> bool:
    return notice.status is not None and HTTPStatus.OK <= notice.status < HTTPStatus.MULTIPLE_CHOICES


def _named(notice: Notice) -> str:
    return f"event {notice.event_id} to {notice.merchant_id}"


def _told(notice: Notice) -> str:
    return f"{notice.type} of {notice.refund_id or notice.payment_id}"


def _others(notices: Sequence[Notice], trait: Callable[[Notice], object]) -> list[Notice]:
    """Return the first of each kind that is not as the first of all, of what should be alike."""
    kinds = {trait(notice): notice for notice in reversed(notices)}
    return [notice for kind, notice in kinds.items() if kind != trait(notices[0])]


NOTICES = Check(
    id="I13",
    title="Merchants are told what is so",
    statement=(
        "A merchant who listens is told of every step of a payment and every final state of a refund, under one id, "
        "with the content of that moment and a signature that holds, and of nothing else."
    ),
    unit="steps to tell and events heard",
    one="One merchant was not told what is so",
    many="{count} times a merchant was not told what is so",
    stake="{money} spoken of",
    examine=_examine,
    needs=frozenset({"merchants", "service.payments", "service.transitions"}),
    uses=frozenset({"service.refunds", "service.endpoints", "service.outgoing_events", "service.deliveries"}),
    bears_on_money=False,
)
