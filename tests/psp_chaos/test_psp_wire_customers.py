"""Customers and payment methods over the wire: who may pay with what."""

import pytest

from psp_chaos.wire.cards import CARDS, TOKENS
from psp_chaos.wire.declines import CARD_ERROR, decline

METHODS = "/v1/payment_methods"


async def customer_of(world, **form):
    return (await world.post("/v1/customers", form)).json()


async def attached(world, customer, card="pm_card_visa"):
    return (await world.post(f"{METHODS}/{card}/attach", {"customer": customer["id"]})).json()


async def test_what_is_said_about_a_customer_may_change_and_vanish(world):
    form = {"email": "a@b.example", "address[city]": "Berlin", "invoice_settings[default_payment_method]": "pm_1"}
    customer = await customer_of(world, **form, **{"metadata[a]": "1"})
    path = f"/v1/customers/{customer['id']}"

    updated = (await world.post(path, {"email": "", "phone": "030", "address": "", "metadata": ""})).json()

    assert customer["address"]["city"] == "Berlin"
    assert customer["invoice_settings"]["default_payment_method"] == "pm_1"
    assert updated == {**customer, "email": None, "phone": "030", "address": None, "metadata": {}}


async def test_a_customer_that_is_deleted_leaves_lists_and_cannot_pay(world):
    customer = await customer_of(world)
    method = await attached(world, customer)
    path = f"/v1/customers/{customer['id']}"

    deleted = (await world.client.delete(path)).json()

    assert deleted == {"id": customer["id"], "object": "customer", "deleted": True}
    assert (await world.get(path)).json() == deleted
    assert (await world.get("/v1/customers")).json()["data"] == []
    assert (await world.client.delete(path)).status_code == 404
    assert (await world.post(path, {"name": "x"})).status_code == 404
    assert (await world.pay(customer=customer["id"])).json()["error"]["code"] == "resource_missing"
    assert (await world.pay(card=method["id"])).status_code == 400
    assert world.payments == []


async def test_a_method_that_is_kept_for_later_pays_later(world):
    customer = await customer_of(world)
    first = (await world.pay(customer=customer["id"], setup_future_usage="off_session")).json()

    second = await world.pay(customer=customer["id"], card=first["payment_method"], off_session="true")

    methods = (await world.get(METHODS, customer=customer["id"])).json()["data"]
    assert first["payment_method"] not in CARDS
    assert [method["id"] for method in methods] == [first["payment_method"]]
    assert (second.json()["status"], second.json()["payment_method"]) == ("succeeded", first["payment_method"])


async def test_a_method_that_was_declined_is_not_kept(world):
    customer = await customer_of(world)

    await world.pay(customer=customer["id"], card="pm_card_chargeDeclined", setup_future_usage="off_session")

    assert (await world.get(METHODS, customer=customer["id"])).json()["data"] == []


async def test_a_method_belongs_to_one_customer(world):
    owner, other = await customer_of(world), await customer_of(world)
    method = await attached(world, owner)

    for customer in ({"customer": other["id"]}, {}):
        refused = await world.pay(card=method["id"], **customer)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "payment_method")
    assert (await world.post(f"{METHODS}/{method['id']}/attach", {"customer": other["id"]})).status_code == 400
    assert (await world.post(f"{METHODS}/{method['id']}/attach", {"customer": owner["id"]})).status_code == 200


async def test_a_method_is_detached_for_good(world):
    customer = await customer_of(world)
    method = await attached(world, customer)
    path = f"{METHODS}/{method['id']}"

    detached = (await world.post(f"{path}/detach")).json()

    assert detached == {**method, "customer": None}
    assert (await world.post(f"{path}/detach")).status_code == 400
    assert (await world.post(f"{path}/attach", {"customer": customer["id"]})).status_code == 400
    assert (await world.pay(card=method["id"])).status_code == 400
    assert (await world.get(path)).json() == detached


async def test_methods_are_listed_by_customer_in_two_places(world):
    customer = await customer_of(world)
    visa, amex = await attached(world, customer), await attached(world, customer, "pm_card_amex")
    place = f"/v1/customers/{customer['id']}/payment_methods"

    listed = (await world.get(place, limit=1, **{"expand[]": "data.customer"})).json()

    assert (listed["url"], listed["has_more"]) == (place, True)
    assert listed["data"] == [{**amex, "customer": customer}]
    assert (await world.get(METHODS, customer=customer["id"])).json()["data"] == [amex, visa]
    assert (await world.get(METHODS, customer=customer["id"], type="sepa_debit")).json()["data"] == []
    assert (await world.get(METHODS)).json()["data"] == []
    assert (await world.get("/v1/customers/cus_none/payment_methods")).status_code == 404


async def test_who_pays_is_shown_with_the_charge(world):
    form = {"type": "card", "card[token]": "tok_visa", "billing_details[name]": "Jenny"}
    method = (await world.post(METHODS, form)).json()
    updated = await world.post(f"{METHODS}/{method['id']}", {"billing_details[phone]": "030"})

    payment = (await world.pay(card=method["id"], **{"expand[]": "latest_charge"})).json()

    assert updated.json()["billing_details"]["name"] == "Jenny"
    assert payment["latest_charge"]["billing_details"] == updated.json()["billing_details"]


async def test_a_customer_may_come_with_a_method(world):
    customer = await customer_of(world, payment_method="pm_card_visa")
    refused = await world.post("/v1/customers", {"payment_method": "pm_none"})

    methods = (await world.get(METHODS, customer=customer["id"])).json()["data"]

    assert [method["card"]["last4"] for method in methods] == ["4242"]
    assert refused.status_code == 400
    assert len((await world.get("/v1/customers")).json()["data"]) == 1


async def test_a_test_card_is_a_payment_method(world):
    shown = (await world.get(f"{METHODS}/pm_card_amex")).json()

    assert (shown["id"], shown["card"]["brand"], shown["customer"]) == ("pm_card_amex", "amex", None)


@pytest.mark.parametrize("name", sorted(CARDS))
async def test_every_card_does_as_the_table_says(world, name):
    card = CARDS[name]

    answer = await world.pay(card=name)

    payment = answer.json() if answer.status_code == 200 else answer.json()["error"]["payment_intent"]
    if card.needs_action:
        assert payment["status"] == "requires_action"
    elif card.decline_code is None:
        assert payment["status"] == "succeeded"
    else:
        assert (answer.status_code, answer.json()["error"]["type"]) == (402, CARD_ERROR)
        assert answer.json()["error"]["decline_code"] == card.decline_code
        assert answer.json()["error"]["code"] == decline(card.decline_code).code


def test_every_card_has_a_token():
    assert {card.name for card in TOKENS.values()} == set(CARDS)
    assert TOKENS["tok_visa"] is CARDS["pm_card_visa"]
    assert TOKENS["tok_visa_chargeDeclined"].decline_code == "generic_decline"


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa"])
async def test_a_method_is_kept_only_by_paying(world, card):
    customer = await customer_of(world)

    payment = (await world.pay(customer=customer["id"], card=card, setup_future_usage="off_session")).json()

    kept = [method["id"] for method in (await world.get(METHODS, customer=customer["id"])).json()["data"]]
    assert kept == ([payment["payment_method"]] if payment["status"] == "succeeded" else [])
