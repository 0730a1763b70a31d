"""What is logged can be followed from request to PSP, and holds no secret."""

import io
import json
import logging

import pytest

from service.logs import configure_logs

SECRETS = (
    "pk_shop",
    "sk_test_1",
    "whsec_1",
    "pm_card_visa",
    "4242424242424242",
    "s3cret",
    "shopper@example.com",
    "key-1",
)


@pytest.fixture
def lines():
    """Every line that the service logs, as it is written."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    configure_logs()
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = kept
    root.setLevel(level)


@pytest.fixture
async def watched(bench):
    return await bench.another(watched=True, metrics_token="s3cret")


async def test_a_line_names_the_request_and_the_payment(watched, lines):
    made = await watched.pay(key="key-1")
    payment_id = made.json()["id"]
    await watched.client.get(f"/v1/payments/{payment_id}", headers={"X-Request-Id": "from-the-client-7"})

    first, second = lines()
    assert (first["request_id"], first["payment_id"]) == (made.headers["X-Request-Id"], payment_id)
    assert (second["request_id"], second["payment_id"]) == ("from-the-client-7", payment_id)
    assert second["event"].startswith("GET /v1/payments/{payment_id} was answered 200")


async def test_what_is_said_about_a_call_to_the_psp_names_the_payment(watched, lines):
    watched.psp.script("create_payment", 401)
    made = await watched.pay()

    (line,) = [one for one in lines() if one["level"] == "error"]
    assert line["payment_id"] == made.json()["id"]
    assert line["request_id"] == made.headers["X-Request-Id"]
    assert line["attempt_id"].startswith("att_")


@pytest.mark.parametrize(
    "given", ["", "a" * 129, "two words", "line\tbreak", "ümlaut", "-dash", '"quoted"', "{json}", "../../etc"]
)
async def test_a_request_id_that_is_none_is_replaced(watched, lines, given):
    answer = await watched.client.get("/healthz", headers={"X-Request-Id": given.encode()})

    assert answer.headers["X-Request-Id"].startswith("req_")
    assert lines()[0]["request_id"] == answer.headers["X-Request-Id"]


async def test_every_answer_has_its_request_id(watched):
    answers = [
        await watched.client.get("/nowhere"),
        await watched.client.get("/v1/payments", headers={"Authorization": "Bearer wrong"}),
        await watched.client.post("/webhooks/psp", content=b"x" * 100_000),
    ]

    assert [answer.status_code for answer in answers] == [404, 401, 413]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3


async def test_no_line_holds_a_secret(watched, lines):
    """Everything that can go wrong, with a secret in every place that a request has."""
    body = {"description": "4242424242424242", "metadata": {"card": "4242424242424242", "mail": "shopper@example.com"}}
    for behaviour in ("ok", "decline", "refuse", "timeout_before", "html_after", 401, 500, 409):
        watched.psp.script("create_payment", behaviour)
        await watched.pay(key=f"key-1-{behaviour}", **body)
    await watched.pay(key="key-1", amount="4242424242424242")
    await watched.pay(key="key-1\t")
    await watched.client.get("/v1/payments?order_id=4242424242424242&token=s3cret")
    await watched.client.get("/v1/payments/pm_card_visa")
    await watched.client.get("/v1/s3cret/pk_shop")
    await watched.client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
    await watched.client.post("/webhooks/psp", content=b"4242424242424242", headers={"Stripe-Signature": "whsec_1"})
    await watched.tell("payment_intent.succeeded", {"id": "pi_9", "status": "succeeded", "note": "4242424242424242"})
    await watched.heal(600)
    await watched.run_sql("ALTER TABLE payments ADD CHECK (description IS NULL) NOT VALID")
    broken = await watched.pay(key="key-1-broken", **body)

    assert broken.status_code == 500
    assert "IntegrityError" in lines()[-1]["event"]
    text = "\n".join(map(json.dumps, lines()))
    assert len(lines()) > 15
    assert [secret for secret in SECRETS if secret in text.replace('"payment_id": "pm_card_visa"', "")] == []
