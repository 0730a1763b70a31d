"""What a reconciliation had to find: rebuilt from the PSP's books, its journal and the bites of its faults.

Each thing has the kind under which the service should put it on record, the PSP's payment or refund that it is about,
and, of a line of the statement, which line. Where it moved nothing that the service's books could be compared with, it
may be found and need not be: a line about money that was never ours, or about money that is odd already.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reports.checks.excuses import Excuses
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.facts import Money
from reports.records import Attempt, Discrepancy, FaultBite, Lie, PspMovement, PspRefund, PspStatus
from reports.truth import Truth

_LINE_KINDS: Mapping[str, str] = MappingProxyType(
    {"capture": "capture", "refund": "refund", "refund_failure": "refund_reversal"}
)
_LINE_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "settlement-row-missing": "line-missing",
        "settlement-row-late": "line-missing",
        "settlement-row-doubled": "line-doubled",
        "settlement-row-wrong": "line-wrong",
    }
)
SCORED = frozenset(
    {
        "amount-mismatch",
        "capture-reversed",
        "double-capture",
        "double-refund",
        "fee-mismatch",
        "late-capture",
        "late-refund",
        "line-changed",
        "line-doubled",
        "line-missing",
        "line-wrong",
        "orphan-event",
        "orphan-money",
        "phantom-money",
        "refund-failed-late",
    }
)
"""What a reconciliation may say of somebody else's books. That it does not know something itself is not scored."""

type Name = tuple[str, str, str]  # kind, the PSP's object, and which line of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Planted:
    """One thing that is wrong."""

    name: Name
    at_us: int  # when it came to be
    since_us: int  # from when on it could be found
    is_demanded: bool = True  # it has to be found; else it may be
    payment_id: str | None = None
    amount_minor: int = 0
    currency: str | None = None


def name_of(record: Discrepancy) -> Name:
    """Return what a record of the service says is wrong."""
    which = {"line-doubled": record.detail("line_kind"), "line-wrong": record.detail("line")}.get(record.kind)
    return record.kind, record.object or "", which or ""


def planted(evidence: Evidence, truth: Truth) -> dict[Name, Planted]:
    """Return everything that is wrong, by name; what is demanded goes before what is not."""
    field = _Field(evidence, truth)
    everything = [
        *field.lines(),
        *field.captures(),
        *field.refunds(),
        *field.orphans(),
        *field.phantoms(),
        *field.lies(),
    ]
    return {one.name: one for one in sorted(everything, key=lambda one: one.is_demanded)}


class _Field:
    """Where things are planted."""

    def __init__(self, evidence: Evidence, truth: Truth) -> None:
        self._evidence = evidence
        self._truth = truth
        self._terms = Terms.of(evidence.manifest)
        self._is_read = self._terms.settlement_period_us is not None
        self._attempts = {one.psp_id: one for one in evidence.service.attempts or () if one.psp_id is not None}
        self._captures_of = {one.payment_id: one for one in evidence.service.attempts or () if one.refund_id is None}
        self._refund_rows = {row.id: row for row in evidence.service.refunds or ()}
        self._psp_refunds = {refund.id: refund for refund in evidence.psp.refunds}
        self._movements_of = grouped((one.refund or one.payment, one) for one in evidence.psp.movements)
        self._unheard = Excuses.of(evidence).unheard
        self._line_bites = {
            str(bite.told("movement_id")): bite for bite in evidence.faults if bite.kind in _LINE_FAULTS
        }

    # The statement says what is not so

    def lines(self) -> Iterator[Planted]:
        """Yield what is wrong with the lines of the statement."""
        for movement in self._evidence.psp.movements:
            bite = self._line_bites.get(movement.id)
            if bite is not None:
                yield self._line(movement, bite)

    def _line(self, movement: PspMovement, bite: FaultBite) -> Planted:
        psp_object, kind = movement.refund or movement.payment, _LINE_FAULTS[bite.kind]
        attempt = self._attempts.get(psp_object)
        which = {"line-doubled": _LINE_KINDS.get(movement.kind, ""), "line-wrong": movement.id}.get(kind, "")
        since_us = movement.at_us
        if kind == "line-missing":
            # It counts from when the service's own books had the money.
            settled_us = max(movement.at_us, self._settled_us(attempt) or movement.at_us)
            since_us = max(settled_us + self._terms.settlement_delay_max_us, self._shown_us(movement.refund) or 0)
        is_demanded = self._is_comparable(movement, attempt) and self._is_wrong_for_good(bite, since_us)
        return Planted(
            name=(kind, psp_object, which),
            at_us=movement.at_us,
            since_us=since_us,
            is_demanded=is_demanded,
            payment_id=None if attempt is None else attempt.payment_id,
            amount_minor=abs(movement.amount_minor),
            currency=movement.currency,
        )

    def _settled_us(self, attempt: Attempt | None) -> int | None:
        if attempt is None:
            return None
        row = self._refund_rows.get(attempt.refund_id or "")
        return attempt.settled_at_us if row is None else row.settled_at_us

    def _is_comparable(self, movement: PspMovement, attempt: Attempt | None) -> bool:
        """Tell whether our books have this very money, and nothing else is wrong about it."""
        if attempt is None or not self._is_read:
            return False
        if attempt.refund_id is None:
            return attempt.state == "SUCCEEDED"
        refund, row = self._psp_refunds.get(movement.refund or ""), self._refund_rows.get(attempt.refund_id)
        if refund is None or row is None:
            return False
        if refund.has_failed:
            return row.state == "FAILED" and self._shown_us(refund.id) is not None
        return row.state == "SUCCEEDED" and refund.status == PspStatus.SUCCEEDED

    def _shown_us(self, refund_id: str | None) -> int | None:
        """Return from when on the statement says anything of a refund that went and came back; None: it never does.

        Before that, nothing is wrong with any sum. Other movements have one line, and are told or missing by it.
        """
        refund = self._psp_refunds.get(refund_id or "")
        if refund is None or not refund.has_failed:
            return None
        visible = [self._visible_us(movement) for movement in self._movements_of[refund.id]]
        return min((at_us for at_us in visible if at_us is not None), default=None)

    def _is_wrong_for_good(self, bite: FaultBite, since_us: int) -> bool:
        """Tell whether a line that is late comes too late to be waited for; what is not late stays as it is."""
        if bite.kind != "settlement-row-late":
            return True
        visible_us, period_us = bite.told("visible_at_us"), self._terms.settlement_period_us or 0
        return isinstance(visible_us, int) and visible_us > since_us + 2 * period_us

    # Money moved that should not have

    def captures(self) -> Iterator[Planted]:
        """Yield money that was taken twice, or after the service had said that it would not be."""
        for money in self._truth.money.values():
            payment_id = money.payment.payment_named
            attempt = self._captures_of.get(payment_id or "")
            if not money.captures or attempt is None:
                continue
            is_second = attempt.psp_id not in (None, money.payment.id)
            has_failed = attempt.state == "FAILED"
            if has_failed:
                yield self._money("late-capture", money, payment_id)
            if is_second:
                # Of a payment that failed in the end, it may have been found while the other one was still open.
                yield self._money("double-capture", money, payment_id, is_demanded=not has_failed)

    def _money(self, kind: str, money: Money, payment_id: str | None, *, is_demanded: bool = True) -> Planted:
        visible_us = self._visible_us(money.captures[0])
        return Planted(
            name=(kind, money.payment.id, ""),
            at_us=money.captured_at_us,
            since_us=visible_us or money.captured_at_us,
            is_demanded=is_demanded and visible_us is not None,
            payment_id=payment_id,
            amount_minor=money.captured_minor,
            currency=money.currency,
        )

    def _visible_us(self, movement: PspMovement) -> int | None:
        """Return from when on the statement tells of a movement; None: it never does, so that nobody need know."""
        if not self._is_read:
            return None
        bite = self._line_bites.get(movement.id)
        if bite is None:
            return movement.at_us
        visible_us = bite.told("visible_at_us", movement.at_us)
        return visible_us if isinstance(visible_us, int) else None

    def refunds(self) -> Iterator[Planted]:
        """Yield refunds that went out twice, came back after we had believed them, or went after we had given up."""
        for refund in self._evidence.psp.refunds:
            row = self._refund_rows.get(refund.refund_named or "")
            if row is None:
                continue
            if row.psp_refund_id not in (None, refund.id):
                yield self._refund("double-refund", refund, row.payment_id, is_demanded=not refund.has_failed)
            elif refund.has_failed and refund.had_arrived(self._truth.manifest.ended_at_us):
                yield self._refund("refund-failed-late", refund, row.payment_id, is_demanded=row.state == "SUCCEEDED")
            elif row.state == "FAILED" and refund.status == PspStatus.SUCCEEDED:
                # Whoever hears of a success after a failure waits for the line of the money's return.
                yield self._refund("late-refund", refund, row.payment_id, wait_us=self._terms.settlement_delay_max_us)

    def _refund(
        self, kind: str, refund: PspRefund, payment_id: str | None, *, is_demanded: bool = True, wait_us: int = 0
    ) -> Planted:
        at_us = refund.settled_at_us or refund.created_at_us
        return Planted(
            name=(kind, refund.id, ""),
            at_us=at_us,
            since_us=at_us + wait_us,
            is_demanded=is_demanded and self._is_read and refund.id not in self._unheard,
            payment_id=payment_id,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
        )

    def orphans(self) -> Iterator[Planted]:
        """Yield money that is nobody's."""
        ours = {payment.id for payment in self._evidence.service.payments or ()}
        for money in self._truth.money.values():
            is_ours = money.payment.payment_named in ours or money.payment.id in self._attempts
            if money.captures and not is_ours:
                yield self._money("orphan-money", money, None)
        for refund in self._evidence.psp.refunds:
            is_ours = refund.refund_named in self._refund_rows or refund.id in self._attempts
            if not is_ours and refund.repair_of is None:
                yield self._refund("orphan-money", refund, None)

    def phantoms(self) -> Iterator[Planted]:
        """Yield money that only our books have; that it is not there is another check's finding."""
        for psp_id, attempt in self._attempts.items():
            money, refund = self._truth.money.get(psp_id or ""), self._psp_refunds.get(psp_id or "")
            is_real = refund is not None or (money is not None and bool(money.captures))
            if attempt.state == "SUCCEEDED" and not is_real:
                at_us = attempt.settled_at_us or attempt.created_at_us
                name = ("phantom-money", psp_id or "", "")
                yield Planted(name=name, at_us=at_us, since_us=at_us, is_demanded=False, payment_id=attempt.payment_id)

    # Somebody says what is not so

    def lies(self) -> Iterator[Planted]:
        """Yield what authentic webhooks said wrongly; whether it was noticed is another check's question."""
        for entry in self._evidence.psp.journal:
            if not entry.lies:
                continue
            kinds = [("amount-mismatch", Lie.AMOUNT), ("orphan-event", Lie.INVENTED)]
            for kind, lie in kinds:
                if lie in entry.lies and entry.object is not None:
                    name = (kind, entry.object, "")
                    yield Planted(name=name, at_us=entry.at_us, since_us=entry.at_us, is_demanded=False)


def grouped[Row](rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Return what comes with a name, by name."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for name, row in rows:
        groups[name].append(row)
    return groups
