"""Disputes as Stripe shows them."""

from collections.abc import Sequence

from psp_chaos.money.settlement import SettlementLine
from psp_chaos.records import Dispute, DisputeStatus, Instrument
from psp_chaos.wire.answers import Json
from psp_chaos.wire.balance_objects import balance_transaction
from psp_chaos.wire.evidence import Evidence
from psp_chaos.wire.objects import seconds

_NO_EVIDENCE: Json = {**dict.fromkeys(Evidence.model_fields), "enhanced_evidence": {}}


def dispute(
    record: Dispute,
    *,
    is_live: bool = False,
    instrument: Instrument | None = None,
    lines: Sequence[SettlementLine] = (),
) -> Json:
    """Show a dispute with what it has done to the balance."""
    is_answered = bool(record.evidence) and record.status is not DisputeStatus.NEEDS_RESPONSE
    return {
        "id": record.id,
        "object": "dispute",
        "amount": record.amount_minor,
        "balance_transactions": [balance_transaction(line, now_us=line.created_at_us) for line in lines],
        "charge": record.charge_id,
        "created": seconds(record.created_at_us),
        "currency": record.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {**_NO_EVIDENCE, **record.evidence},
        "evidence_details": {
            "due_by": seconds(record.due_at_us),
            "enhanced_eligibility": {},
            "has_evidence": bool(record.evidence),
            "past_due": False,
            "submission_count": int(is_answered),
            "submission_method": "manual" if is_answered else "not_submitted",
        },
        "is_charge_refundable": False,  # the money is gone already
        "livemode": is_live,
        "metadata": dict(record.metadata),
        "network_reason_code": None,
        "payment_intent": record.payment_id,
        "payment_method_details": instrument
        and {"card": {"brand": instrument.brand, "case_type": "chargeback"}, "type": "card"},
        "reason": record.reason,
        "status": record.status.value,
    }
