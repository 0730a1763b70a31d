"""I10: only what the PSP really said, lately, about us, changes anything.

The PSP's journal tells of each try of a webhook what was untrue about it. Three things must never follow from a try
that lied: that it is acknowledged although its signature proves nothing; that its event counts as applied, unless the
same event came truthfully as well; that a payment, attempt or refund moves on its word. An event that is authentic but
not to be believed (of another account or mode, about another amount, about nobody) may be acknowledged, since its
sender would only repeat it.

A clock that is wrong may take an old signature for a fresh one, by as much as it is wrong, and stamps what it does so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from reports.checks.check import Breach, Check, Examination
from reports.checks.clocks import clock_error_us
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.grouping import partitioned
from reports.money import format_money
from reports.records import (
    Attempt,
    InboxEvent,
    JournalEntry,
    Lie,
    Payment,
    PaymentState,
    PspStatus,
    Transition,
)
from reports.truth import Truth

_UNPROVEN = frozenset({Lie.SECRET, Lie.STALE})
_LYING_FAULTS = frozenset(
    {"forged", "wrong-secret", "stale-timestamp", "other-account", "other-mode", "altered-amount", "unannounced"}
)


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    if evidence.is_old and any(bite.kind in _LYING_FAULTS for bite in evidence.faults):
        doubt = "the run was recorded before the PSP wrote down which webhooks lied; record it again"
        return Examination(examined=0, doubts=(doubt,))
    post = _Post(evidence, truth)
    breaches = [
        *post.acknowledged(),
        *post.applied(evidence.service.inbox or ()),
        *post.steps(evidence.service.transitions or ()),
        *post.attempts(evidence.service.attempts or ()),
        *post.amounts(evidence.service.payments or ()),
    ]
    return Examination(examined=len(post.lying), breaches=tuple(breaches))


@dataclass(frozen=True, kw_only=True, slots=True)
class _About:
    """To whom an object of the PSP belongs."""

    order_id: str | None = None
    payment_id: str | None = None


class _Post:
    """The webhooks that were tried, and what became of them."""

    def __init__(self, evidence: Evidence, truth: Truth) -> None:
        self._truth = truth
        self._refunds = {refund.id: refund for refund in evidence.psp.refunds}
        self._attempts = evidence.service.attempts or ()
        self._clock_error_us = clock_error_us(evidence.faults)
        self._tolerance_us = Terms.of(evidence.manifest).webhook_tolerance_us + self._clock_error_us
        tries = [entry for entry in evidence.psp.journal if entry.kind == "webhook"]
        self.lying, self._truthful = partitioned(tries, self._lies)

    def acknowledged(self) -> Iterator[Breach]:
        """Find tries whose signature proved nothing, and that were taken all the same."""
        for entry in self.lying:
            if not _UNPROVEN.isdisjoint(entry.lies) and _is_taken(entry):
                yield self._breach(entry, f"was acknowledged with status {entry.status}")

    def applied(self, inbox: Iterable[InboxEvent]) -> Iterator[Breach]:
        """Find events that were believed although every try of them lied."""
        lying = {entry.event_id: entry for entry in self.lying}
        truthful = {entry.event_id for entry in self._truthful}
        for event in inbox:
            entry = None if event.event_id in truthful else lying.get(event.event_id)
            if entry is not None and event.state == "applied" and not self._is_about_a_repair(entry):
                yield self._breach(entry, "counts as applied", at_us=event.applied_at_us)

    def steps(self, transitions: Iterable[Transition]) -> Iterator[Breach]:
        """Find steps that a webhook is said to have caused, when none but lying ones had come."""
        for step in transitions:
            if step.source != "webhook":
                continue
            lying = self._lying_of.get((step.payment_id, step.to_state == PaymentState.REFUNDED), ())
            told = [entry for entry in lying if entry.at_us <= step.at_us + self._clock_error_us]
            if told and not self._was_told_truthfully(step):
                yield self._breach(told[-1], f"made the payment {step.to_state}", at_us=step.at_us)

    def attempts(self, attempts: Iterable[Attempt]) -> Iterator[Breach]:
        """Find attempts that succeeded in the service's books, after a false claim, and never did at the PSP."""
        claims = {entry.object: entry for entry in self.lying if Lie.CLAIM in entry.lies and _may_be_taken(entry)}
        for attempt in attempts:
            entry = claims.get(attempt.psp_id) if attempt.psp_id is not None else None
            if entry is not None and attempt.state == "SUCCEEDED" and not self._has_succeeded(attempt.psp_id):
                yield self._breach(entry, f"made a {attempt.kind} succeed", at_us=attempt.settled_at_us)

    def amounts(self, payments: Iterable[Payment]) -> Iterator[Breach]:
        """Find payments whose books hold the amount that only a lie named."""
        altered = [entry for entry in self.lying if Lie.AMOUNT in entry.lies and _may_be_taken(entry)]
        by_payment = {self._about(entry).payment_id: entry for entry in altered}
        for payment in payments:
            entry = by_payment.get(payment.id)
            if entry is None:
                continue
            charged = [m for m in self._truth.money_behind(payment.id, payment.order_id) if m.captures]
            captured_minor = {money.captured_minor for money in charged} | {0}
            if payment.captured_minor not in (None, *captured_minor):
                booked = format_money(payment.captured_minor or 0, payment.currency or "")
                yield self._breach(entry, f"made the books hold {booked}", at_us=payment.updated_at_us)

    def _lies(self, entry: JournalEntry) -> bool:
        """Tell whether anything was untrue that can be noticed; an old signature is fresh to a clock that is slow."""
        if not entry.lies:
            return False
        if entry.lies == [Lie.STALE] and entry.signed_at_us is not None:
            return entry.at_us - entry.signed_at_us > self._tolerance_us
        return True

    def _was_told_truthfully(self, step: Transition) -> bool:
        """Tell whether a truthful try that could say so had begun by then."""
        truthful = self._truthful_of.get((step.payment_id, step.to_state == PaymentState.REFUNDED), ())
        until_us = step.at_us + self._clock_error_us
        return any(one.at_us <= until_us and self._could_say(one, step.to_state) for one in truthful)

    def _could_say(self, entry: JournalEntry, state: str) -> bool:
        money = self._truth.money.get(entry.object or "")
        return state != PaymentState.SUCCESS or (money is not None and bool(money.captures))

    @cached_property
    def _lying_of(self) -> Mapping[tuple[str, bool], Sequence[JournalEntry]]:
        return self._by_payment(self.lying)

    @cached_property
    def _truthful_of(self) -> Mapping[tuple[str, bool], Sequence[JournalEntry]]:
        return self._by_payment(self._truthful)

    def _by_payment(self, tries: Iterable[JournalEntry]) -> Mapping[tuple[str, bool], Sequence[JournalEntry]]:
        """Return tries by the payment of ours that they are about, and whether they speak of a refund of it."""
        groups: defaultdict[tuple[str, bool], list[JournalEntry]] = defaultdict(list)
        for entry in tries:
            payment_id = self._about(entry).payment_id
            if payment_id is not None:
                groups[payment_id, entry.object in self._refunds].append(entry)
        return groups

    def _has_succeeded(self, psp_object: str | None) -> bool:
        money, refund = self._truth.money.get(psp_object or ""), self._refunds.get(psp_object or "")
        if refund is not None:
            return refund.had_arrived(self._truth.manifest.ended_at_us) or refund.status == PspStatus.SUCCEEDED
        return money is not None and bool(money.captures)

    def _is_about_a_repair(self, entry: JournalEntry) -> bool:
        """Tell whether it says no more than that a repair should be looked at again, at the PSP."""
        refund = self._refunds.get(entry.object or "")
        return entry.lies == [Lie.AMOUNT] and refund is not None and refund.repair_of is not None

    def _about(self, entry: JournalEntry) -> _About:
        refund = self._refunds.get(entry.object or "")
        psp_payment = refund.payment if refund is not None else entry.object
        money = self._truth.money.get(psp_payment or "")
        payment_id = self._owners.get(entry.object) or self._owners.get(psp_payment)
        if money is None:
            return _About(payment_id=payment_id)
        return _About(order_id=self._truth.intent_of(money), payment_id=payment_id or money.payment.payment_named)

    @cached_property
    def _owners(self) -> Mapping[str | None, str]:
        return {attempt.psp_id: attempt.payment_id for attempt in self._attempts if attempt.psp_id is not None}

    def _breach(self, entry: JournalEntry, what: str, *, at_us: int | None = None) -> Breach:
        about, money = self._about(entry), self._truth.money.get(entry.object or "")
        lies = ", ".join(entry.lies)
        return Breach(
            at_us=at_us or entry.ended_at_us or entry.at_us,
            what=f"event {entry.event_id} ({entry.event_type}; untrue: {lies}) {what}",
            order_id=about.order_id,
            payment_id=about.payment_id,
            amount_minor=0 if money is None else money.payment.amount_minor,
            currency=None if money is None else money.currency,
        )


def _is_taken(entry: JournalEntry) -> bool:
    return entry.status is not None and HTTPStatus.OK <= entry.status < HTTPStatus.MULTIPLE_CHOICES


def _may_be_taken(entry: JournalEntry) -> bool:
    """Tell whether it may have been taken: it was acknowledged, or its answer was lost."""
    return entry.status is None or _is_taken(entry)


AUTHENTICITY = Check(
    id="I10",
    title="Only the truth changes anything",
    statement=(
        "Nothing changes because of an event that is unsigned, stale, foreign, altered or invented, and none of them "
        "counts as applied."
    ),
    unit="webhooks that lied",
    one="One webhook that lied had consequences",
    many="{count} webhooks that lied had consequences",
    stake="{money} spoken of",
    examine=_examine,
    uses=frozenset({"service.inbox", "service.transitions", "service.attempts", "service.payments"}),
)
