"""Each fault of a merchant's server from outside: what the sender sees, what the merchant has, what is written down."""

import json

import pytest

from scenarios.faults.menu import WORLD_FAULTS
from scenarios.faults.merchant import MERCHANT_FAULTS, Down, Drop, DropAfter, Error, ErrorAfter, Hang
from scenarios.units import NS_PER_S, to_ns
from scenarios.virtual.merchants import Merchants, look_up, secret_of
from scenarios.virtual.nemesis import Bites
from scenarios.virtual.nemesis.merchants import MerchantNemesis
from scenarios.virtual.network import ConnectionFailed, ConnectionLost, ConnectionRefused
from service.seal import seal

ALWAYS = {"probability": 1, "window": {"to_s": 100}}
BODY = json.dumps(
    {
        "id": "evt_1",
        "type": "payment.succeeded",
        "timestamp": "2026-01-01T00:00:00.000007Z",
        "sequence": 3,
        "data": {"object": "payment", "id": "pay_1", "status": "SUCCESS", "amount": 5, "currency": "EUR"},
    }
).encode()


@pytest.fixture
def world(new_world):
    return new_world()


@pytest.fixture
def merchants(world):
    return Merchants(world, count=2)


def haunt(world, merchants, fault):
    bites = Bites(now_us=world.clock.now_us)
    MerchantNemesis(world, merchants, bites=bites).haunt(fault)
    return bites.rows


def send(world, *, at_s=0.0, merchant=1, body=BODY, secret=None, signed_s_ago=0):
    """Send an event at a time; return what came back, and when."""

    def sender():
        yield world.env.timeout(to_ns(at_s) - world.env.now)
        signed_at_us = world.clock.now_us() - signed_s_ago * 1_000_000
        headers = seal(body, event_id="evt_1", secrets=[secret or secret_of(merchant)], at_us=signed_at_us)
        try:
            answer = yield world.network.exchange(
                source="worker/1",
                target=f"203.0.113.{merchant}",
                method="POST",
                path="/events",
                headers=headers,
                body=body,
            )
            seen = answer.status
        except ConnectionFailed as error:
            seen = type(error)
        return seen, world.env.now / NS_PER_S

    return world.run(world.env.process(sender()))


def test_without_faults_an_event_is_taken_once_and_acknowledged_each_time(world, merchants):
    assert [send(world)[0], send(world, at_s=1)[0]] == [200, 200]

    assert [row["is_taken"] for row in merchants.diary] == [True, False]
    first = merchants.diary[0]
    assert (first["merchant_id"], first["event_id"], first["payment_id"]) == ("merchant_1", "evt_1", "pay_1")
    assert (first["state"], first["sequence"], first["amount_minor"], first["refund_id"]) == ("SUCCESS", 3, 5, None)
    assert first["happened_at_us"] == 1_767_225_600_000_007


@pytest.mark.parametrize(
    ("wrong", "is_signed"),
    [
        ({"secret": secret_of(2)}, False),
        ({"signed_s_ago": 301}, True),
        ({"body": b"no event", "secret": "whsec_"}, False),
    ],
    ids=["another secret", "long ago", "nonsense"],
)
def test_what_cannot_be_believed_is_refused_and_noted(world, merchants, wrong, is_signed):
    assert send(world, at_s=600, **wrong)[0] == 400

    (row,) = merchants.diary
    assert (row["is_signed"], row["is_taken"], row["status"]) == (is_signed, False, 400)


@pytest.mark.parametrize(
    ("fault", "seen", "is_taken"),
    [
        (Error(id="f", **ALWAYS), 500, False),
        (ErrorAfter(id="f", **ALWAYS), 500, True),
        (Drop(id="f", **ALWAYS), ConnectionLost, False),
        (DropAfter(id="f", **ALWAYS), ConnectionLost, True),
        (Hang(id="f", for_s=(20, 20), **ALWAYS), ConnectionLost, False),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_an_event_that_arrives_meets_the_fault_as_long_as_its_window_is_open(world, merchants, fault, seen, is_taken):
    bites = haunt(world, merchants, fault)

    came_back, at_s = send(world, at_s=1)
    afterwards = send(world, at_s=101)[0]

    row, again = merchants.diary
    assert (came_back, row["status"], row["is_taken"], row["fault"]) == (
        seen,
        500 if seen == 500 else None,
        is_taken,
        "f",
    )
    assert (at_s > 20) is (fault.kind == "hang")
    assert (afterwards, again["is_taken"], again["fault"]) == (200, not is_taken, None)
    (bite,) = bites
    assert (bite["where"], bite["kind"], bite["target"]) == ("merchant", fault.kind, "merchant_1")
    assert bite["detail"] == {"event_id": "evt_1", "payment_id": "pay_1"}


def test_a_server_that_is_down_refuses_and_comes_back_with_what_it_had(world, merchants):
    bites = haunt(world, merchants, Down(id="f", every_s=(10, 10), for_s=(5, 5), window={"to_s": 17}))

    seen = [send(world, at_s=at_s)[0] for at_s in (1, 12, 16)]

    assert seen == [200, ConnectionRefused, 200]
    assert [row["is_taken"] for row in merchants.diary] == [True, False]
    assert [(bite["target"], bite["detail"]) for bite in bites] == [
        ("merchant_1", {"for_s": 5.0}),
        ("merchant_2", {"for_s": 5.0}),
    ]


def test_faults_that_are_rare_strike_each_merchant_in_its_own_way(new_world):
    def struck():
        world = new_world()
        merchants = Merchants(world, count=2)
        haunt(world, merchants, Error(id="f", probability=0.5))
        return [
            [send(world, at_s=at_s, merchant=number)[0] for at_s in range(50 * number, 50 * number + 20)]
            for number in (1, 2)
        ]

    first, second = struck(), struck()

    assert first == second
    assert first[0] != first[1]
    assert 4 < sum(status == 500 for status in first[0]) < 16


def test_each_kind_is_on_the_menu():
    assert {kind for where, kind in WORLD_FAULTS.items() if where[0] == "merchant"} == set(MERCHANT_FAULTS)


@pytest.mark.parametrize("name", ["shop-.example", "shop-x.example", "shop.example", "shop-1.example.com"])
async def test_nobody_else_has_an_address(name):
    assert await look_up("shop-12.example", 80) == ["203.0.113.12"]

    with pytest.raises(OSError, match="nobody knows"):
        await look_up(name, 80)
