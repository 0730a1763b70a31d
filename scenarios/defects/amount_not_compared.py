"""Books take the amount that an event names, of whatever account it is, without holding it against what was asked."""

from dataclasses import replace

from engine.inbox import Event, InboxEntry
from engine.outcome import OutcomeKind
from engine.reconciliation import expected_money
from engine.settlement import Case, Settlement
from engine.usecases import ReceiveEvent
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.psp_wire import read_event
from service.wiring import Parts


def _read_any_event(payload: str, *, is_live: bool, account: str | None) -> Event:
    return replace(read_event(payload, is_live=is_live, account=account), is_foreign=False)


class _Believing(ReceiveEvent):
    def _settled(self, event: Event, case: Case) -> tuple[Settlement, InboxEntry]:
        assert event.outcome is not None
        expected = expected_money(case.payment, case.refund)
        settlement, entry = super()._settled(replace(event, outcome=replace(event.outcome, money=expected)), case)
        told = event.outcome.money
        if (
            case.refund is None
            and settlement.moves
            and event.outcome.kind is OutcomeKind.SUCCEEDED
            and told is not None
        ):
            move = settlement.moves[-1]
            booked = replace(move, payment=replace(move.payment, captured_minor=told.amount_minor))
            after = replace(settlement.case, payment=booked.payment)
            settlement = replace(settlement, case=after, moves=(*settlement.moves[:-1], booked))
        return settlement, entry


AMOUNT_NOT_COMPARED = Defect(
    id="amount-not-compared",
    what="What an event names, of whatever account, is booked as captured; no check of the schema bounds it.",
    seen_in="bitpay-checkout-for-woocommerce#139",
    breaks=frozenset({"I3", "I10"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[FaultSpec(id="altered", where="webhook", kind="altered-amount", parameters={"by_minor": 100})],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
    ),
    parts=Parts(receive_event=_Believing, read_event=_read_any_event),
    without_guards=True,
)
