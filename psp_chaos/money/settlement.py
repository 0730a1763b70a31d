"""The settlement: what the provider reports about the movements of money, which may be wrong on request.

The ledger is the truth; a merchant sees only this. What a fault makes of a movement's line is decided once, when the
money moves, so every later look finds the same.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from psp_chaos.faults.fault import Occasion, SettlementFault
from psp_chaos.faults.installed import Faults
from psp_chaos.faults.verdicts import AlterLine, DelayLine, DoubleLine, OmitLine, SettlementVerdict
from psp_chaos.keeping.archive import Archive
from psp_chaos.keeping.index import Index
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Movement, MovementKind

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementLine:
    """One line of the report."""

    id: str
    movement_id: str  # the one that it reports
    kind: MovementKind
    source_id: str
    amount_minor: int
    fee_minor: int
    currency: str
    created_at_us: int
    available_at_us: int
    visible_at_us: int  # from when on it is shown


class Settlement:
    """The lines of one realm, in the order of their movements."""

    def __init__(self, *, clock: Clock, names: Names, archive: Archive, faults: Faults, account: str) -> None:
        self._clock = clock
        self._names = names
        self._faults = faults
        self._account = account
        self.lines = archive.shelf("settlement", SettlementLine)
        self._by_source = Index(self.lines, lambda line: line.source_id)

    def report(self, movement: Movement) -> None:
        """Write the line, or the lines, of a movement."""
        line = _line(movement)
        occasion = Occasion(
            where="books",
            target=movement.kind,
            metadata={},
            account=self._account,
            payment_id=movement.payment_id,
        )
        ruling = self._faults.ask(SettlementFault, occasion)
        if ruling is None:
            self.lines[line.id] = line
            return
        shown = self._misreport(line, ruling.verdict)
        visible_at_us = min((one.visible_at_us for one in shown), default=None)  # None: never
        self._faults.bit(ruling, object_id=movement.source_id, movement_id=movement.id, visible_at_us=visible_at_us)
        for one in shown:
            self.lines[one.id] = one

    def of(self, source_id: str) -> list[SettlementLine]:
        """Return what a merchant may see now of a charge, refund, dispute or payout, oldest first."""
        return [line for line in self._by_source.of(source_id).values() if self.is_visible(line)]

    def is_visible(self, line: SettlementLine) -> bool:
        """Tell whether a merchant may see it now."""
        return line.visible_at_us <= self._clock.now_us()

    def visible(self) -> dict[str, SettlementLine]:
        """Return what a merchant may see now, oldest first."""
        now_us = self._clock.now_us()
        return {line.id: line for line in self.lines.values() if line.visible_at_us <= now_us}

    def _misreport(self, line: SettlementLine, verdict: SettlementVerdict) -> tuple[SettlementLine, ...]:
        match verdict:
            case OmitLine():
                return ()
            case DoubleLine():
                return line, replace(line, id=self._names.movement())
            case AlterLine(by_minor=by_minor):
                return (replace(line, amount_minor=line.amount_minor + by_minor),)
            case DelayLine(delay_s=delay_s):
                return (replace(line, visible_at_us=line.created_at_us + round(delay_s * MICROSECONDS_PER_SECOND)),)
            case _:
                assert_never(verdict)


def _line(movement: Movement) -> SettlementLine:
    return SettlementLine(
        id=movement.id,
        movement_id=movement.id,
        kind=movement.kind,
        source_id=movement.source_id,
        amount_minor=movement.amount_minor,
        fee_minor=movement.fee_minor,
        currency=movement.currency,
        created_at_us=movement.at_us,
        available_at_us=movement.available_at_us,
        visible_at_us=movement.at_us,
    )
