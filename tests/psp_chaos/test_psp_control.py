"""The control plane: who may use it, what it shows, and what it does."""

import asyncio
import json

import httpx
import pytest

from psp_chaos.control import ControlPlane, Plant
from psp_chaos.control.plane import ACTIONS
from psp_chaos.export import export_bites, export_books
from psp_chaos.settings import ApiKey

AUTHORIZED = {"Authorization": "Bearer token"}
DROP = {"id": "drop", "where": "reply", "kind": "drop-before", "nth": [50]}
LIVE_KEY = "sk_live_merchant"


@pytest.fixture
async def open_control():
    """Return a function that puts a control plane in front of a PSP, and asks it."""
    clients = []

    def open_one(world):
        parts = world.psp._world
        plant = Plant(
            psp=world.psp, settings=world.psp._settings, clock=parts.clock, ids=parts.ids, archive=parts.archive
        )
        client = httpx.AsyncClient(transport=httpx.ASGITransport(ControlPlane(plant).app), base_url="http://psp")
        clients.append(client)

        async def control(method, path, content=None, headers=AUTHORIZED):
            return await client.request(method, "/_chaos" + path, json=content, headers=headers)

        return control

    yield open_one
    for client in clients:
        await client.aclose()


@pytest.fixture
def control(world, open_control):
    return open_control(world)


@pytest.mark.parametrize("token", ["", "Bearer sk_test_merchant", "Bearer token2", "token"])
@pytest.mark.parametrize(("method", "path"), [(action.method, action.path) for action in ACTIONS if not action.is_open])
async def test_nobody_gets_in_without_the_token(control, method, path, token):
    refused = await control(method, path.format(id="some"), headers={"Authorization": token})

    assert refused.status_code == 401
    assert len(refused.json()["errors"]) == 1


async def test_the_merchants_key_is_not_the_token_and_the_token_is_not_the_key(world):
    refused = await world.client.get("/v1/payment_intents", headers=AUTHORIZED)

    assert refused.status_code == 401


async def test_the_simulated_psp_has_no_control_plane_and_what_is_not_there_is_said_so(world, control):
    assert (await world.client.get("/_chaos/health")).status_code == 404
    assert (await control("GET", "/nothing")).json()["errors"]
    assert (await control("PUT", "/faults")).status_code == 405


async def test_faults_are_installed_listed_and_removed(control):
    installed = await control("POST", "/faults", DROP)
    listed = (await control("GET", "/faults")).json()["data"]
    removed = await control("DELETE", "/faults/drop")

    assert installed.status_code == 201
    assert listed == [installed.json()]
    assert "entitlement" in listed[0]
    assert removed.status_code == 204
    assert (await control("GET", "/faults")).json()["data"] == []


async def test_a_fault_counts_its_bites(world, control):
    await control("POST", "/faults", {"id": "twice", "where": "reply", "kind": "error-before", "nth": [2]})
    for _ in range(3):
        await world.pay()

    (fault,) = (await control("GET", "/faults")).json()["data"]

    assert (fault["asked"], fault["bites"]) == (3, 1)


async def test_all_faults_can_be_removed_at_once(control):
    await control("POST", "/faults", DROP)
    await control("POST", "/faults", {**DROP, "id": "another"})

    await control("DELETE", "/faults")

    assert (await control("GET", "/faults")).json()["data"] == []


@pytest.mark.parametrize(
    ("fault", "status", "hint"),
    [
        ({**DROP, "kind": "explode"}, 422, "choose from"),
        ({**DROP, "prob": 1}, 422, "unknown prob"),
        ([DROP], 422, "object"),
        ({}, 422, "id"),
        ({**DROP, "id": "x" * 100_000}, 413, "too large"),
    ],
)
async def test_a_fault_that_is_none_is_refused_with_a_hint(control, fault, status, hint):
    refused = await control("POST", "/faults", fault)

    assert refused.status_code == status
    assert hint in " ".join(refused.json()["errors"])


async def test_the_same_fault_cannot_be_installed_twice_nor_one_removed_that_is_not_there(control):
    await control("POST", "/faults", DROP)

    assert (await control("POST", "/faults", DROP)).status_code == 409
    assert (await control("DELETE", "/faults/other")).status_code == 404


async def test_kinds_say_what_they_do_and_take(control):
    kinds = {kind["name"]: kind for kind in (await control("GET", "/kinds")).json()["data"]}

    late = kinds["late"]
    assert late["where"] == "webhook"
    assert late["what"]
    assert late["entitlement"]
    assert set(late["parameters"]["properties"]) == {"delay_s"}


async def test_a_preset_is_switched_on_whole_or_not_at_all(control):
    switched = await control("POST", "/presets/flaky-network")
    specs = [{"id": fault["id"]} for fault in switched.json()["data"]]
    again = await control("POST", "/presets/flaky-network")
    await control("DELETE", f"/faults/{specs[0]['id']}")
    still = await control("POST", "/presets/flaky-network")

    assert switched.status_code == 201
    assert len(specs) > 1
    assert (again.status_code, still.status_code) == (409, 409)
    assert len((await control("GET", "/faults")).json()["data"]) == len(specs) - 1


async def test_a_preset_that_does_not_exist_is_refused_with_the_one_that_was_meant(control):
    refused = await control("POST", "/presets/flakey-network")

    assert refused.status_code == 404
    assert "did you mean flaky-network?" in refused.json()["errors"][0]


async def test_the_export_holds_books_journal_and_bites_as_plain_data(world, control):
    world.install("error-after", nth=[2])
    payment = (await world.pay(key="k", **{"metadata[order_id]": "o-1"})).json()
    await world.refund(payment["id"], amount=400)
    await world.quiet()

    exported = (await control("GET", "/export")).json()

    books = export_books(world.psp)
    assert exported == json.loads(json.dumps({**books, "faults": export_bites(world.psp)}))
    assert exported["payments"][0] == {
        "id": payment["id"],
        "amount_minor": 1000,
        "currency": "EUR",
        "status": "captured",
        "captured_minor": 1000,
        "refunded_minor": 400,
        "metadata": {"order_id": "o-1"},
        "created_at_us": 1_700_000_000_000_000,
        "captured_at_us": 1_700_000_000_000_000,
        "decided_at_us": 1_700_000_000_000_000,
    }
    assert [row["amount_minor"] for row in exported["movements"]] == [1000, -400]
    assert [row["status"] for row in exported["refunds"]] == ["succeeded"]
    assert {row["kind"] for row in exported["journal"]} == {"request", "webhook"}
    assert [(row["kind"], row["object"]) for row in exported["faults"]] == [
        ("error-after", exported["refunds"][0]["id"])
    ]


async def test_the_books_are_counted_and_summed(world, control):
    payment = (await world.pay()).json()
    await world.refund(payment["id"], amount=400)
    await world.pay(card="pm_card_chargeDeclined")

    totals = (await control("GET", "/books")).json()

    assert totals["counts"] | {"payments": 2, "refunds": 1, "movements": 2} == totals["counts"]
    assert totals["payments"] == {"captured": 1, "declined": 1}
    moved = {(row["kind"], row["currency"]): row["amount_minor"] for row in totals["moved"]}
    assert moved == {("capture", "EUR"): 1000, ("refund", "EUR"): -400}


@pytest.mark.parametrize("path", ["/books/payments", "/journal", "/bites"])
async def test_rows_come_in_pages(world, control, path):
    world.install("slow", parameters={"delay_s": [0, 0]})
    for _ in range(5):
        await world.pay()
    await world.quiet()

    whole = (await control("GET", path)).json()
    pages = []
    after = ""
    while not pages or pages[-1]["has_more"]:
        pages.append((await control("GET", f"{path}?limit=2{after}")).json())
        after = f"&after={pages[-1]['next']}"

    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert all(len(page["data"]) <= 2 and page["total"] == whole["total"] for page in pages)
    assert len(whole["data"]) == whole["total"] >= 5


async def test_a_page_behind_the_last_row_shows_what_comes_after(world, control):
    await world.pay()
    last = (await control("GET", "/books/payments")).json()["next"]
    nothing = (await control("GET", f"/books/payments?after={last}")).json()
    later = (await world.pay()).json()

    fresh = (await control("GET", f"/books/payments?after={nothing['next']}")).json()

    assert nothing["data"] == []
    assert [row["id"] for row in fresh["data"]] == [later["id"]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/journal?limit=1001", 422),
        ("/journal?limit=0", 422),
        ("/journal?limt=5", 422),
        ("/journal?after=pi_1", 404),
        ("/journal?after=-5", 404),
        ("/bites?after=" + "9" * 90, 404),
        ("/books/payments?after=pi_unknown", 404),
        ("/books/peyments", 404),
        ("/books?account=acct_other", 404),
        ("/books?mode=demo", 422),
    ],
)
async def test_what_does_not_exist_is_refused_in_one_line(control, path, status):
    refused = await control("GET", path)

    assert refused.status_code == status
    (line,) = refused.json()["errors"]
    assert "\n" not in line


async def test_each_account_and_mode_has_books_of_its_own(open_world, open_control):
    world = open_world(api_keys=(ApiKey(secret=LIVE_KEY), ApiKey(secret="sk_test_other", account="acct_other")))
    control = open_control(world)
    await world.client.post(
        "/v1/payment_intents",
        data={"amount": 700, "currency": "eur"},
        headers={"Authorization": f"Bearer {LIVE_KEY}"},
    )

    first, live, other = [
        (await control("GET", f"/books{query}")).json() for query in ("", "?mode=live", "?account=acct_other")
    ]

    assert [found["counts"]["payments"] for found in (first, live, other)] == [0, 1, 0]
    assert (other["account"], other["mode"]) == ("acct_other", "test")
    assert len(first["realms"]) == 3


async def test_the_queue_is_held_looked_at_and_moved_by_hand(world, control):
    held = (await control("POST", "/webhooks/hold")).json()
    await world.pay()
    await world.pay()
    await asyncio.sleep(10)
    queue = (await control("GET", "/webhooks")).json()
    first, second, third, fourth = [row["id"] for row in queue["data"]]

    await control("POST", f"/webhooks/{fourth}/first")
    await control("POST", f"/webhooks/{second}/drop")
    copied = await control("POST", f"/webhooks/{third}/duplicate")
    await control("POST", f"/webhooks/{third}/release")
    await asyncio.sleep(1)
    alone = len(world.merchant.deliveries)
    released = (await control("POST", "/webhooks/release")).json()
    await world.quiet()

    assert (held["is_held"], queue["held"], queue["total"]) == (True, 4, 4)
    assert copied.json()["id"] not in (first, second, third, fourth)
    assert alone == 1
    assert released == {"released": 3}
    ids = {row["id"]: row["event_id"] for row in queue["data"]}
    sent = [delivery.event["id"] for delivery in world.merchant.deliveries]
    assert sent == [ids[third], ids[fourth], ids[first], ids[third]]


async def test_an_event_is_sent_again(world, control):
    await world.pay()
    await world.quiet()
    event_id = world.merchant.deliveries[-1].event["id"]

    sent = (await control("POST", f"/events/{event_id}/resend", {})).json()
    await world.quiet()

    assert len(sent["deliveries"]) == 1
    assert [delivery.event["id"] for delivery in world.merchant.deliveries].count(event_id) == 2
    assert (await control("POST", "/events/evt_none/resend", {})).status_code == 404
    assert (await control("POST", "/webhooks/dlv_none/drop")).status_code == 404


@pytest.mark.parametrize(("succeeded", "status"), [(True, "captured"), (False, "declined")])
async def test_the_customer_proves_who_it_is_or_fails_to(world, control, succeeded, status):
    payment = (await world.pay(card="pm_card_authenticationRequired")).json()
    assert payment["status"] == "requires_action"

    decided = await control("POST", f"/payments/{payment['id']}/authenticate", {"succeeded": succeeded})
    again = await control("POST", f"/payments/{payment['id']}/authenticate")

    assert decided.json()["status"] == status
    assert again.status_code == 409


async def test_the_customer_denies_a_payment(world, control):
    payment = (await world.pay()).json()

    dispute = (await control("POST", f"/payments/{payment['id']}/dispute")).json()

    assert (dispute["payment_id"], dispute["amount_minor"]) == (payment["id"], 1000)
    assert (await control("POST", "/payments/pi_none/dispute")).status_code == 404


async def test_the_clock_of_a_simulated_psp_is_not_moved_from_here(control):
    clock = (await control("GET", "/clock")).json()

    refusals = [await control("POST", f"/clock/{verb}", {"seconds": 5}) for verb in ("freeze", "resume", "advance")]

    assert clock == {"now_us": 1_700_000_000_000_000, "frozen": False, "adjustable": False}
    assert {refused.status_code for refused in refusals} == {409}


@pytest.mark.parametrize("seconds", [0, -1, 1e12, "soon", None, float("inf")])
async def test_the_clock_moves_forward_only_and_not_for_ever(control, seconds):
    refused = await control("POST", "/clock/advance", {"seconds": str(seconds)})

    assert refused.status_code == 422


async def test_the_health_is_open_and_says_whether_anything_is_under_way(world, control):
    world.merchant.takes_s = 5
    await world.pay()

    busy = (await control("GET", "/health", headers={})).json()
    await world.quiet()
    idle = (await control("GET", "/health", headers={})).json()

    assert (busy, idle) == ({"status": "ok", "idle": False}, {"status": "ok", "idle": True})


async def test_a_reset_empties_everything_and_drops_what_is_under_way(world, control):
    world.merchant.answers = [500, 500]
    world.install("drop-before", nth=[50])
    await world.pay(key="k")
    await asyncio.sleep(1)

    await control("POST", "/reset")
    await asyncio.sleep(86_400)

    assert len(world.merchant.deliveries) == 2
    assert world.psp.idle()
    assert (world.payments, world.psp.faults.specs, world.bites) == ([], (), [])
    assert "Idempotent-Replayed" not in (await world.pay(key="k")).headers
    await world.quiet()
    assert world.merchant.types[-1] == "payment_intent.succeeded"


async def test_the_document_describes_every_action(control):
    document = (await control("GET", "/openapi.json")).json()

    described = {(method.upper(), path) for path, found in document["paths"].items() for method in found}
    assert described == {(action.method, action.path) for action in ACTIONS}
    operations = [operation for found in document["paths"].values() for operation in found.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)
