"""The contract: the official Stripe SDK, unmodified, against the PSP as its own process.

Both ways of using the SDK are tried, for they have different defaults and partly different code.
"""

import asyncio
import itertools
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import stripe

SECRET_KEY = "sk_test_contract"
TOKEN = "control_contract"
_numbers = itertools.count(1)

# The SDK hands httpx its bodies in a way that httpx would like to see changed; as an error it would look like a network
# failure to the SDK, and tests of network failures would pass for nothing.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(url, process):
    for _ in range(200):
        assert process.poll() is None, "the PSP ended before it was up"
        try:
            return httpx.get(f"{url}/_chaos/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the PSP did not come up")


@pytest.fixture(scope="module")
def url():
    """A PSP on the loopback, started as an operator would."""
    port = free_port()
    settings = {
        "PSP_PORT": str(port),
        "PSP_SECRET_KEY": SECRET_KEY,
        "PSP_CONTROL_TOKEN": TOKEN,
        "PSP_LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "psp_chaos.main"], env={**os.environ, **settings})
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(address, process)
        yield address
    finally:
        process.terminate()
        assert process.wait(timeout=10) is not None


@pytest.fixture
def control(url):
    """Speaks to the control plane; faults are gone after the test."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{url}/_chaos", headers=headers) as client:
        yield client
        client.delete("/faults").raise_for_status()


@pytest.fixture
def install(control):
    def install(kind, *, order, **rest):
        """Install a fault that hits this order alone."""
        fault = {"id": f"{kind}-{order}", "where": "reply", "kind": kind, "selector": {"metadata": {"order": order}}}
        control.post("/faults", json={**fault, **rest}).raise_for_status()

    return install


@pytest.fixture
def order():
    """A name that no other test uses."""
    return f"order-{next(_numbers)}"


@pytest.fixture
def connect(url):
    """Make a `StripeClient`; its connections are closed after the test."""
    opened = []

    def connect(*, retries=0, timeout_s=20, key=SECRET_KEY):
        opened.append(stripe.HTTPXClient(timeout=timeout_s, allow_sync_methods=True))
        return stripe.StripeClient(
            key, base_addresses={"api": url}, max_network_retries=retries, http_client=opened[-1]
        )

    yield connect
    for http in opened:
        http.close()


class ClientStyle:
    """`StripeClient` and its services, over httpx."""

    def __init__(self, client):
        self._v1 = client.v1

    def create(self, resource, options=None, **params):
        return getattr(self._v1, resource).create(params, options or {})

    def retrieve(self, resource, object_id):
        return getattr(self._v1, resource).retrieve(object_id)

    def list(self, resource, **params):
        return getattr(self._v1, resource).list(params)

    def confirm(self, payment_id, **params):
        return self._v1.payment_intents.confirm(payment_id, params)

    def cancel(self, payment_id, **params):
        return self._v1.payment_intents.cancel(payment_id, params)

    def delete_endpoint(self, endpoint_id):
        return self._v1.webhook_endpoints.delete(endpoint_id)


MODULE_CLASSES = {
    "payment_intents": stripe.PaymentIntent,
    "refunds": stripe.Refund,
    "events": stripe.Event,
    "webhook_endpoints": stripe.WebhookEndpoint,
}


class ModuleStyle:
    """`stripe.PaymentIntent` and its like, with the module's defaults and the SDK's default HTTP library."""

    def create(self, resource, options=None, **params):
        return MODULE_CLASSES[resource].create(**params, **(options or {}))

    def retrieve(self, resource, object_id):
        return MODULE_CLASSES[resource].retrieve(object_id)

    def list(self, resource, **params):
        return MODULE_CLASSES[resource].list(**params)

    def confirm(self, payment_id, **params):
        return stripe.PaymentIntent.confirm(payment_id, **params)

    def cancel(self, payment_id, **params):
        return stripe.PaymentIntent.cancel(payment_id, **params)

    def delete_endpoint(self, endpoint_id):
        return stripe.WebhookEndpoint.delete(endpoint_id)


@pytest.fixture(params=["client", "module"])
def sdk(request, url, connect, monkeypatch):
    """The SDK in one of its two styles."""
    if request.param == "client":
        yield ClientStyle(connect())
        return
    http = stripe.RequestsClient()
    monkeypatch.setattr(stripe, "api_base", url)
    monkeypatch.setattr(stripe, "api_key", SECRET_KEY)
    monkeypatch.setattr(stripe, "default_http_client", http)
    yield ModuleStyle()
    http.close()


def purchase(order, **rest):
    return {
        "amount": 1250,
        "currency": "eur",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": "shoes & socks",
        "metadata": {"order": order, "odd[key]": "100% €"},
        **rest,
    }


def test_a_payment_is_created_retrieved_and_listed(sdk, order):
    created = sdk.create("payment_intents", **purchase(order))

    retrieved = sdk.retrieve("payment_intents", created.id)
    listed = sdk.list("payment_intents", limit=1, created={"gte": created.created})
    assert (created.status, created.amount_received, created.currency) == ("succeeded", 1250, "eur")
    assert created.metadata.to_dict() == {"order": order, "odd[key]": "100% €"}
    assert created.last_response.request_id.startswith("req_")
    assert retrieved.to_dict() == created.to_dict() == listed.data[0].to_dict()


def test_a_payment_is_opened_confirmed_and_canceled(sdk, order):
    opened = sdk.create("payment_intents", amount=5, currency="eur", payment_method_types=["card"])
    other = sdk.create("payment_intents", amount=5, currency="eur", metadata={"order": order})

    confirmed = sdk.confirm(opened.id, payment_method="pm_card_visa")
    canceled = sdk.cancel(other.id, cancellation_reason="abandoned")

    assert (opened.status, confirmed.status) == ("requires_payment_method", "succeeded")
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.cancel(opened.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_payment_is_refunded_in_parts_and_never_beyond(sdk, order):
    payment = sdk.create("payment_intents", **purchase(order))

    first = sdk.create("refunds", payment_intent=payment.id, amount=250, reason="requested_by_customer")
    rest = sdk.create("refunds", payment_intent=payment.id, metadata={"refund": "r-1"})

    listed = list(sdk.list("refunds", payment_intent=payment.id).auto_paging_iter())
    assert (first.status, first.amount, rest.amount) == ("succeeded", 250, 1000)
    assert [refund.id for refund in listed] == [rest.id, first.id]
    assert sdk.retrieve("refunds", rest.id).metadata["refund"] == "r-1"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.create("refunds", payment_intent=payment.id, amount=1)
    assert refusal.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_decline_is_a_card_error(sdk, order, card, decline_code):
    with pytest.raises(stripe.CardError) as decline:
        sdk.create("payment_intents", **purchase(order, payment_method=card))

    assert (decline.value.http_status, decline.value.code) == (402, "card_declined")
    assert decline.value.error.decline_code == decline_code
    assert decline.value.error.payment_intent.status == "requires_payment_method"


def test_a_repetition_replays_the_first_answer(sdk, order):
    first = sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order))

    second = sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order))

    assert second.to_dict() == first.to_dict()
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_reused_key_is_an_idempotency_error(sdk, order):
    sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order))

    with pytest.raises(stripe.IdempotencyError) as refusal:
        sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order, amount=1))

    assert refusal.value.http_status == 400


def test_a_key_in_use_is_a_409(connect, install, order):
    install("slow", order=order, parameters={"delay_s": [1.5, 1.5]})
    sdk = ClientStyle(connect())
    answers = queue.Queue()
    working = threading.Thread(
        target=lambda: answers.put(sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order)))
    )
    working.start()
    time.sleep(0.5)

    with pytest.raises(stripe.APIError) as busy:
        sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order))

    assert busy.value.http_status == 409
    assert busy.value.json_body["error"]["code"] == "idempotency_key_in_use"
    working.join()
    assert answers.get_nowait().status == "succeeded"


def test_lists_are_paged_to_their_end(sdk, order):
    created = [sdk.create("payment_intents", **purchase(order, amount=amount)).id for amount in range(1, 8)]

    pages = sdk.list("payment_intents", limit=3).auto_paging_iter()

    assert [payment.id for payment in itertools.islice(pages, 7)] == created[::-1]


def test_lists_are_paged_backwards_as_well(sdk, order):
    created = [sdk.create("payment_intents", **purchase(order, amount=amount)).id for amount in range(1, 6)]

    pages = sdk.list("payment_intents", limit=2, ending_before=created[0]).auto_paging_iter()

    assert [payment.id for payment in pages] == created[1:]


def test_events_are_listed_and_retrieved(sdk, order):
    payment = sdk.create("payment_intents", {"idempotency_key": order}, **purchase(order))

    event = sdk.list("events", types=["payment_intent.succeeded"], limit=1).data[0]

    assert event.data.object.to_dict() == payment.to_dict()
    assert event.request.idempotency_key == order
    assert sdk.retrieve("events", event.id).to_dict() == event.to_dict()


@pytest.fixture
def inbox():
    """A merchant's web server: what it received, and where it listens."""
    received = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield received, f"http://127.0.0.1:{server.server_port}/webhooks"
        server.shutdown()
        thread.join()


def test_a_webhook_is_delivered_and_its_signature_holds(sdk, inbox, order):
    received, address = inbox
    endpoint = sdk.create("webhook_endpoints", url=address, enabled_events=["payment_intent.succeeded"])
    payment = sdk.create("payment_intents", **purchase(order))

    body, signature = received.get(timeout=10)

    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    listed = [listed.id for listed in sdk.list("webhook_endpoints").auto_paging_iter()]
    assert (event.type, event.data.object.id) == ("payment_intent.succeeded", payment.id)
    assert event.data.object.metadata["order"] == order
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, endpoint.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_wrong")
    assert endpoint.id in listed
    assert sdk.retrieve("webhook_endpoints", endpoint.id).url == address
    assert sdk.delete_endpoint(endpoint.id).deleted
    assert endpoint.id not in [listed.id for listed in sdk.list("webhook_endpoints").auto_paging_iter()]


def test_a_wrong_key_is_an_authentication_error(connect):
    client = connect(key="sk_test_wrong")

    with pytest.raises(stripe.AuthenticationError):
        client.v1.payment_intents.list()


def test_what_does_not_exist_is_an_invalid_request_error(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.retrieve("payment_intents", "pi_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_the_sdk_survives_a_lost_answer_by_its_own_retries_and_pays_once(connect, control, install, order):
    install("drop-after", order=order, nth=[1])
    client = connect(retries=2)

    payment = client.v1.payment_intents.create(purchase(order))

    paid = [row for row in control.get("/books").json()["payments"] if row["metadata"].get("order") == order]
    assert [row["id"] for row in paid] == [payment.id]
    assert payment.last_response.headers["Idempotent-Replayed"] == "true"


NO_STATUS = None


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("drop-before", {}, (stripe.APIConnectionError, NO_STATUS)),
        ("drop-after", {}, (stripe.APIConnectionError, NO_STATUS)),
        ("hang-before", {"hang_s": 30}, (stripe.APIConnectionError, NO_STATUS)),
        ("hang-after", {"hang_s": 30}, (stripe.APIConnectionError, NO_STATUS)),
        ("hang-after", {"hang_s": 0.1}, (stripe.APIConnectionError, NO_STATUS)),
        ("error-before", {"status": 429}, (stripe.RateLimitError, 429)),
        ("error-before", {"status": 503}, (stripe.APIError, 503)),
        ("error-after", {"status": 500}, (stripe.APIError, 500)),
        ("truncated-after", {}, (stripe.APIError, 200)),
        ("html-after", {}, (stripe.APIError, 200)),
    ],
)
def test_a_fault_reaches_the_sdk_as_the_error_it_stands_for(connect, install, kind, parameters, expected):
    order = f"order-of-{kind}-{next(_numbers)}"
    install(kind, order=order, parameters=parameters)
    client = connect(timeout_s=1)

    with pytest.raises(stripe.StripeError) as failure:
        client.v1.payment_intents.create(purchase(order))

    assert (type(failure.value), failure.value.http_status) == expected


def test_the_asynchronous_sdk_works_as_well(url, order):
    async def pay():
        http = stripe.HTTPXClient(timeout=20)
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url}, http_client=http)
        payment = await client.v1.payment_intents.create_async(purchase(order))
        refund = await client.v1.refunds.create_async({"payment_intent": payment.id})
        await http.close_async()
        return payment, refund

    payment, refund = asyncio.run(pay())

    assert (payment.status, refund.status, refund.amount) == ("succeeded", "succeeded", 1250)
