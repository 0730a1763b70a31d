"""Disputes: a customer denies a payment, its money is taken back at once, and the merchant may answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from psp_chaos.agenda import MICROSECONDS_PER_SECOND, Agenda, What
from psp_chaos.errors import NoSuchDispute, WrongState
from psp_chaos.keeping.archive import Archive
from psp_chaos.keeping.index import Index
from psp_chaos.money.ledger import Ledger
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Cause, Change, Dispute, DisputeStatus, Happening, MovementKind, Payment, PaymentStatus

ANSWER_WITHIN_S = 7 * 86_400
DECIDED_AFTER_S = 60.0
WINNING, LOSING = "winning_evidence", "losing_evidence"  # docs.stripe.com/testing, "Disputes"
_OPEN = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW)


class Disputes:
    """The disputes of one realm in order of creation."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        archive: Archive,
        ledger: Ledger,
        agenda: Agenda,
        announce: Callable[[Change], None],
    ) -> None:
        self._clock = clock
        self._names = names
        self._ledger = ledger
        self._agenda = agenda
        self._announce = announce
        self.disputes = archive.shelf("disputes", Dispute)
        self._by_payment = Index(self.disputes, lambda dispute: dispute.payment_id)
        agenda.handle("decide-dispute", self._decide_now)

    def dispute(self, dispute_id: str) -> Dispute:
        """Return the dispute of this identifier, or raise `NoSuchDispute`."""
        if dispute_id not in self.disputes:
            raise NoSuchDispute(f"No such dispute: '{dispute_id}'")
        return self.disputes[dispute_id]

    def of(self, payment_id: str) -> dict[str, Dispute]:
        """Return the disputes about a payment, oldest first."""
        return self._by_payment.of(payment_id)

    def open(self, payment: Payment, *, reason: str, cause: Cause | None) -> Dispute:
        """Take the money of a payment back, as far as it was not refunded."""
        if payment.status is not PaymentStatus.CAPTURED or payment.refundable_minor == 0:
            raise WrongState("Only captured money that was not refunded can be disputed.", payment_id=payment.id)
        if any(one.status in _OPEN for one in self.of(payment.id).values()):
            raise WrongState("This payment is disputed already.", payment_id=payment.id)
        assert payment.charge_id is not None, payment
        now_us = self._clock.now_us()
        dispute = Dispute(
            id=self._names.dispute(),
            payment_id=payment.id,
            charge_id=payment.charge_id,
            amount_minor=payment.refundable_minor,
            currency=payment.currency,
            status=DisputeStatus.NEEDS_RESPONSE,
            reason=reason,
            evidence={},
            metadata={},
            created_at_us=now_us,
            due_at_us=now_us + ANSWER_WITHIN_S * MICROSECONDS_PER_SECOND,
        )
        self._move(MovementKind.DISPUTE, dispute, amount_minor=-dispute.amount_minor)
        self._write(dispute, Happening.DISPUTE_CREATED, cause)
        self._agenda.add("decide-dispute", {"dispute": dispute.id}, after_s=ANSWER_WITHIN_S)
        return dispute

    def update(
        self,
        dispute_id: str,
        *,
        evidence: Mapping[str, str],
        metadata: Mapping[str, str],
        is_submitted: bool,
        cause: Cause | None,
    ) -> Dispute:
        """Write down all that the merchant has to say; once it is submitted the bank decides soon."""
        dispute = self.undecided(dispute_id)
        status = DisputeStatus.UNDER_REVIEW if is_submitted and evidence else dispute.status
        updated = replace(dispute, status=status, evidence=dict(evidence), metadata=dict(metadata))
        self._write(updated, Happening.DISPUTE_UPDATED, cause)
        if status is DisputeStatus.UNDER_REVIEW is not dispute.status:
            self._agenda.add("decide-dispute", {"dispute": dispute.id}, after_s=DECIDED_AFTER_S)
        return updated

    def give_up(self, dispute_id: str, *, cause: Cause | None) -> Dispute:
        """Let the customer have the money."""
        return self._close(self.undecided(dispute_id), DisputeStatus.LOST, cause)

    def undecided(self, dispute_id: str) -> Dispute:
        """Return a dispute that the merchant may still say something about, or raise `WrongState`."""
        dispute = self.dispute(dispute_id)
        if dispute.status not in _OPEN:
            raise WrongState(f"This dispute is {dispute.status} already.")
        return dispute

    def _decide_now(self, what: What) -> None:
        dispute = self.dispute(str(what["dispute"]))
        if dispute.status in _OPEN:
            is_won = WINNING in dispute.evidence.values()
            self._close(dispute, DisputeStatus.WON if is_won else DisputeStatus.LOST, None)

    def _close(self, dispute: Dispute, status: DisputeStatus, cause: Cause | None) -> Dispute:
        closed = replace(dispute, status=status)
        if status is DisputeStatus.WON:
            self._move(MovementKind.DISPUTE_REVERSAL, dispute, amount_minor=dispute.amount_minor)
        return self._write(closed, Happening.DISPUTE_CLOSED, cause)

    def _move(self, kind: MovementKind, dispute: Dispute, *, amount_minor: int) -> None:
        self._ledger.move(
            kind,
            amount_minor=amount_minor,
            currency=dispute.currency,
            source_id=dispute.id,
            payment_id=dispute.payment_id,
        )

    def _write(self, dispute: Dispute, happening: Happening, cause: Cause | None) -> Dispute:
        before = self.disputes.get(dispute.id)
        self.disputes[dispute.id] = dispute
        self._announce(
            Change(happening=happening, subject=dispute, before=before, cause=cause, at_us=self._clock.now_us())
        )
        return dispute
