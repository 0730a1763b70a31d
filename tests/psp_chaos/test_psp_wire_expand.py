"""Expansion: objects in place of their identifiers, and refusals before anything happens."""

import pytest

from psp_chaos.wire.expansion import DEPTH_MAX, LINKS

INTENTS = "/v1/payment_intents"


def expanding(*paths):
    return {f"expand[{number}]": path for number, path in enumerate(paths)}


async def test_a_chain_of_objects_is_shown(world):
    payment = (await world.pay(**expanding("latest_charge.balance_transaction.source.payment_intent"))).json()

    charge = payment["latest_charge"]
    transaction = charge["balance_transaction"]
    assert (charge["object"], transaction["object"], transaction["amount"]) == ("charge", "balance_transaction", 1000)
    assert transaction["source"]["id"] == charge["id"]
    assert transaction["source"]["payment_intent"]["id"] == payment["id"]


async def test_several_paths_share_their_beginning(world):
    customer = (await world.post("/v1/customers")).json()

    payment = await world.pay(
        customer=customer["id"],
        **expanding("customer", "latest_charge.customer", "latest_charge.refunds", "payment_method"),
    )

    shown = payment.json()
    assert shown["customer"] == shown["latest_charge"]["customer"] == customer
    assert shown["latest_charge"]["refunds"]["data"] == []
    assert shown["payment_method"]["card"]["last4"] == "4242"


async def test_rows_of_a_list_are_shown_with_what_belongs_to_them(world):
    payments = [(await world.pay()).json() for _ in range(2)]

    listed = (await world.get(INTENTS, **expanding("data.latest_charge"))).json()

    assert [row["latest_charge"]["id"] for row in listed["data"]] == [one["latest_charge"] for one in payments[::-1]]


async def test_found_rows_are_shown_with_what_belongs_to_them(world):
    await world.pay()

    found = (await world.get(f"{INTENTS}/search", query="status:'succeeded'", **expanding("data.latest_charge"))).json()

    assert found["data"][0]["latest_charge"]["paid"]


async def test_refunds_are_a_list_within_their_charge(world):
    payment = (await world.pay()).json()
    refunds = [(await world.refund(payment["id"], amount=amount)).json() for amount in (10, 20)]

    charge = (await world.get(f"/v1/charges/{payment['latest_charge']}", **expanding("refunds.data.charge"))).json()

    assert [one["id"] for one in charge["refunds"]["data"]] == [one["id"] for one in refunds[::-1]]
    assert charge["refunds"]["data"][0]["charge"]["id"] == charge["id"]
    assert "refunds" not in charge["refunds"]["data"][0]["charge"]


async def test_what_is_not_there_stays_nothing(world):
    opened = await world.post(
        INTENTS, {"amount": 500, "currency": "eur", **expanding("latest_charge", "customer.default")}
    )
    plain = await world.post(
        INTENTS, {"amount": 500, "currency": "eur", **expanding("latest_charge.balance_transaction")}
    )

    assert opened.status_code == 400
    assert plain.json()["latest_charge"] is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".latest_charge",
        "amount",
        "colour",
        "data.latest_charge",
        "id",
        "latest_charge.",
        "latest_charge.colour",
        ".".join(["latest_charge", "payment_intent"] * DEPTH_MAX),
    ],
)
async def test_what_leads_nowhere_is_refused_before_anything_happens(world, path):
    refused = await world.pay(**{"expand[]": path} if path else {"expand[][]": "x"})

    assert (refused.status_code, refused.json()["error"]["param"].partition("[")[0]) == (400, "expand")
    assert world.payments == []


async def test_a_decline_is_told_whatever_was_to_be_expanded(world):
    declined = await world.pay(card="pm_card_chargeDeclined", **expanding("latest_charge"))

    assert declined.status_code == 402


def test_every_link_leads_to_a_kind_that_can_be_shown(world):
    from psp_chaos.wire.presenter import Presenter  # noqa: PLC0415 - the one test that looks inside

    kinds = {kind for fields in LINKS.values() for kind in fields.values()} - {"invoice_settings"}
    shown = {kind for fields in LINKS.values() for name, kind in fields.items() if name == "data"}
    finders = world.psp.realms.first.counter(Presenter)._shows

    assert kinds - set(finders) == set()
    assert shown <= set(finders)
