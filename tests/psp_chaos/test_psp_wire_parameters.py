"""Parameters over the wire: what is unset, unknown or out of bounds, and how the refusal says so."""

import logging

import pytest

INTENTS = "/v1/payment_intents"
OPEN = {"amount": 500, "currency": "eur"}


def error_of(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


async def opened(world, **more):
    return (await world.post(INTENTS, {**OPEN, **more})).json()


async def test_a_refusal_says_where_to_read_about_it(world):
    refused = await world.post(INTENTS, {"amount": 1, "currency": "eur"})

    error = error_of(refused)
    assert error["type"] == "invalid_request_error"
    assert error["doc_url"].endswith("/error-codes/amount-too-small")
    assert error["request_log_url"].endswith(refused.headers["Request-Id"])


async def test_a_missing_payment_is_named_as_the_intent(world):
    refused = await world.get(f"{INTENTS}/pi_none")

    assert refused.status_code == 404
    assert refused.json()["error"]["message"] == "No such payment_intent: 'pi_none'"
    assert refused.json()["error"]["param"] == "intent"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"confirm": "yes"}, None, "confirm"),
        ({"confirm": "1"}, None, "confirm"),
        ({"confirm": "True"}, None, "confirm"),
        ({"amount": "\u0665\u0660\u0660"}, "parameter_invalid_integer", "amount"),
        ({"amount": "+500"}, "parameter_invalid_integer", "amount"),
        ({"amount": "9" * 30}, "parameter_invalid_integer", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": "kwd", "amount": "5005"}, "parameter_invalid_integer", "amount"),
        ({"currency": "jpy", "amount": "49"}, "amount_too_small", "amount"),
        ({"currency": "gbp", "amount": "29"}, "amount_too_small", "amount"),
        ({"receipt_email": "nobody"}, "email_invalid", "receipt_email"),
        ({"statement_descriptor": "12345"}, None, "statement_descriptor"),
        ({"statement_descriptor": "<shop>"}, None, "statement_descriptor"),
        ({"description": "x" * 5001}, None, "description"),
        ({"shipping[phone]": "1"}, "parameter_missing", "shipping[name]"),
        ({"payment_method_types[0]": "sepa_debit"}, None, "payment_method_types"),
        ({"return_url": "https://shop.example"}, "payment_intent_invalid_parameter", "return_url"),
        ({"off_session": "true"}, "payment_intent_invalid_parameter", "off_session"),
        ({"metadata[" + "k" * 41 + "]": "v"}, None, "metadata[" + "k" * 41 + "]"),
        ({f"metadata[{number}]": "v" for number in range(51)}, None, "metadata"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"expand": "latest_charge"}, None, "expand"),
    ],
)
async def test_what_cannot_be_understood_is_named(world, change, code, param):
    error = error_of(await world.post(INTENTS, {**OPEN, **change}))

    assert (error.get("code"), error["param"]) == (code, param)
    assert world.payments == []


@pytest.mark.parametrize(
    ("currency", "amount"), [("jpy", 50), ("clp", 1), ("kwd", 10), ("gbp", 30), ("eur", 99_999_999), ("EUR", 50)]
)
async def test_amounts_at_the_bounds_are_taken(world, currency, amount):
    paid = await world.pay(amount=amount, currency=currency)

    assert paid.json()["amount_received"] == amount
    assert paid.json()["currency"] == currency.lower()


async def test_what_is_harmless_is_accepted_even_in_strict_mode(open_world):
    world = open_world(strict_parameters=True)
    more = {"payment_method_options[card][request_three_d_secure]": "any", "mandate_data[a]": "b"}

    assert (await world.pay(**more)).status_code == 200


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"shoe_size": "43"}, "shoe_size"),
        ({"shipping[name]": "Jenny", "shipping[foo]": "bar"}, "shipping[foo]"),
        ({"shipping[name]": "Jenny", "shipping[address][planet]": "Mars"}, "shipping[address][planet]"),
        (
            {"payment_method_data[type]": "card", "payment_method_data[card][foo]": "1"},
            "payment_method_data[card][foo]",
        ),
    ],
)
async def test_what_nobody_knows_is_refused_in_strict_mode_however_deep(open_world, form, param):
    error = error_of(await open_world(strict_parameters=True).post(INTENTS, {**OPEN, **form}))

    assert (error["code"], error["param"]) == ("parameter_unknown", param)


async def test_what_nobody_knows_is_logged_by_its_name_alone(world, caplog):
    caplog.set_level(logging.INFO, logger="psp_chaos")

    await world.pay(**{"card[number]": "4242424242424242", "new\nline": "x"})

    assert "card" in caplog.text
    assert "4242" not in caplog.text
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


async def test_an_empty_string_unsets_and_an_empty_amount_cannot(world):
    payment = await opened(world, description="socks", receipt_email="a@b.example", **{"metadata[a]": "1"})
    path = f"{INTENTS}/{payment['id']}"

    updated = (await world.post(path, {"description": "", "receipt_email": "", "metadata[a]": ""})).json()
    error = error_of(await world.post(path, {"amount": ""}))

    assert (updated["description"], updated["receipt_email"], updated["metadata"]) == (None, None, {})
    assert (error["code"], error["param"]) == ("parameter_invalid_empty", "amount")


async def test_an_update_changes_only_what_it_names(world):
    payment = await opened(
        world, description="socks", **{"metadata[a]": "1", "shipping[name]": "J", "shipping[address][city]": "B"}
    )

    updated = (await world.post(f"{INTENTS}/{payment['id']}", {"metadata[b]": "2"})).json()

    assert updated == {**payment, "metadata": {"a": "1", "b": "2"}}
    assert updated["shipping"]["address"]["city"] == "B"


async def test_metadata_is_unset_as_a_whole_and_never_outgrows_its_bound(world):
    payment = await opened(world, **{f"metadata[{number}]": "v" for number in range(50)})
    path = f"{INTENTS}/{payment['id']}"

    error = error_of(await world.post(path, {"metadata[one more]": "v"}))
    exchanged = await world.post(path, {"metadata[one more]": "v", "metadata[0]": ""})
    emptied = await world.post(path, {"metadata": ""})

    assert error["param"] == "metadata"
    assert len(exchanged.json()["metadata"]) == 50
    assert emptied.json()["metadata"] == {}


async def test_the_version_that_was_asked_for_is_said_back(world):
    async def version_of(asked):
        headers = {"Stripe-Version": asked} if asked else {}
        return (await world.client.get(INTENTS, headers=headers)).headers["Stripe-Version"]

    own = await version_of(None)

    assert await version_of("2020-08-27") == "2020-08-27"
    assert await version_of("2024-10-28.acacia") == "2024-10-28.acacia"
    assert await version_of("nonsense") == own


async def test_equal_payments_are_written_with_equal_bytes(world):
    payment = (await world.pay(receipt_email="a@b.example", statement_descriptor="shop shop")).json()
    path = f"{INTENTS}/{payment['id']}"

    first, second = await world.get(path), await world.get(path)

    assert first.content == second.content


async def test_an_identifier_that_is_left_out_names_nothing(world):
    answer = await world.get(f"{INTENTS}/")

    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")
