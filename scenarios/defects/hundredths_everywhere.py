"""Amounts are kept in the main unit and multiplied by a hundred for the PSP, whatever the currency.

What comes back is divided by a hundred again, so the books agree with themselves: 1,200 yen are sent as 120,000 and
booked as 1,200.
"""

from collections.abc import Sequence
from dataclasses import replace

from engine.inbox import Event
from engine.money import MINOR_DIGITS, Money
from engine.outcome import Outcome
from engine.reconciliation import Trial
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.gateway import StripeGateway
from service.psp_wire import read_event
from service.wiring import Parts

_HUNDRED = 100


class _Hundredfold(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        payment = replace(trial.payment, amount=_out(trial.payment.amount))
        refund = None if trial.refund is None else replace(trial.refund, amount=_out(trial.refund.amount))
        return _booked(await super().send(replace(trial, payment=payment, refund=refund)))

    async def retrieve(self, trial: Trial) -> Outcome:
        return _booked(await super().retrieve(trial))

    async def search(self, trial: Trial, *, until_us: int) -> Sequence[Outcome]:
        return [_booked(outcome) for outcome in await super().search(trial, until_us=until_us)]


def _read_hundredths(payload: str, *, is_live: bool, account: str | None) -> Event:
    event = read_event(payload, is_live=is_live, account=account)
    return event if event.outcome is None else replace(event, outcome=_booked(event.outcome))


def _booked(outcome: Outcome) -> Outcome:
    return outcome if outcome.money is None else replace(outcome, money=_in(outcome.money))


def _out(money: Money) -> Money:
    return replace(money, amount_minor=money.amount_minor * _HUNDRED // _minor_units(money))


def _in(money: Money) -> Money:
    return replace(money, amount_minor=money.amount_minor * _minor_units(money) // _HUNDRED)


def _minor_units(money: Money) -> int:
    return int(10 ** MINOR_DIGITS[money.currency])


HUNDREDTHS_EVERYWHERE = Defect(
    id="hundredths-everywhere",
    what="Amounts are sent to the PSP in hundredths whatever the currency, so that yen and dinars are wrong there.",
    seen_in="InvoicePlane#1677",
    breaks=frozenset({"I3"}),
    habitat=habitat("duplicate-clicks", scripts=["patient"], customers=8),
    parts=Parts(gateway=_Hundredfold, read_event=_read_hundredths),
)
