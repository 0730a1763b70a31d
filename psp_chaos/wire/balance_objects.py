"""BalanceTransactions, Payouts and the Balance as Stripe shows them."""

from collections.abc import Mapping, Sequence

from psp_chaos.money.settlement import SettlementLine
from psp_chaos.records import MovementKind, Payout, PayoutStatus
from psp_chaos.wire.answers import Json
from psp_chaos.wire.objects import seconds

TYPES: Mapping[MovementKind, tuple[str, str]] = {  # and reporting categories
    MovementKind.CAPTURE: ("charge", "charge"),
    MovementKind.REFUND: ("refund", "refund"),
    MovementKind.REFUND_FAILURE: ("refund_failure", "refund_failure"),
    MovementKind.DISPUTE: ("adjustment", "dispute"),
    MovementKind.DISPUTE_REVERSAL: ("adjustment", "dispute_reversal"),
    MovementKind.PAYOUT: ("payout", "payout"),
    MovementKind.PAYOUT_CANCEL: ("payout_cancel", "payout_reversal"),
}

_EMPTY_HANDED = "usd"  # the currency in which an account has nothing before it has anything


def balance_transaction(line: SettlementLine, *, now_us: int) -> Json:
    """Show a line of the settlement as of a moment."""
    kind, category = TYPES[line.kind]
    currency = line.currency.lower()
    fee = {
        "amount": line.fee_minor,
        "application": None,
        "currency": currency,
        "description": "Processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": line.id,
        "object": "balance_transaction",
        "amount": line.amount_minor,
        "available_on": seconds(line.available_at_us),
        "balance_type": "payments",
        "created": seconds(line.created_at_us),
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": line.fee_minor,
        "fee_details": [fee] if line.fee_minor else [],
        "net": line.amount_minor - line.fee_minor,
        "reporting_category": category,
        "source": line.source_id,
        "status": "available" if line.available_at_us <= now_us else "pending",
        "type": kind,
    }


def payout(record: Payout, *, is_live: bool = False, lines: Sequence[SettlementLine] = ()) -> Json:
    """Show a payout."""
    ids = {line.kind: line.id for line in reversed(lines)}
    return {
        "id": record.id,
        "object": "payout",
        "amount": record.amount_minor,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": seconds(record.arrives_at_us),
        "automatic": record.is_automatic,
        "balance_transaction": ids.get(MovementKind.PAYOUT),
        "created": seconds(record.created_at_us),
        "currency": record.currency.lower(),
        "description": record.description,
        "destination": None,
        "failure_balance_transaction": ids.get(MovementKind.PAYOUT_CANCEL),
        "failure_code": None,
        "failure_message": None,
        "livemode": is_live,
        "metadata": dict(record.metadata),
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": _reconciliation(record),
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": record.status.value,
        "trace_id": None,
        "type": "bank_account",
    }


def balance(balances: Mapping[str, tuple[int, int]], *, is_live: bool) -> Json:
    """Show what is available and what is not yet, by currency."""
    by_currency = {currency.lower(): amounts for currency, amounts in sorted(balances.items())}
    funds = by_currency or {_EMPTY_HANDED: (0, 0)}
    return {
        "object": "balance",
        "available": [_fund(currency, available_minor) for currency, (available_minor, _) in funds.items()],
        "livemode": is_live,
        "pending": [_fund(currency, pending_minor) for currency, (_, pending_minor) in funds.items()],
    }


def _fund(currency: str, amount_minor: int) -> Json:
    return {"amount": amount_minor, "currency": currency, "source_types": {"card": amount_minor}}


def _reconciliation(record: Payout) -> str:
    if not record.is_automatic:
        return "not_applicable"
    return "completed" if record.status is PayoutStatus.PAID else "in_progress"
