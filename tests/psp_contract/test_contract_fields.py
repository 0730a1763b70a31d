"""Every field that the SDK's annotations promise is there: reading one that is missing would fail in people's code."""

import pytest

FIELDS = {
    "payment_intent": """id object amount amount_capturable amount_received currency status latest_charge
        payment_method payment_method_types capture_method confirmation_method customer metadata created livemode
        application cancellation_reason on_behalf_of review setup_future_usage source client_secret canceled_at
        last_payment_error description next_action processing""",
    "charge": """id object amount amount_captured amount_refunded captured paid refunded disputed status
        balance_transaction payment_intent currency created livemode metadata customer billing_details failure_code
        failure_message outcome payment_method payment_method_details""",
    "refund": """id object amount charge payment_intent balance_transaction created currency reason pending_reason
        failure_balance_transaction status metadata""",
    "balance_transaction": """id object amount fee net fee_details currency created available_on status type
        reporting_category source balance_type exchange_rate description""",
    "event": "id object type created livemode data pending_webhooks api_version request",
    "webhook_endpoint": "id object url enabled_events status created livemode metadata api_version",
    "customer": "id object created email name phone description livemode metadata",
    "payment_method": "id object type card customer created livemode metadata billing_details",
    "dispute": """id object amount charge payment_intent currency status reason evidence evidence_details created
        livemode metadata is_charge_refundable balance_transactions""",
    "balance": "object available pending livemode",
}


@pytest.fixture
def shown(one_sdk, inbox, subscribe):
    """Return a function that shows one object of a kind."""

    def show(kind):
        payment = one_sdk.pay(payment_method="pm_card_createDispute" if kind == "dispute" else "pm_card_visa")
        return {
            "payment_intent": lambda: payment,
            "charge": lambda: one_sdk.charges.retrieve(payment.latest_charge),
            "refund": lambda: one_sdk.refunds.create(payment_intent=payment.id),
            "balance_transaction": lambda: one_sdk.balance_transactions.list(limit=1).data[0],
            "event": lambda: one_sdk.events.list(limit=1).data[0],
            "webhook_endpoint": lambda: subscribe("refund.failed"),
            "customer": one_sdk.customers.create,
            "payment_method": lambda: one_sdk.payment_methods.create(type="card", card={"token": "tok_visa"}),
            "dispute": lambda: one_sdk.disputes.list(payment_intent=payment.id).data[0],
            "balance": one_sdk.balance.retrieve,
        }[kind]()

    return show


@pytest.mark.parametrize("kind", FIELDS)
def test_every_promised_field_is_there(shown, kind):
    fields = shown(kind).to_dict()

    assert [name for name in FIELDS[kind].split() if name not in fields] == []
    assert fields["object"] == kind
    assert fields.get("livemode", False) is False
