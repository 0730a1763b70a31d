"""Search: what a query means, and where one goes wrong."""

from dataclasses import dataclass, field

import pytest

from psp_chaos.wire.errors import WireError
from psp_chaos.wire.queries import Language, Searchable, understand

SEARCH = "/v1/payment_intents/search"


@dataclass
class Shoe:
    name: str = "Red Boot"
    size: int = 43
    status: str = "worn"
    colour: str | None = None
    metadata: dict = field(default_factory=lambda: {"k": "it's", 'a"b': "x\\y", "k[0]": "z"})


SHOES = Language(
    fields={
        "name": Searchable(kind="text", get=lambda shoe: shoe.name),
        "size": Searchable(kind="number", get=lambda shoe: shoe.size),
        "status": Searchable(kind="token", get=lambda shoe: shoe.status),
        "colour": Searchable(kind="text", get=lambda shoe: shoe.colour),
    },
    metadata=lambda shoe: shoe.metadata,
)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("status:'worn'", True),
        ('status:"WORN"', True),
        ("status:'wor'", False),
        ("-status:'worn'", False),
        ("size:43", True),
        ("size:'43'", True),
        ("size=43", True),
        ("size>42", True),
        ("size>43", False),
        ("size>=43 AND size<=43", True),
        ("size<43 OR name:'red boot'", True),
        ("size<43 or status:'lost'", False),
        ("size>42 status:'worn'", True),
        ("size>42 -status:'worn'", False),
        ("size>-1", True),
        ("name~'boot'", True),
        ("name~'sandal'", False),
        ("metadata['k']:'it\\'s'", True),
        ('metadata["k"]:"it\'s"', True),
        ("metadata['a\"b']:'x\\\\y'", True),
        ("metadata['k[0]']:'z'", True),
        ("metadata['none']:null", True),
        ("-metadata['k']:null", True),
        ("metadata['k']~'t\\'s'", True),
        ("colour:null", True),
        ("colour:''", True),
        ("  size : 43  ", True),
    ],
)
def test_a_query_finds_what_it_describes(query, is_found):
    assert understand(query, SHOES)(Shoe()) is is_found


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", 1),
        ("status", 7),
        ("status:", 8),
        ("status:worn", 8),
        ("smell:'bad'", 1),
        ("size>42 AND", 12),
        ("size>42 AND OR size<50", 13),
        ("size>1 AND size<9 OR size:3", 19),
        ("metadata['k':'v'", 13),
        ("metadata:'v'", 1),
        ("metadata[k]:'v'", 10),
        ("name['k']:'v'", 1),
        ("size~'43'", 5),
        ("size:'big'", 6),
        ("status~'wor'", 7),
        ("name~'bo'", 6),
        ("name>'a'", 5),
        ("size:4.5", 6),
        ("size: > 4", 7),
        ("'worn", 1),
        ("status:'worn", 8),
        ("size:43)", 8),
        ("(size:43)", 1),
        ("size:999999999999999999999", 6),
        ("AND", 1),
        (" ".join(["size:1"] * 11), 77),
    ],
)
def test_a_query_that_goes_wrong_says_where(query, place):
    with pytest.raises(WireError, match=f"at character {place} "):
        understand(query, SHOES)


def test_a_long_query_is_read_quickly():
    with pytest.raises(WireError):
        understand("name:'" + "\\" * 4_998, SHOES)
    with pytest.raises(WireError):
        understand("-" * 5_000, SHOES)


async def test_payments_are_found_newest_first_and_page_by_page(world):
    for amount in (500, 600, 700, 800):
        await world.pay(amount=amount, **{"metadata[it's]": "mine"})
    await world.pay(amount=600)
    query = "metadata['it\\'s']:'mine' AND amount>500"

    first = (await world.get(SEARCH, query=query, limit=2)).json()
    second = (await world.get(SEARCH, query=query, limit=2, page=first["next_page"])).json()

    assert (first["object"], first["url"], first["has_more"]) == ("search_result", SEARCH, True)
    assert [row["amount"] for row in (*first["data"], *second["data"])] == [800, 700, 600]
    assert (second["has_more"], second["next_page"]) == (False, None)


async def test_payments_are_found_by_every_field(world):
    customer = (await world.post("/v1/customers", {"email": "jenny@example.com", "name": "Jenny Rosen"})).json()["id"]
    paid = (await world.pay(customer=customer)).json()
    await world.pay(card="pm_card_chargeDeclined", currency="usd")
    query = f"customer:'{customer}' currency:'EUR' status:'succeeded' created:{paid['created']}"

    found = (await world.get(SEARCH, query=query)).json()["data"]
    charges = (await world.get("/v1/charges/search", query="status:'failed'")).json()["data"]
    customers = (await world.get("/v1/customers/search", query="email:'JENNY@example.com' AND name~'rosen'")).json()[
        "data"
    ]

    assert [payment["id"] for payment in found] == [paid["id"]]
    assert [charge["currency"] for charge in charges] == ["usd"]
    assert [one["id"] for one in customers] == [customer]


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ({}, "parameter_missing", "query"),
        ({"query": "shoe:'red'"}, None, "query"),
        ({"query": "amount>1", "page": "none"}, None, "page"),
        ({"query": "amount>1", "page": "é"}, None, "page"),
        ({"query": "amount>1", "limit": 0}, "parameter_invalid_integer", "limit"),
    ],
)
async def test_a_search_that_cannot_be_made_is_refused(world, query, code, param):
    refused = await world.get(SEARCH, **query)

    error = refused.json()["error"]
    assert (refused.status_code, error.get("code"), error["param"]) == (400, code, param)
