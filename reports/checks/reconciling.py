"""I12: the reconciliation finds what is wrong, all of it, and nothing else.

It is scored as a classifier. Planted is whatever the PSP's books and its faults' bites say is wrong; found is what the
service has put on record about the very same thing; missed is what was due and is not on record, invented what is on
record and was never wrong. It has two periods of reading for each, from when it could be found, or from the calm on;
in as much time, money that should not have been taken must be on its way back. What is handed to a person is known, and
a person takes as long as people do. Giving back money that was rightly taken is an invention of the worst kind.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reports.checks.check import Breach, Check, Examination, Score
from reports.checks.planted import SCORED, Name, Planted, grouped, name_of, planted
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.records import Discrepancy
from reports.truth import Truth

_MICROSECONDS = 1_000_000
_GIVEN_BACK = frozenset({"late-capture", "double-capture"})
_FOLLOWED = frozenset({"refund-failed-late", "amount-mismatch"})
_NEEDS_PERSON = "needs_person"


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    examiner = _Examiner(evidence, truth)
    breaches = (*examiner.missed(), *examiner.late(), *examiner.invented(), *examiner.unhealed(), *examiner.touched())
    scores = tuple(examiner.scores())
    return Examination(
        examined=sum(score.planted + score.invented for score in scores), breaches=breaches, scores=scores
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Find:
    """Something planted that is on record."""

    planted: Planted
    record: Discrepancy


class _Examiner:
    """What was planted, what is on record, and what of both is one."""

    def __init__(self, evidence: Evidence, truth: Truth) -> None:
        self._evidence = evidence
        self._truth = truth
        self._grace_us = Terms.of(evidence.manifest).statement_patience_us
        self._planted = planted(evidence, truth)
        records = [one for one in evidence.service.discrepancies or () if one.kind in SCORED]
        self._records: Mapping[Name, Discrepancy] = {name_of(one): one for one in records}
        self._finds = [
            _Find(planted=one, record=self._records[name])
            for name, one in self._planted.items()
            if name in self._records
        ]
        self._missing = [one for name, one in self._planted.items() if one.is_demanded and name not in self._records]

    def missed(self) -> Iterator[Breach]:
        """Find what was due and is not on record."""
        for one in self._missing:
            if self._is_due(one):
                yield _breach(one, at_us=self._deadline_us(one), what=f"{_told(one.name)} is not on record")

    def late(self) -> Iterator[Breach]:
        """Find what is on record, and was not in time."""
        for find in self._finds:
            late_us = self._found_us(find) - self._deadline_us(find.planted)
            if find.planted.is_demanded and late_us > 0:
                what = f"{_told(find.planted.name)} was found {late_us / _MICROSECONDS:,.0f} s late"
                yield _breach(find.planted, at_us=self._deadline_us(find.planted), what=what)

    def invented(self) -> Iterator[Breach]:
        """Find what is on record and was never wrong."""
        for name, record in self._inventions():
            yield Breach(
                at_us=record.found_at_us,
                what=f"{_told(name)} is on record, and nothing of the kind is wrong",
                order_id=self._truth.order_of.get(record.payment_id or ""),
                payment_id=record.payment_id,
                amount_minor=abs(record.amount_minor or 0),
                currency=record.currency,
            )

    def unhealed(self) -> Iterator[Breach]:
        """Find what a machine can make good, and has not in time."""
        for find in self._finds:
            can_be_healed = find.record.kind in _GIVEN_BACK | _FOLLOWED and find.record.state != _NEEDS_PERSON
            if not can_be_healed or not self._is_due(find.planted):
                continue
            healed_us, deadline_us = self._healed_us(find), self._deadline_us(find.planted)
            if healed_us is None or healed_us > deadline_us:
                what = f"{_told(find.planted.name)} was not made good in time"
                yield _breach(find.planted, at_us=deadline_us, what=what)

    def touched(self) -> Iterator[Breach]:
        """Find healthy money that was given back."""
        for refund in self._evidence.psp.refunds:
            repaired = refund.repair_of
            if repaired is None or any((kind, repaired, "") in self._planted for kind in _GIVEN_BACK):
                continue
            money = self._truth.money.get(repaired)
            yield Breach(
                at_us=refund.created_at_us,
                what=f"{repaired} was given back, and it was rightly taken",
                order_id=None if money is None else self._truth.intent_of(money),
                payment_id=None if money is None else money.payment.payment_named,
                amount_minor=refund.amount_minor,
                currency=refund.currency,
            )

    def scores(self) -> Iterator[Score]:
        """Score each kind of which anything was planted or said."""
        finds = grouped((find.record.kind, find) for find in self._finds)
        missing = grouped((one.name[0], one) for one in self._missing)
        invented = grouped((name[0], name) for name, _ in self._inventions())
        for kind in sorted(finds.keys() | missing.keys() | invented.keys()):
            found, due = finds.get(kind, []), [one for one in missing.get(kind, []) if self._is_due(one)]
            healed = [(find, self._healed_us(find)) for find in found if kind in _GIVEN_BACK | _FOLLOWED]
            yield Score.of(
                kind,
                found=len(found),
                missed=len(due),
                invented=len(invented.get(kind, [])),
                not_due=len(missing.get(kind, [])) - len(due),
                find_s=_spans((find.planted.at_us, self._found_us(find)) for find in found),
                heal_s=_spans((find.planted.at_us, at_us) for find, at_us in healed if at_us is not None),
            )

    def _inventions(self) -> list[tuple[Name, Discrepancy]]:
        return [(name, record) for name, record in self._records.items() if name not in self._planted]

    def _found_us(self, find: _Find) -> int:
        """Return when it was found; a clock that was fast cannot have found it after the end."""
        return min(find.record.found_at_us, self._truth.manifest.ended_at_us)

    def _deadline_us(self, one: Planted) -> int:
        return max(one.since_us, self._truth.manifest.storm_ended_at_us) + self._grace_us

    def _is_due(self, one: Planted) -> bool:
        return self._deadline_us(one) <= self._truth.manifest.ended_at_us

    def _healed_us(self, find: _Find) -> int | None:
        """Return when it was made good: when the last of the money left, or when the books had followed."""
        if find.record.kind in _FOLLOWED:
            return find.record.closed_at_us
        money = self._truth.money.get(find.planted.name[1])
        if money is None or money.kept_minor > 0:
            return None
        return max((refund.created_at_us for refund in money.refunds if not refund.has_failed), default=None)


def _spans(moments: Iterable[tuple[int, int]]) -> list[float]:
    return [max(until_us - from_us, 0) / _MICROSECONDS for from_us, until_us in moments]


def _told(name: Name) -> str:
    kind, psp_object, which = name
    return f"{kind} about {psp_object}" + (f" ({which})" if which else "")


def _breach(one: Planted, *, at_us: int, what: str) -> Breach:
    return Breach(
        at_us=at_us,
        what=what,
        payment_id=one.payment_id,
        amount_minor=one.amount_minor,
        currency=one.currency,
    )


RECONCILING = Check(
    id="I12",
    title="The reconciliation finds what is wrong",
    statement=(
        "Whatever is wrong between the books is found and, where a machine can, made good within two periods of the "
        "calm, and nothing healthy is touched."
    ),
    unit="discrepancies planted or invented",
    one="One discrepancy was missed, invented, or not made good in time",
    many="{count} discrepancies were missed, invented, or not made good in time",
    stake="{money}",
    examine=_examine,
    needs=frozenset({"service.discrepancies"}),
    uses=frozenset({"service.attempts", "service.refunds", "service.payments"}),
)
