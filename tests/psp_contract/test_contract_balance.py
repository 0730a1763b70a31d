"""The merchant's balance: what each movement cost, what is there, what was paid out and what was disputed."""

import pytest
import stripe

DAY_S = 86_400


def amount_of(funds, currency):
    return sum(fund.amount for fund in funds if fund.currency == currency)


def test_a_charge_settles_less_its_fee(sdk):
    payment = sdk.pay(amount=10_000)

    charge = sdk.charges.retrieve(payment.latest_charge)
    settled = sdk.balance_transactions.retrieve(charge.balance_transaction)

    assert (settled.object, settled.type, settled.source) == ("balance_transaction", "charge", charge.id)
    assert (settled.amount, settled.fee, settled.net) == (10_000, 320, 9_680)  # 2.9% and 30 cents
    assert sum(detail.amount for detail in settled.fee_details) == settled.fee
    assert (settled.currency, settled.reporting_category) == ("eur", "charge")
    assert (settled.status, settled.available_on > settled.created) == ("pending", True)


def test_a_refund_settles_with_its_sign(sdk):
    payment = sdk.pay()
    refund = sdk.refunds.create(payment_intent=payment.id, amount=250)

    settled = sdk.balance_transactions.retrieve(refund.balance_transaction)

    assert (settled.type, settled.source) == ("refund", refund.id)
    assert (settled.amount, settled.fee, settled.net) == (-250, 0, -250)


def test_the_movements_of_one_source_are_listed(sdk):
    payment = sdk.pay()

    listed = sdk.balance_transactions.list(source=payment.latest_charge)

    assert [(one.source, one.amount) for one in listed.data] == [(payment.latest_charge, 1250)]


def test_movements_are_listed_by_type_and_currency(sdk):
    payment = sdk.pay(currency="sek")
    sdk.refunds.create(payment_intent=payment.id)

    refunds = sdk.balance_transactions.list(type="refund", limit=3)
    swedish = sdk.balance_transactions.list(currency="sek", limit=2)

    assert {one.type for one in refunds.data} == {"refund"}
    assert [one.type for one in swedish.data] == ["refund", "charge"]
    assert {one.currency for one in swedish.data} == {"sek"}


def test_nothing_settles_before_money_moves(sdk):
    held = sdk.pay(capture_method="manual")

    listed = sdk.balance_transactions.list(source=held.latest_charge)

    assert listed.data == []


def test_the_balance_grows_by_what_was_taken_less_the_fee(sdk):
    before = sdk.balance.retrieve()
    sdk.pay(amount=10_000, currency="nok")

    after = sdk.balance.retrieve()

    assert (after.object, after.livemode) == ("balance", False)
    assert amount_of(after.pending, "nok") - amount_of(before.pending, "nok") == 9_680


def test_money_becomes_available_and_is_paid_out(aging_sdk, aging_psp, until):
    aging_sdk.pay(amount=10_000)
    aging_psp.advance(seconds=3 * DAY_S)
    available = amount_of(aging_sdk.balance.retrieve().available, "eur")

    payout = aging_sdk.payouts.create(amount=5_000, currency="eur", description="rent")

    assert (payout.object, payout.amount, payout.description) == ("payout", 5_000, "rent")
    assert payout.status in ("pending", "in_transit")
    assert available - amount_of(aging_sdk.balance.retrieve().available, "eur") == 5_000
    aging_psp.advance(seconds=3 * DAY_S)
    until(lambda: aging_sdk.payouts.retrieve(payout.id).status == "paid")
    settled = aging_sdk.balance_transactions.list(source=payout.id).data
    assert [(one.type, one.amount) for one in settled] == [("payout", -5_000)]
    assert payout.id in [one.id for one in aging_sdk.payouts.list(status="paid").data]


def test_no_more_is_paid_out_than_is_there(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payouts.create(amount=99_999_999, currency="eur")

    assert refusal.value.code == "balance_insufficient"


@pytest.mark.parametrize("resource", ["balance_transactions", "payouts", "disputes"])
def test_what_does_not_exist_is_missing(one_sdk, resource):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        getattr(one_sdk, resource).retrieve("none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_a_customer_denies_a_payment(sdk):
    payment = sdk.pay(payment_method="pm_card_createDispute")

    dispute = sdk.disputes.list(payment_intent=payment.id).data[0]

    charge = sdk.charges.retrieve(payment.latest_charge)
    assert (dispute.object, dispute.charge, dispute.amount) == ("dispute", charge.id, 1250)
    assert (dispute.status, dispute.reason) == ("needs_response", "fraudulent")
    assert charge.disputed
    assert sdk.disputes.retrieve(dispute.id).to_dict() == dispute.to_dict()
    assert sum(one.amount for one in dispute.balance_transactions) == -1250


def test_a_dispute_is_opened_by_hand(sdk, psp):
    payment = sdk.pay()

    psp.control.post(f"/payments/{payment.id}/dispute").raise_for_status()

    assert [one.status for one in sdk.disputes.list(charge=payment.latest_charge).data] == ["needs_response"]


def test_a_dispute_that_is_conceded_is_lost(sdk):
    payment = sdk.pay(payment_method="pm_card_createDispute")
    dispute = sdk.disputes.list(payment_intent=payment.id).data[0]

    closed = sdk.disputes.close(dispute.id)

    assert (closed.id, closed.status) == (dispute.id, "lost")


def test_evidence_is_kept_and_handed_in(sdk):
    payment = sdk.pay(payment_method="pm_card_createDispute")
    dispute = sdk.disputes.list(payment_intent=payment.id).data[0]

    drafted = sdk.disputes.update(dispute.id, evidence={"product_description": "socks"}, submit=False)
    handed_in = sdk.disputes.update(dispute.id, submit=True)

    assert (drafted.status, drafted.evidence["product_description"]) == ("needs_response", "socks")
    assert handed_in.status in ("under_review", "won", "lost")
