"""The ledger: every change of the merchant's balance, in its order. It is the truth about where the money is."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Movement, MovementKind
from psp_chaos.settings import PspSettings

MICROSECONDS_PER_SECOND = 1_000_000
BASIS_POINTS = 10_000


class Ledger:
    """The movements of one realm.

    Args:
        report: Told of each movement, synchronously.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        archive: Archive,
        settings: PspSettings,
        report: Callable[[Movement], None],
    ) -> None:
        self._clock = clock
        self._names = names
        self._settings = settings
        self._report = report
        self.movements = archive.shelf("movements", Movement)

    def move(
        self,
        kind: MovementKind,
        *,
        amount_minor: int,
        currency: str,
        source_id: str,
        payment_id: str | None = None,
        refund_id: str | None = None,
    ) -> Movement:
        """Write down that money has moved; the amount is signed."""
        now_us = self._clock.now_us()
        waits_s = self._settings.available_after_s if kind is MovementKind.CAPTURE else 0
        movement = Movement(
            id=self._names.movement(),
            kind=kind,
            payment_id=payment_id,
            refund_id=refund_id,
            source_id=source_id,
            amount_minor=amount_minor,
            fee_minor=self._fee_minor(kind, amount_minor),
            currency=currency,
            at_us=now_us,
            available_at_us=now_us + round(waits_s * MICROSECONDS_PER_SECOND),
        )
        self.movements[movement.id] = movement
        self._report(movement)
        return movement

    def available(self) -> list[Movement]:
        """Return what can be paid out and has not been, oldest first."""
        now_us = self._clock.now_us()
        return [
            movement
            for movement in self.movements.values()
            if movement.available_at_us <= now_us and movement.payout_id is None
        ]

    def pay_out(self, movements: list[Movement], *, payout_id: str) -> None:
        """Mark movements as part of a payout."""
        for movement in movements:
            self.movements[movement.id] = replace(movement, payout_id=payout_id)

    def balances(self) -> Mapping[str, tuple[int, int]]:
        """Return what is available and what is not yet, by currency, after fees."""
        now_us = self._clock.now_us()
        totals: dict[str, tuple[int, int]] = {}
        for movement in self.movements.values():
            available_minor, pending_minor = totals.get(movement.currency, (0, 0))
            net_minor = movement.amount_minor - movement.fee_minor
            if movement.available_at_us <= now_us:
                available_minor += net_minor
            else:
                pending_minor += net_minor
            totals[movement.currency] = (available_minor, pending_minor)
        return totals

    def _fee_minor(self, kind: MovementKind, amount_minor: int) -> int:
        match kind:
            case MovementKind.CAPTURE:
                share_minor = (amount_minor * self._settings.fee_basis_points + BASIS_POINTS // 2) // BASIS_POINTS
                return min(amount_minor, share_minor + self._settings.fee_fixed_minor)
            case MovementKind.DISPUTE:
                return self._settings.dispute_fee_minor
            case _:
                return 0  # what a capture cost is not given back
