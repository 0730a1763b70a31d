"""Webhooks: endpoints opened with the SDK, deliveries received over a real socket and verified with the SDK."""

import time

import pytest
import stripe

EVENT = "payment_intent.succeeded"


def test_an_endpoint_is_opened_and_its_secret_is_shown_once(sdk, inbox):
    opened = sdk.webhook_endpoints.create(
        url=inbox.url, enabled_events=[EVENT], description="the shop", metadata={"shop": "1"}
    )

    again = sdk.webhook_endpoints.retrieve(opened.id)

    sdk.webhook_endpoints.delete(opened.id)
    assert opened.secret.startswith("whsec_")
    assert "secret" not in again.to_dict()
    assert (again.object, again.url, again.enabled_events) == ("webhook_endpoint", inbox.url, [EVENT])
    assert (again.status, again.description, again.metadata["shop"]) == ("enabled", "the shop", "1")


def test_an_endpoint_is_found_in_the_list_until_it_is_deleted(sdk, inbox):
    opened = sdk.webhook_endpoints.create(url=inbox.url, enabled_events=["*"])
    before = [one.id for one in sdk.all_of(sdk.webhook_endpoints.list())]

    deleted = sdk.webhook_endpoints.delete(opened.id)

    after = [one.id for one in sdk.all_of(sdk.webhook_endpoints.list())]
    assert deleted.deleted
    assert opened.id in before
    assert opened.id not in after
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.webhook_endpoints.retrieve(opened.id)
    assert refusal.value.http_status == 404


def test_a_webhook_is_delivered_and_its_signature_holds(sdk, inbox, subscribe):
    endpoint = subscribe(EVENT, sdk=sdk)
    payment = sdk.pay()

    body, signature = inbox.next()

    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    assert (event.type, event.data.object.id) == (EVENT, payment.id)
    assert event.data.object.to_dict() == payment.to_dict()
    assert event.data.object.metadata["order"] == sdk.order


@pytest.mark.parametrize("spoil", ["body", "secret", "time", "header"])
def test_what_was_tampered_with_is_not_believed(one_sdk, inbox, subscribe, spoil):
    endpoint = subscribe(EVENT)
    one_sdk.pay()
    body, signature = inbox.next()
    stamp = signature.partition(",")[0]

    spoilt = {
        "body": (body + b" ", signature, endpoint.secret),
        "secret": (body, signature, "whsec_wrong"),
        "time": (body, signature.replace(stamp, "t=1"), endpoint.secret),
        "header": (body, stamp, endpoint.secret),
    }[spoil]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(*spoilt)


def test_the_signature_is_what_the_sdk_itself_would_write(one_sdk, inbox, subscribe):
    endpoint = subscribe(EVENT)
    one_sdk.pay()

    body, signature = inbox.next()

    stamp = int(signature.partition(",")[0].removeprefix("t="))
    written = stripe.WebhookSignature.generate_signature_header(body.decode(), endpoint.secret, stamp)
    assert sorted(signature.split(",")) == sorted(written.split(","))
    assert abs(stamp - time.time()) < 60


def test_a_signature_grows_old(one_sdk, inbox, subscribe):
    endpoint = subscribe(EVENT)
    one_sdk.pay()
    body, signature = inbox.next()

    time.sleep(1.1)  # the SDK knows whole seconds of the wall clock only

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, endpoint.secret, tolerance=0.5)


def test_an_endpoint_gets_only_what_it_asked_for(sdk, inbox, subscribe):
    endpoint = subscribe("refund.created", sdk=sdk)
    payment = sdk.pay()
    sdk.refunds.create(payment_intent=payment.id)

    event = inbox.next_event(endpoint.secret)

    assert event.type == "refund.created"
    assert inbox.received.empty()


def test_an_endpoint_may_ask_for_everything(one_sdk, inbox, subscribe):
    endpoint = subscribe("*")
    payment = one_sdk.payment_intents.create(amount=50, currency="eur")
    one_sdk.payment_intents.cancel(payment.id)

    types = {inbox.next_event(endpoint.secret).type for _ in range(2)}

    assert types == {"payment_intent.created", "payment_intent.canceled"}


def test_each_endpoint_signs_with_its_own_secret(one_sdk, inbox, subscribe):
    endpoints = [subscribe(EVENT), subscribe(EVENT)]
    one_sdk.pay()

    deliveries = [inbox.next() for _ in endpoints]

    believed = [[_believes(endpoint, delivery) for delivery in deliveries] for endpoint in endpoints]
    assert sorted(believed) == [[False, True], [True, False]]


def _believes(endpoint, delivery):
    try:
        stripe.Webhook.construct_event(*delivery, endpoint.secret)
    except stripe.SignatureVerificationError:
        return False
    return True


def test_an_endpoint_is_changed(sdk, inbox, subscribe):
    endpoint = subscribe("refund.created", sdk=sdk)

    changed = sdk.webhook_endpoints.update(
        endpoint.id, enabled_events=[EVENT], url=inbox.url + "/new", metadata={"a": "1"}
    )
    payment = sdk.pay()

    assert (changed.enabled_events, changed.url, changed.metadata["a"]) == ([EVENT], inbox.url + "/new", "1")
    assert "secret" not in changed.to_dict()
    assert inbox.next_event(endpoint.secret).data.object.id == payment.id


def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled_again(sdk, inbox, subscribe):
    endpoint = subscribe(EVENT, sdk=sdk)
    disabled = sdk.webhook_endpoints.update(endpoint.id, disabled=True)
    sdk.pay()

    enabled = sdk.webhook_endpoints.update(endpoint.id, disabled=False)
    payment = sdk.pay()

    assert (disabled.status, enabled.status) == ("disabled", "enabled")
    assert inbox.next_event(endpoint.secret).data.object.id == payment.id
    assert inbox.received.empty()


def test_a_delivery_that_failed_is_tried_again(connect, strict_psp, inbox, way):
    sdk = connect(way, to=strict_psp)
    endpoint = sdk.webhook_endpoints.create(url=inbox.url, enabled_events=[EVENT])
    inbox.statuses[:] = [500, 302]

    payment = sdk.pay()

    tries = [inbox.next_event(endpoint.secret) for _ in range(3)]
    sdk.webhook_endpoints.delete(endpoint.id)
    assert {event.data.object.id for event in tries} == {payment.id}
    assert len({event.id for event in tries}) == 1


def test_an_event_is_sent_again_by_hand(one_sdk, psp, inbox, subscribe):
    endpoint = subscribe(EVENT)
    one_sdk.pay()
    first = inbox.next_event(endpoint.secret)

    psp.control.post(f"/events/{first.id}/resend").raise_for_status()

    assert inbox.next_event(endpoint.secret).to_dict()["id"] == first.id


def test_deliveries_are_held_and_let_go(one_sdk, psp, inbox, subscribe):
    endpoint = subscribe(EVENT)
    psp.control.post("/webhooks/hold").raise_for_status()
    payment = one_sdk.pay()

    held = psp.control.get("/webhooks").raise_for_status().json()
    nothing_came = inbox.received.empty()
    psp.control.post("/webhooks/release").raise_for_status()

    assert inbox.next_event(endpoint.secret).data.object.id == payment.id
    assert nothing_came
    assert payment.id in str(held)


def test_an_event_counts_the_endpoints_that_wait_for_it(one_sdk, inbox, subscribe):
    endpoint = subscribe(EVENT)
    one_sdk.pay()

    event = inbox.next_event(endpoint.secret)

    assert event.pending_webhooks >= 1


@pytest.mark.parametrize("url", ["", "merchant", "ftp://127.0.0.1/x", "http://", "http://[", "javascript:alert(1)"])
def test_an_endpoint_needs_an_address(one_sdk, url):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.webhook_endpoints.create(url=url, enabled_events=["*"])

    assert refusal.value.param == "url"


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://10.0.0.1/x", "https://example.com/x"])
def test_an_endpoint_cannot_lead_into_somebody_elses_network(one_sdk, url):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.webhook_endpoints.create(url=url, enabled_events=["*"])

    assert refusal.value.param == "url"


def test_an_endpoint_says_what_it_wants(one_sdk, inbox):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.webhook_endpoints.create(url=inbox.url, enabled_events=[])

    assert refusal.value.param == "enabled_events"
