"""Attacks by a merchant on another one, and by strangers on everybody: ids, lists, cursors, idempotency and API keys.

The fixture `assault` holds after every one that nothing of the victim has changed, and that nothing was told of it.
"""

import base64

import pytest

from service import cursor
from service.authentication import key_hash

pytestmark = pytest.mark.asyncio(loop_scope="session")

VICTIMS_KEY = "pk_shop"
BODY = {"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa"}

# What is tried with the victim's ids, by a merchant with a good key of his own.
WITH_IDS = {
    "The victim's payment is read.": ("GET", "/v1/payments/{paid}"),
    "The victim's history is read.": ("GET", "/v1/payments/{paid}/history"),
    "The victim's refunds are read.": ("GET", "/v1/payments/{paid}/refunds"),
    "One refund of the victim is read.": ("GET", "/v1/payments/{paid}/refunds/{refund}"),
    "The victim's refund is read below a payment of his own.": ("GET", "/v1/payments/{own}/refunds/{refund}"),
    "The victim's payment is given back.": ("POST", "/v1/payments/{paid}/refunds"),
    "The victim's payment is given back while it is unknown.": ("POST", "/v1/payments/{unknown}/refunds"),
    "A refund is asked for by the id of a refund.": ("POST", "/v1/payments/{refund}/refunds"),
    "An id in other letters.": ("GET", "/v1/payments/{PAID}"),
    "An id with a joker of LIKE.": ("GET", "/v1/payments/pay______1"),
    "An id cut short.": ("GET", "/v1/payments/pay_00000"),
    "The PSP's id in place of ours.": ("GET", "/v1/payments/{captured}"),
    "A method by which others delete.": ("DELETE", "/v1/payments/{paid}"),
    "A method by which others change.": ("PATCH", "/v1/payments/{paid}"),
    "A method by which others replace.": ("PUT", "/v1/payments/{paid}"),
    "HEAD, whose length would tell that something is there.": ("HEAD", "/v1/payments/{paid}"),
}


@pytest.mark.parametrize("story", WITH_IDS)
async def test_the_victims_ids_open_nothing(assault, target, new_key, story):
    method, path = WITH_IDS[story]
    ids = {name: getattr(target, name)["id"] for name in ("paid", "refund", "unknown", "own", "captured")}
    ids["PAID"] = ids["paid"].upper()
    content = {"json": {"amount": 1}} if method == "POST" else {}
    assault.may_own = method == "POST"  # the refusal is remembered, under the attacker's own name

    answer = await assault.ask(method, path.format(**ids), headers=new_key(), **content)

    assert answer.status_code in (404, 405)


async def test_what_is_not_his_and_what_is_not_there_are_answered_alike(assault, target):
    """Different words, headers or lengths would tell which ids there are."""
    theirs = await assault.ask("GET", f"/v1/payments/{target.paid['id']}")
    nobodys = await assault.ask("GET", "/v1/payments/pay_nobody")

    volatile = {"x-request-id", "date"}
    assert theirs.content == nobodys.content
    assert [pair for pair in theirs.headers.items() if pair[0] not in volatile] == [
        pair for pair in nobodys.headers.items() if pair[0] not in volatile
    ]


QUERIES = {
    "A filter by the victim's order.": ("payments?order_id=4711-order-of-shop", 200),
    "A filter by a joker.": ("payments?order_id=%25", 200),
    "Two filters of one name, of which one is checked and one is used.": (
        "payments?order_id=x&order_id=4711-order-of-shop",
        400,
    ),
    "Another merchant's name as a filter.": ("payments?merchant_id=shop", 400),
    "Another merchant's name in brackets.": ("payments?filter[merchant_id]=shop", 400),
    "A page of everything.": ("payments?limit=1000000", 400),
    "A page of less than nothing.": ("payments?limit=-1", 400),
    "A limit in other digits.": ("payments?limit=%D9%A1%D9%A0", 400),
    "Everything since the beginning of time.": ("payments?created_from=0001-01-01T00:00:00%2B14:00", 200),
    "A time of seconds, which some readers take.": ("payments?created_from=0", 400),
    "Discrepancies of everybody.": ("discrepancies?limit=100", 200),
    "Discrepancies of nobody in particular.": ("discrepancies?payment_id=null", 400),
    "A query where there is none.": ("payments/pay_000001?merchant_id=shop", 400),
}


@pytest.mark.parametrize("story", QUERIES)
async def test_no_query_reaches_what_is_the_victims(assault, story):
    query, status = QUERIES[story]

    assert (await assault.ask("GET", f"/v1/{query}")).status_code == status


def _encoded(place):
    return base64.urlsafe_b64encode(place.encode()).decode()


CURSORS = {
    "The victim's own cursor.": lambda target: (target.cursor, 200),
    "A cursor after the victim's newest payment.": lambda target: (cursor.after(9 * 10**17, target.paid["id"]), 200),
    "A cursor made up for the end of time.": lambda target: (cursor.after(10**18 - 1, "zzzz"), 200),
    "A cursor with a number beyond 64 bits.": lambda target: (_encoded(f"{10**30}:a"), 400),
    "A cursor with SQL in it.": lambda target: (_encoded("1:a' OR merchant_id='shop"), 400),
    "A cursor with a line end.": lambda target: (_encoded("1:a\n"), 400),
    "A cursor with a NUL.": lambda target: (_encoded("1:a\0"), 400),
    "A cursor in other digits.": lambda target: (_encoded("\u0661:a"), 400),
    "A cursor with a third part.": lambda target: (_encoded("1:a:shop"), 400),
    "A cursor of the victim with a bit turned.": lambda target: (target.cursor[:-4] + "!" + target.cursor[-3:], 400),
    "A cursor without end.": lambda target: ("A" * 5_000, 400),
    "No cursor between the quotation marks.": lambda target: ("", 400),
    "An object of some language.": lambda target: (_encoded("cos\nsystem\n(S'ls'\ntR."), 400),
}


@pytest.mark.parametrize("story", CURSORS)
@pytest.mark.parametrize("collection", ["payments", "discrepancies"])
async def test_no_cursor_leads_to_what_is_the_victims(assault, target, collection, story):
    text, status = CURSORS[story](target)

    answer = await assault.ask("GET", f"/v1/{collection}", params={"cursor": text})

    assert answer.status_code == status


async def test_the_victims_idempotency_key_brings_no_answer_of_the_victim(assault, target):
    """A key that was replayed across merchants would hand out the victim's payment."""
    assault.may_own = True

    answer = await assault.ask("POST", "/v1/payments", json=BODY, headers={"Idempotency-Key": "k1"})

    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (202, None)
    assert answer.json()["id"] != target.paid["id"]


async def test_the_victims_idempotency_key_gives_nothing_back(assault, target):
    """The key of a refund that was accepted, sent again by another merchant with the same body and address."""
    assault.may_own = True  # the answer 404 is remembered under his own name
    path = f"/v1/payments/{target.paid['id']}/refunds"

    answer = await assault.ask(
        "POST", path, json={"amount": 100, "reason": "reason of shop"}, headers={"Idempotency-Key": "k2"}
    )

    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (404, None)


async def test_the_victims_order_is_not_taken_for_others(assault, new_key):
    """An order's name that was unique across merchants would tell whether a rival has such an order, or block it."""
    assault.may_own = True

    answer = await assault.ask("POST", "/v1/payments", json=BODY | {"order_id": "another"}, headers=new_key())

    assert answer.status_code == 202


@pytest.mark.parametrize(
    "member",
    ["merchant_id", "id", "status", "amount_captured", "created_at", "__proto__", "Amount", "amount ", "metadata.x"],
)
async def test_no_member_that_is_not_the_clients_is_taken(assault, new_key, member):
    """A body that sets what only we may set: another merchant, a state, a sum, or a name that is nearly one of ours."""
    answer = await assault.ask("POST", "/v1/payments", json=BODY | {member: "shop"}, headers=new_key())

    assert answer.status_code == 400


BEARERS = {
    "No header.": [],
    "An empty header.": [""],
    "The scheme alone.": ["Bearer"],
    "The victim's key as a user name (Basic).": [f"Basic {base64.b64encode(f'{VICTIMS_KEY}:'.encode()).decode()}"],
    "The victim's key without a scheme.": [VICTIMS_KEY],
    "The victim's key under another scheme.": [f"Token {VICTIMS_KEY}"],
    "The victim's key under a scheme that begins alike.": [f"BearerX {VICTIMS_KEY}"],
    "A key of nobody under the scheme in small letters.": ["bearer pk_nobody"],
    "The victim's key behind a tabulator.": [f"Bearer\t{VICTIMS_KEY}"],
    "The victim's key in quotation marks.": [f'Bearer "{VICTIMS_KEY}"'],
    "The victim's key behind a key of nobody.": [f"Bearer pk_nobody {VICTIMS_KEY}"],
    "The victim's key behind a comma.": [f"Bearer pk_nobody, Bearer {VICTIMS_KEY}"],
    "Two headers, the second of which is good.": ["Bearer pk_nobody", f"Bearer {VICTIMS_KEY}"],
    "Two headers, the first of which is good.": [f"Bearer {VICTIMS_KEY}", "Bearer pk_nobody"],
    "The victim's key twice.": [f"Bearer {VICTIMS_KEY}"] * 2,
    "The victim's key cut short.": [f"Bearer {VICTIMS_KEY[:-1]}"],
    "The victim's key made longer.": [f"Bearer {VICTIMS_KEY}x"],
    "The victim's key in capital letters.": [f"Bearer {VICTIMS_KEY.upper()}"],
    "The victim's key with an escape in it.": ["Bearer pk%5Fshop"],
    "The hash of the victim's key, out of a stolen table.": [f"Bearer {key_hash(VICTIMS_KEY)}"],
    "The id of the victim's key.": [f"Bearer key_{key_hash(VICTIMS_KEY)[:24]}"],
    "The victim's name.": ["Bearer shop"],
    "A key that was revoked.": ["Bearer pk_revoked"],
    "The key that we have at the PSP.": ["Bearer sk_test_of_the_psp"],
    "The secret of the metrics.": ["Bearer token-of-the-metrics"],
    "SQL in place of a key.": ["Bearer ' OR '1'='1"],
    "A joker in place of a key.": ["Bearer %"],
    "A key of ten thousand letters.": [f"Bearer {'x' * 10_000}"],
    "Bytes that are no text.": [b"Bearer \xff\xfe"],
    "A token without a signature (JWT, alg none).": ["Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaG9wIn0."],
}


@pytest.mark.parametrize("story", BEARERS)
async def test_who_has_no_key_is_nobody(assault, target, new_key, story):
    del assault.client.headers["Authorization"]
    headers = [("Authorization", one) for one in BEARERS[story]] + [*new_key().items()]

    answers = [
        await assault.ask("POST", "/v1/payments", json=BODY, headers=headers),
        await assault.ask("POST", f"/v1/payments/{target.paid['id']}/refunds", headers=headers),
        await assault.ask("GET", "/v1/payments", headers=headers),
        await assault.ask("GET", f"/v1/payments/{target.paid['id']}", headers=headers),
        await assault.ask("GET", "/v1/discrepancies", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


ELSEWHERE = {
    "In the query.": {"params": {"api_key": VICTIMS_KEY, "access_token": VICTIMS_KEY}},
    "In a header of another name.": {"headers": {"X-Api-Key": VICTIMS_KEY, "X-Authorization": f"Bearer {VICTIMS_KEY}"}},
    "In a cookie.": {"headers": {"Cookie": f"Authorization=Bearer {VICTIMS_KEY}; session={VICTIMS_KEY}"}},
    "In the proxy's header.": {"headers": {"Proxy-Authorization": f"Bearer {VICTIMS_KEY}"}},
    "A merchant's name that a gateway might have added.": {"headers": {"X-Merchant-Id": "shop", "X-User": "shop"}},
}


@pytest.mark.parametrize("story", ELSEWHERE)
async def test_a_key_in_another_place_is_none(assault, story):
    """Where logs, browsers and proxies would keep it, or where somebody else's framework looks for it."""
    del assault.client.headers["Authorization"]

    assert (await assault.ask("GET", "/v1/payments", **ELSEWHERE[story])).status_code == 401


async def test_the_scheme_is_known_in_any_letters_and_the_key_in_one_way_only(assault):
    """No attack: RFC 9110 has the scheme without regard to case, and a client that writes it so must get in."""
    answer = await assault.ask("GET", "/v1/payments", headers={"Authorization": "bEARER pk_other"})

    assert answer.status_code == 200
