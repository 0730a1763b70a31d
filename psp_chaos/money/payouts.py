"""Payouts: what is available in the balance goes to the merchant's bank account, by hand or by itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from psp_chaos.agenda import MICROSECONDS_PER_SECOND, Agenda, What
from psp_chaos.errors import BalanceTooSmall, NoSuchPayout, WrongState
from psp_chaos.keeping.archive import Archive
from psp_chaos.money.ledger import Ledger
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Cause, Change, Happening, MovementKind, Payout, PayoutStatus
from psp_chaos.settings import PspSettings


class Payouts:
    """The payouts of one realm in order of creation."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        archive: Archive,
        ledger: Ledger,
        agenda: Agenda,
        settings: PspSettings,
        announce: Callable[[Change], None],
    ) -> None:
        self._clock = clock
        self._names = names
        self._ledger = ledger
        self._agenda = agenda
        self._settings = settings
        self._announce = announce
        self.payouts = archive.shelf("payouts", Payout)
        agenda.handle("pay-out", self._pay_out_now)
        agenda.handle("payout-arrives", self._arrive_now)

    def begin(self) -> None:
        """Plan the first payout that happens by itself, if any do and none is planned."""
        every_s = self._settings.payout_every_s
        if every_s is not None and all(entry.kind != "pay-out" for entry in self._agenda.entries.values()):
            self._agenda.add("pay-out", {}, after_s=every_s)

    def payout(self, payout_id: str) -> Payout:
        """Return the payout of this identifier, or raise `NoSuchPayout`."""
        if payout_id not in self.payouts:
            raise NoSuchPayout(f"No such payout: '{payout_id}'")
        return self.payouts[payout_id]

    def create(
        self,
        *,
        amount_minor: int,
        currency: str,
        description: str | None,
        metadata: Mapping[str, str],
        cause: Cause | None,
    ) -> Payout:
        """Pay out so much of what is available."""
        available_minor, _ = self._ledger.balances().get(currency, (0, 0))
        if amount_minor > available_minor:
            raise BalanceTooSmall(f"You have {available_minor} available in {currency}, which is not {amount_minor}.")
        return self._open(
            amount_minor=amount_minor,
            currency=currency,
            is_automatic=False,
            description=description,
            metadata=metadata,
            cause=cause,
        )

    def update(self, payout: Payout) -> Payout:
        """Write down what a merchant has changed of its own; no event tells of it."""
        self.payouts[payout.id] = payout
        return payout

    def cancel(self, payout_id: str, *, cause: Cause | None) -> Payout:
        """Call a payout back that is not on its way yet."""
        payout = self.payout(payout_id)
        if payout.status is not PayoutStatus.PENDING:
            raise WrongState(f"This payout is {payout.status} and cannot be canceled.")
        self._move(MovementKind.PAYOUT_CANCEL, payout, amount_minor=payout.amount_minor)
        return self._write(replace(payout, status=PayoutStatus.CANCELED), Happening.PAYOUT_CANCELED, cause)

    def _open(
        self,
        *,
        amount_minor: int,
        currency: str,
        is_automatic: bool,
        description: str | None,
        metadata: Mapping[str, str],
        cause: Cause | None,
    ) -> Payout:
        now_us = self._clock.now_us()
        travels_s = self._settings.payout_travels_s
        payout = Payout(
            id=self._names.payout(),
            amount_minor=amount_minor,
            currency=currency,
            status=PayoutStatus.IN_TRANSIT if is_automatic else PayoutStatus.PENDING,
            is_automatic=is_automatic,
            description=description,
            metadata=dict(metadata),
            created_at_us=now_us,
            arrives_at_us=now_us + round(travels_s * MICROSECONDS_PER_SECOND),
        )
        self._move(MovementKind.PAYOUT, payout, amount_minor=-amount_minor)
        self._write(payout, Happening.PAYOUT_CREATED, cause)
        self._agenda.add("payout-arrives", {"payout": payout.id}, after_s=travels_s)
        return payout

    def _pay_out_now(self, _what: What) -> None:
        """Pay out everything that is available, one payout a currency, and plan the next time."""
        available = self._ledger.available()
        for currency in sorted({movement.currency for movement in available}):
            included = [movement for movement in available if movement.currency == currency]
            net_minor = sum(movement.amount_minor - movement.fee_minor for movement in included)
            if net_minor > 0:
                payout = self._open(
                    amount_minor=net_minor,
                    currency=currency,
                    is_automatic=True,
                    description=None,
                    metadata={},
                    cause=None,
                )
                self._ledger.pay_out(included, payout_id=payout.id)
        self.begin()

    def _arrive_now(self, what: What) -> None:
        payout = self.payout(str(what["payout"]))
        if payout.status in (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT):
            self._write(replace(payout, status=PayoutStatus.PAID), Happening.PAYOUT_PAID, None)

    def _move(self, kind: MovementKind, payout: Payout, *, amount_minor: int) -> None:
        movement = self._ledger.move(kind, amount_minor=amount_minor, currency=payout.currency, source_id=payout.id)
        if payout.is_automatic:
            self._ledger.pay_out([movement], payout_id=payout.id)

    def _write(self, payout: Payout, happening: Happening, cause: Cause | None) -> Payout:
        before = self.payouts.get(payout.id)
        self.payouts[payout.id] = payout
        self._announce(
            Change(happening=happening, subject=payout, before=before, cause=cause, at_us=self._clock.now_us())
        )
        return payout
