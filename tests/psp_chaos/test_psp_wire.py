"""Stripe's wire: forms, parameters, errors, pages."""

import asyncio
from base64 import b64encode

import pytest

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.form import decode


@pytest.mark.parametrize(
    ("encoded", "form"),
    [
        ("amount=5&currency=eur", {"amount": "5", "currency": "eur"}),
        ("a%5Bb%5D=c", {"a": {"b": "c"}}),
        ("a[b][c]=d&a[b][e]=f", {"a": {"b": {"c": "d", "e": "f"}}}),
        ("t[0]=x&t[1]=y", {"t": {"0": "x", "1": "y"}}),
        ("t[]=x&t[]=y", {"t": {"0": "x", "1": "y"}}),
        ("metadata[k[x]]=v", {"metadata": {"k[x]": "v"}}),
        ("metadata[a][b]=v", {"metadata": {"a][b": "v"}}),
        ("description=", {"description": ""}),
        ("", {}),
        ("odd[key=v", {"odd[key": "v"}),
        ("name=%E2%82%AC+1", {"name": "€ 1"}),
    ],
)
def test_a_form_is_decoded_as_the_sdks_write_it(encoded, form):
    assert decode(encoded) == form


@pytest.mark.parametrize(
    "encoded", ["a=1&a[b]=2", "a" + "[b]" * 20 + "=1", "&".join(f"f{number}=1" for number in range(1001)), "a=%FF"]
)
def test_what_is_not_a_form_is_refused(encoded):
    with pytest.raises(WireError):
        decode(encoded)


async def test_a_payment_is_captured_at_once_and_shown_as_stripe_shows_it(world):
    answer = await world.pay(amount=1250, description="shoes", **{"metadata[order]": "o-1"})

    payment = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Request-Id"].startswith("req_")
    assert payment["status"] == "succeeded"
    assert (payment["amount"], payment["amount_received"], payment["currency"]) == (1250, 1250, "eur")
    assert payment["metadata"] == {"order": "o-1"}
    assert payment["latest_charge"].startswith("ch_")
    assert payment["created"] == 1_700_000_000


async def test_a_payment_may_be_opened_first_and_confirmed_later(world):
    opened = (await world.post("/v1/payment_intents", {"amount": 50, "currency": "eur"})).json()

    confirmed = await world.post(f"/v1/payment_intents/{opened['id']}/confirm", {"payment_method": "pm_card_visa"})

    assert opened["status"] == "requires_payment_method"
    assert confirmed.json()["status"] == "succeeded"


async def test_a_declined_payment_is_a_402_and_can_be_tried_again(world):
    declined = await world.pay(card="pm_card_chargeDeclinedInsufficientFunds")

    error = declined.json()["error"]
    path = f"/v1/payment_intents/{error['payment_intent']['id']}/confirm"
    without_a_card = await world.post(path)
    with_another = await world.post(path, {"payment_method": "pm_card_visa"})
    assert declined.status_code == 402
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert error["payment_intent"]["payment_method"] is None
    assert without_a_card.status_code == 400
    assert with_another.json()["status"] == "succeeded"


async def test_a_canceled_payment_cannot_be_confirmed(world):
    opened = (await world.post("/v1/payment_intents", {"amount": 50, "currency": "eur"})).json()
    canceled = await world.post(f"/v1/payment_intents/{opened['id']}/cancel", {"cancellation_reason": "abandoned"})

    refused = await world.post(f"/v1/payment_intents/{opened['id']}/confirm", {"payment_method": "pm_card_visa"})

    assert canceled.json()["status"] == "canceled"
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"amount": "0"}, "amount_too_small", "amount"),
        ({"amount": "-5"}, "amount_too_small", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1_000"}, "parameter_invalid_integer", "amount"),
        ({"currency": "euro"}, None, "currency"),
        ({"payment_method": "pm_unheard_of"}, "resource_missing", "payment_method"),
        ({"payment_method": ""}, "payment_intent_unexpected_state", "payment_method"),
        ({"capture_method": "someday"}, None, "capture_method"),
        ({"amount": "49"}, "amount_too_small", "amount"),
        ({"metadata[key]": "v" * 501}, None, "metadata[key]"),
    ],
)
async def test_a_bad_parameter_is_named(world, change, code, param):
    good = {"amount": "50", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}

    refused = await world.post("/v1/payment_intents", {**good, **change})

    error = refused.json()["error"]
    assert refused.status_code == 400
    assert (error.get("code"), error["param"]) == (code, param)
    assert world.captured_minor == 0


async def test_an_unknown_parameter_is_ignored_by_default_and_refused_in_strict_mode(open_world):
    tolerant = await open_world().pay(amonut=5)
    strict = await open_world(strict_parameters=True).pay(amonut=5)

    assert tolerant.status_code == 200
    assert strict.status_code == 400
    assert strict.json()["error"]["code"] == "parameter_unknown"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer sk_test_wrong", "Bearer", "Basic !!!", "Digest sk_test_merchant", "Bearer sk_é"]
)
async def test_nobody_gets_in_without_the_secret_key(world, authorization):
    headers = {"Authorization": authorization.encode("latin-1")}

    refused = await world.client.get("/v1/payment_intents", headers=headers)

    assert refused.status_code == 401


async def test_the_secret_key_may_come_as_the_user_of_basic_authentication(world):
    credentials = b64encode(b"sk_test_merchant:").decode()

    answer = await world.client.get("/v1/payment_intents", headers={"Authorization": f"Basic {credentials}"})

    assert answer.status_code == 200


async def test_json_is_refused_with_a_hint(world):
    refused = await world.client.post("/v1/payment_intents", json={"amount": 5})

    assert refused.status_code == 400
    assert "form" in refused.json()["error"]["message"]


async def test_a_body_without_end_is_not_read_to_its_end(open_world):
    world = open_world(body_bytes_max=1000)

    refused = await world.pay(description="x" * 1000)

    assert refused.status_code == 413
    assert world.payments == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("PATCH", "/v1/payment_intents", 405),
        ("GET", "/v1/payment_intents/pi_none", 404),
        ("GET", "/v1/refunds/re_none", 404),
        ("GET", "/v1/events/evt_none", 404),
        ("DELETE", "/v1/webhook_endpoints/we_none", 404),
        ("POST", "/v1/payment_intents/pi_none/confirm", 404),
    ],
)
async def test_what_does_not_exist_is_an_error_in_stripes_form(world, method, path, status):
    form = {"payment_method": "pm_card_visa"} if method == "POST" else None

    refused = await world.client.request(method, path, data=form)

    assert refused.status_code == status
    assert refused.json()["error"]["type"] == "invalid_request_error"


async def test_a_refund_of_an_unknown_payment_is_a_400_that_names_the_parameter(world):
    refused = await world.refund("pi_none")

    assert refused.status_code == 400
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (
        "resource_missing",
        "payment_intent",
    )


async def test_refunds_never_exceed_the_capture_however_many_come_at_once(open_world):
    world = open_world(latency_s=(0, 2))
    payment = (await world.pay(amount=1000)).json()

    answers = await asyncio.gather(*(world.refund(payment["id"], amount=300) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [400] * 7
    assert world.payments[0].refunded_minor == 900
    assert sum(movement.amount_minor for movement in list(world.psp.ledger.movements.values())) == 100


async def test_what_is_all_refunded_says_so(world):
    payment = (await world.pay()).json()
    await world.refund(payment["id"])

    refused = await world.refund(payment["id"], amount=1)

    assert refused.json()["error"]["code"] == "charge_already_refunded"


async def test_a_refund_may_be_pending_first_and_arrive_later(world):
    payment = (await world.pay(card="pm_card_pendingRefund")).json()
    refund = (await world.refund(payment["id"])).json()

    await world.quiet()

    assert refund["status"] == "pending"
    assert (await world.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "succeeded"
    assert world.merchant.types[-1] == "refund.updated"


async def test_a_refund_may_come_back_later(world):
    payment = (await world.pay(card="pm_card_refundFail")).json()
    refund = (await world.refund(payment["id"])).json()

    await world.quiet()

    assert refund["status"] == "succeeded"
    assert (await world.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "failed"
    assert world.merchant.types[-1] == "refund.failed"
    assert world.payments[0].refundable_minor == 1000


async def test_a_payment_may_be_decided_after_the_answer_as_banks_do(open_world):
    world = open_world(asynchronous_share=1, asynchronous_s=(30, 30))
    answer = await world.pay()

    assert answer.json()["status"] == "processing"
    await world.quiet()
    assert world.payments[0].captured_at_us - world.payments[0].created_at_us == 30_000_000
    assert world.merchant.types == ["payment_intent.created", "payment_intent.succeeded"]


async def ids(world, **query):
    answer = (await world.get("/v1/payment_intents", **query)).json()
    return [row["amount"] for row in answer["data"]], answer["has_more"]


@pytest.fixture
async def seven(world):
    """Seven payments of 101 to 107, ten seconds apart."""
    world.named = {}
    for amount in range(101, 108):
        world.named[amount] = (await world.pay(amount=amount)).json()
        await asyncio.sleep(10)
    return world


async def test_lists_are_newest_first_and_say_whether_there_is_more(seven):
    assert await ids(seven, limit=3) == ([107, 106, 105], True)
    assert await ids(seven, limit=7) == ([107, 106, 105, 104, 103, 102, 101], False)


async def test_a_page_may_start_after_or_end_before_a_payment(seven):
    assert await ids(seven, limit=2, starting_after=seven.named[105]["id"]) == ([104, 103], True)
    assert await ids(seven, limit=2, starting_after=seven.named[102]["id"]) == ([101], False)
    assert await ids(seven, limit=2, ending_before=seven.named[103]["id"]) == ([105, 104], True)
    assert await ids(seven, limit=5, ending_before=seven.named[106]["id"]) == ([107], False)


async def test_a_list_may_be_limited_to_a_range_of_seconds(seven):
    third = seven.named[103]["created"]

    assert await ids(seven, **{"created[gt]": third, "created[lte]": third + 20}) == ([105, 104], False)
    assert await ids(seven, **{"created[lt]": third}) == ([102, 101], False)
    assert await ids(seven, created=third) == ([103], False)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "pi_none"},
        {"created[since]": 5},
    ],
)
async def test_a_page_that_cannot_be_given_is_refused(world, query):
    assert (await world.get("/v1/payment_intents", **query)).status_code == 400


async def test_refunds_are_listed_by_payment_and_events_by_type(world):
    first = (await world.pay()).json()
    second = (await world.pay()).json()
    await world.refund(first["id"], amount=10)
    wanted = (await world.refund(second["id"], amount=20)).json()

    refunds = (await world.get("/v1/refunds", payment_intent=second["id"])).json()["data"]
    events = (await world.get("/v1/events", type="payment_intent.succeeded")).json()["data"]
    all_refund_events = (await world.get("/v1/events", type="refund.*")).json()["data"]

    assert refunds == [wanted]
    assert [event["data"]["object"]["id"] for event in events] == [second["id"], first["id"]]
    assert len(all_refund_events) == 2


async def test_an_event_keeps_its_object_as_it_was_and_says_who_asked(world):
    answer = await world.pay(key="k")

    events = (await world.get("/v1/events")).json()["data"]
    created = events[-1]
    assert events[0]["type"] == "payment_intent.succeeded"
    assert created["type"] == "payment_intent.created"
    assert created["data"]["object"]["status"] == "requires_confirmation"
    assert created["request"] == {"id": answer.headers["Request-Id"], "idempotency_key": "k"}
