"""Events: what is written down when something happens."""

import pytest
import stripe


def events_about(sdk, *object_ids):
    """Return the types of the newest events about these objects, oldest first."""
    listed = sdk.events.list(limit=30).data
    return [event.type for event in reversed(listed) if event.data.object.id in object_ids]


def test_a_payment_tells_its_story(sdk):
    payment = sdk.pay()

    story = events_about(sdk, payment.id, payment.latest_charge)

    assert story[0] == "payment_intent.created"
    assert set(story) >= {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}


def test_a_decline_tells_its_story(sdk):
    with pytest.raises(stripe.CardError) as decline:
        sdk.pay(payment_method="pm_card_chargeDeclined")

    story = events_about(sdk, decline.value.error.payment_intent.id, decline.value.error.charge)

    assert set(story) == {"payment_intent.created", "charge.failed", "payment_intent.payment_failed"}


def test_a_capture_by_hand_tells_its_story(sdk):
    held = sdk.pay(capture_method="manual")
    sdk.payment_intents.capture(held.id)

    story = events_about(sdk, held.id, held.latest_charge)

    assert story.index("payment_intent.amount_capturable_updated") < story.index("payment_intent.succeeded")
    assert "charge.captured" in story


def test_a_refund_tells_its_story(sdk):
    payment = sdk.pay()
    refund = sdk.refunds.create(payment_intent=payment.id)

    story = events_about(sdk, refund.id, payment.latest_charge)

    assert {"refund.created", "charge.refunded"} <= set(story)


def test_a_cancellation_tells_its_story(sdk):
    payment = sdk.payment_intents.create(amount=50, currency="eur")
    sdk.payment_intents.cancel(payment.id)

    assert events_about(sdk, payment.id) == ["payment_intent.created", "payment_intent.canceled"]


def test_an_event_shows_its_object_as_it_was(sdk):
    payment = sdk.pay()
    sdk.payment_intents.update(payment.id, description="changed since")

    event = sdk.events.list(type="payment_intent.succeeded", limit=1).data[0]

    assert event.data.object.id == payment.id
    assert event.data.object.description is None
    assert sdk.events.retrieve(event.id).to_dict() == event.to_dict()


def test_an_event_names_the_request_that_made_it(sdk):
    payment = sdk.pay(options={"idempotency_key": f"key of {sdk.order}"})

    event = sdk.events.list(type="payment_intent.succeeded", limit=1).data[0]

    assert event.request.id == payment.last_response.request_id
    assert event.request.idempotency_key == f"key of {sdk.order}"


def test_an_update_tells_what_was_before(sdk):
    customer = sdk.customers.create(name="Jenny")
    sdk.customers.update(customer.id, name="Jenny Rosen")

    event = sdk.events.list(type="customer.updated", limit=1).data[0]

    assert event.data.object.name == "Jenny Rosen"
    assert event.data.previous_attributes.to_dict() == {"name": "Jenny"}


def test_events_are_listed_by_several_types(sdk):
    payment = sdk.pay()
    sdk.refunds.create(payment_intent=payment.id)

    listed = sdk.events.list(types=["payment_intent.succeeded", "refund.created"], limit=2)

    assert [event.type for event in listed.data] == ["refund.created", "payment_intent.succeeded"]


def test_events_are_listed_by_a_family_of_types(sdk):
    sdk.pay()

    listed = sdk.events.list(type="payment_intent.*", limit=2)

    assert {event.type.partition(".")[0] for event in listed.data} == {"payment_intent"}


def test_an_event_that_does_not_exist_is_missing(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.events.retrieve("evt_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
