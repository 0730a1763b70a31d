r"""The three-way match of one object of the PSP: our books, the statement's lines, and what the PSP says if asked.

What agrees is settled without a question, and that is nearly everything. Whatever does not agree is first asked about,
and the PSP's word goes through `engine.settlement` as every word does; only what remains afterwards is a discrepancy of
the statement. Nothing here believes a line.

    our books \ lines        as expected    none (overdue)   twice          otherwise
    capture SUCCEEDED        agree          line-missing     line-doubled   line-wrong, capture-reversed
    capture FAILED           late-capture   agree            late-capture   late-capture
    another object's         double-capture agree            double-capture double-capture
    refund SUCCEEDED         agree          line-missing     line-doubled   ask: refund-failed-late, line-wrong
    refund FAILED            agree          agree            line-doubled   ask: line-missing and whatever is wrong
                                                                            with the line that is there, late-refund
    unsettled                ask and settle
    nothing                  orphan-money, unless it is the refund that repairs a discrepancy
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.attempt import AttemptKind
from engine.lifecycle import AttemptState, RefundState
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Discrepancy, DiscrepancyKind, expected_money, first_state
from engine.retries import SECOND_US
from engine.settlement import Case
from engine.statement import LineKind, Rhythm, StatementLine

BASIS_POINTS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Fees:
    """What the PSP may keep of a capture, if that is agreed."""

    basis_points: int
    fixed_minor: int

    def of(self, capture_minor: int) -> int:
        """Return the fee, rounded half up, never more than the capture."""
        share_minor = (capture_minor * self.basis_points + BASIS_POINTS // 2) // BASIS_POINTS
        return min(capture_minor, share_minor + self.fixed_minor)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """By what a match is judged."""

    rhythm: Rhythm
    fees: Fees | None  # None: whatever the PSP keeps is right


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """One payment or refund of the PSP with all that is known of it on our side."""

    kind: AttemptKind
    psp_id: str
    lines: Sequence[StatementLine]  # all that were ever read, oldest first
    case: Case | None  # by the PSP's id, else by our reference
    is_repair: bool = False  # a refund by which we gave back what we should not have had

    @property
    def is_ours(self) -> bool:
        """Tell whether this very object is the one that our attempt created."""
        return self.case is not None and self.case.attempt.psp_id == self.psp_id

    @property
    def is_second(self) -> bool:
        """Tell whether our attempt created another object; this one carries its reference as well."""
        return self.case is not None and self.case.attempt.psp_id not in (None, self.psp_id)


class Next(StrEnum):
    """What is to be done with a matter."""

    REST = "rest"  # everything about it is known or on record
    WAIT = "wait"  # look again later
    ASK = "ask"  # ask the PSP about the object, settle what it says, and look again with its word


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What became of a matter."""

    next: Next
    agrees: bool = False  # all three say the same, so what was missing has come
    discrepancies: tuple[Discrepancy, ...] = ()


AGREED = Judgement(next=Next.REST, agrees=True)
KNOWN = Judgement(next=Next.REST)  # what is wrong with it is on record
WAITING = Judgement(next=Next.WAIT)
ASKING = Judgement(next=Next.ASK)


def judge(matter: Matter, *, word: Outcome | None, rules: Rules, now_us: int) -> Judgement:
    """Decide about a matter; `word` is what the PSP said, already settled, or None if it was not asked."""
    if matter.case is None:
        return _nobodys(matter, rules=rules, now_us=now_us)
    if _is_complete(matter):
        return _compared(matter, word, rules=rules, now_us=now_us)
    if word is None:
        return ASKING
    if _holds_money(matter) and LineKind.CAPTURE_REVERSAL in _kinds(matter):
        return _found(matter, [(DiscrepancyKind.CAPTURE_REVERSED, matter.lines[-1])], word, now_us=now_us)
    if not word.is_final:
        return WAITING
    return _contradicted(matter, word, rules=rules, now_us=now_us)


def _nobodys(matter: Matter, *, rules: Rules, now_us: int) -> Judgement:
    if matter.is_repair:
        return KNOWN
    newest = matter.lines[-1]
    age_us = now_us - newest.reported_s * SECOND_US
    if age_us < rules.rhythm.orphan_after_us:
        return WAITING
    orphan = _found(matter, [(DiscrepancyKind.ORPHAN_MONEY, newest)], None, now_us=now_us, subject=matter.psp_id)
    if age_us < rules.rhythm.delay_max_us:
        # An attempt whose answer was lost may yet turn out to be its owner.
        return Judgement(next=Next.WAIT, discrepancies=orphan.discrepancies)
    return orphan


def _is_complete(matter: Matter) -> bool:
    """Tell whether the lines are of the kinds that our books expect of this object, be they right or wrong."""
    if not matter.is_ours or matter.case is None:
        return False
    return _kinds(matter) == _expected(matter.case).keys()


def _expected(case: Case) -> Mapping[LineKind, Money]:
    """Return what the statement should say of the object of a settled attempt."""
    money = expected_money(case.payment, case.refund)
    back = Money(amount_minor=-money.amount_minor, currency=money.currency)
    if case.refund is None:
        return {LineKind.CAPTURE: money} if case.attempt.state is AttemptState.SUCCEEDED else {}
    match case.refund.state:
        case RefundState.PENDING:
            return {}
        case RefundState.SUCCEEDED:
            return {LineKind.REFUND: back}
        case RefundState.FAILED:
            return {LineKind.REFUND: back, LineKind.REFUND_REVERSAL: money}


def _compared(matter: Matter, word: Outcome | None, *, rules: Rules, now_us: int) -> Judgement:
    wrongs = [*_wrong_lines(matter), *_doubled_lines(matter), *_wrong_fees(matter, rules.fees)]
    if not wrongs:
        return AGREED
    if word is None:
        return ASKING
    if word.kind is OutcomeKind.UNKNOWN:
        return WAITING
    return _found(matter, wrongs, word, now_us=now_us)


type _Wrong = tuple[DiscrepancyKind, StatementLine]


def _wrong_lines(matter: Matter) -> Iterator[_Wrong]:
    assert matter.case is not None
    expected = _expected(matter.case)
    for line in matter.lines:
        if line.money != expected[line.kind]:
            yield DiscrepancyKind.LINE_WRONG, line


def _doubled_lines(matter: Matter) -> Iterator[_Wrong]:
    seen: Counter[LineKind] = Counter()
    for line in matter.lines:
        seen[line.kind] += 1
        if seen[line.kind] > 1:
            yield DiscrepancyKind.LINE_DOUBLED, line


def _wrong_fees(matter: Matter, fees: Fees | None) -> Iterator[_Wrong]:
    assert matter.case is not None
    for line in matter.lines:
        # By what was really captured: a line with a wrong amount is one discrepancy, not two.
        agreed_minor = None if fees is None else fees.of(matter.case.payment.amount.amount_minor)
        if line.kind is LineKind.CAPTURE and agreed_minor not in (None, line.fee_minor):
            yield DiscrepancyKind.FEE_MISMATCH, line


def _contradicted(matter: Matter, word: Outcome, *, rules: Rules, now_us: int) -> Judgement:
    """Judge a matter about which our books, having settled the PSP's last word, and the lines still do not agree."""
    assert matter.case is not None
    if _is_on_record(matter, word):
        return KNOWN
    if not _holds_money(matter) and _nets_to_nothing(matter):
        return AGREED
    # A line that is twice or wrong is so, whatever may yet come beside it.
    wrongs = _found(matter, [*_wrongs_so_far(matter)], word, now_us=now_us).discrepancies
    if not _is_overdue(matter, rules=rules, now_us=now_us):
        return replace(WAITING, discrepancies=wrongs)
    judgement = _statement_at_fault(matter, word, now_us=now_us)
    return replace(judgement, discrepancies=(*wrongs, *(one for one in judgement.discrepancies if one not in wrongs)))


def _wrongs_so_far(matter: Matter) -> Iterator[_Wrong]:
    """Yield what is wrong with the lines of an object of which not all lines have come that our books expect."""
    if matter.case is not None and matter.is_ours and _kinds(matter) < _expected(matter.case).keys():
        yield from _wrong_lines(matter)
        yield from _doubled_lines(matter)


def _is_on_record(matter: Matter, word: Outcome) -> bool:
    """Tell whether the settlement has recorded what the PSP's word means: another amount, or money after a failure."""
    assert matter.case is not None
    case = matter.case
    if word.money is not None and word.money != expected_money(case.payment, case.refund):
        return True
    if word.kind is not OutcomeKind.SUCCEEDED:
        return False
    return matter.is_second or (case.refund is None and case.attempt.state is AttemptState.FAILED)


def _statement_at_fault(matter: Matter, word: Outcome, *, now_us: int) -> Judgement:
    assert matter.case is not None
    case = matter.case
    succeeded = word.kind is OutcomeKind.SUCCEEDED
    if not matter.lines:
        return _missing(matter, word, is_phantom=case.refund is None and not succeeded, now_us=now_us)
    is_refund_failed = case.refund is not None and case.refund.state is RefundState.FAILED
    if not matter.is_second and is_refund_failed and len(_kinds(matter)) == 1:
        if succeeded:
            return _found(matter, [(DiscrepancyKind.LATE_REFUND, matter.lines[-1])], word, now_us=now_us)
        return _missing(matter, word, is_phantom=False, now_us=now_us)
    return _found(matter, [(DiscrepancyKind.LINE_WRONG, matter.lines[-1])], word, now_us=now_us)


def _holds_money(matter: Matter) -> bool:
    """Tell whether our books say that this object moved money, for good or for a while."""
    return matter.is_ours and matter.case is not None and matter.case.attempt.state is AttemptState.SUCCEEDED


def _kinds(matter: Matter) -> set[LineKind]:
    return {line.kind for line in matter.lines}


def _nets_to_nothing(matter: Matter) -> bool:
    return sum(line.money.amount_minor for line in matter.lines) == 0


def _is_overdue(matter: Matter, *, rules: Rules, now_us: int) -> bool:
    """Tell whether a line that is still missing will not come any more; lines that never came are asked for late."""
    if not matter.lines:
        return True
    return now_us - matter.lines[-1].reported_s * SECOND_US >= rules.rhythm.delay_max_us


def _missing(matter: Matter, word: Outcome, *, is_phantom: bool, now_us: int) -> Judgement:
    assert matter.case is not None
    kind = DiscrepancyKind.PHANTOM_MONEY if is_phantom else DiscrepancyKind.LINE_MISSING
    money = expected_money(matter.case.payment, matter.case.refund)
    discrepancy = _discrepancy(matter, kind, subject=matter.psp_id, money=money, evidence=_word(word), now_us=now_us)
    return Judgement(next=Next.REST, discrepancies=(discrepancy,))


def _found(
    matter: Matter, wrongs: Sequence[_Wrong], word: Outcome | None, *, now_us: int, subject: str | None = None
) -> Judgement:
    discrepancies = tuple(
        _discrepancy(
            matter,
            kind,
            subject=subject or line.id,
            money=line.money,
            evidence={"line": line.id, "line_kind": line.kind, "fee_minor": str(line.fee_minor), **_word(word)},
            now_us=now_us,
        )
        for kind, line in wrongs
    )
    return Judgement(next=Next.REST, discrepancies=discrepancies)


def _discrepancy(
    matter: Matter, kind: DiscrepancyKind, *, subject: str, money: Money, evidence: Mapping[str, str], now_us: int
) -> Discrepancy:
    case = matter.case
    ours = {}
    if case is not None:
        expected = str(expected_money(case.payment, case.refund))
        ours = {"attempt_id": case.attempt.id, "attempt_state": case.attempt.state, "expected": expected}
    return Discrepancy(
        kind=kind,
        subject=subject,
        payment_id=None if case is None else case.payment.id,
        money=money,
        state=first_state(kind),
        evidence={"psp_object_id": matter.psp_id, **ours, **evidence},
        found_at_us=now_us,
    )


def _word(word: Outcome | None) -> Mapping[str, str]:
    return {} if word is None else {"word": word.kind}


def changed(before: StatementLine, after: StatementLine, *, at_us: int) -> Discrepancy:
    """Return the record of a line that came again and said something else."""
    return Discrepancy(
        kind=DiscrepancyKind.LINE_CHANGED,
        subject=before.id,
        payment_id=None,
        money=after.money,
        state=first_state(DiscrepancyKind.LINE_CHANGED),
        evidence={"psp_object_id": before.psp_id or "", "before": _told(before), "after": _told(after)},
        found_at_us=at_us,
    )


def _told(line: StatementLine) -> str:
    return f"{line.kind} of {line.money}, fee {line.fee_minor}, about {line.psp_id} in second {line.reported_s}"
