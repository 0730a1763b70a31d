"""Attacks through every text that we keep: SQL, formats, markup. They are kept as they came, and mean nothing.

Here the attacker does what every merchant may, with what is his own: the fixture `assault` holds that everybody else's
rows are as they were.
"""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAYLOADS = {
    "Everything is true.": "' OR '1'='1' --",
    "A second statement.": "'; DROP TABLE payments; --",
    "Another one's row.": "' UNION SELECT id FROM payments WHERE merchant_id = 'shop",
    "A dollar quote's end.": "$$; DELETE FROM refunds; $$",
    "A backslash, where quotes are escaped by one.": "\\'; TRUNCATE payments CASCADE; --",
    "A parameter of the driver.": "$1 %(id)s :merchant_id ?",
    "A format of C.": "%s%s%s%n%x",
    "A format of Python.": "{0.__class__.__init__.__globals__} {settings.psp_api_key}",
    "A template.": "{{7*7}} ${7*7} <%= 7*7 %>",
    "A script for whoever shows it.": "</script><script>alert(1)</script>",
    "A formula for whoever opens it in a sheet.": '=HYPERLINK("http://evil.example","x")',
    "A path.": "../../../../etc/passwd",
    "Letters that run backwards, and others of many bytes.": "\u202eRIAF\u202c \U0001f4b8 ﷽",
}


@pytest.mark.parametrize("story", PAYLOADS)
async def test_a_text_is_a_text_wherever_it_is_kept(assault, new_key, story):
    assault.may_own = True
    payload = PAYLOADS[story]
    texts = {"order_id": payload, "description": payload, "metadata": {payload[:40]: payload, "k": payload}}
    body = {"amount": 700, "currency": "EUR", "payment_method": payload} | texts

    made = (await assault.ask("POST", "/v1/payments", json=body, headers=new_key())).json()
    await assault.target.settled()
    path = f"/v1/payments/{made['id']}"
    refund = (await assault.ask("POST", f"{path}/refunds", json={"reason": payload}, headers=new_key())).json()
    shown = (await assault.ask("GET", path)).json()
    listed = (await assault.ask("GET", "/v1/payments", params={"order_id": payload})).json()["data"]

    assert {name: shown[name] for name in texts} == texts
    assert shown["payment_method"] == payload
    assert refund["reason"] == payload
    assert [one["id"] for one in listed] == [made["id"]]


@pytest.mark.parametrize("story", [story for story, payload in PAYLOADS.items() if payload.isascii()])
async def test_an_idempotency_key_is_a_text_as_well(assault, story):
    assault.may_own = True
    body = {"amount": 5, "currency": "EUR", "payment_method": "pm_card_visa"}
    headers = {"Idempotency-Key": PAYLOADS[story]}

    answers = [await assault.ask("POST", "/v1/payments", json=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert answers[0].content == answers[1].content


PLACES = ("/v1/payments/{}", "/v1/payments/{}/history", "/v1/payments/{}/refunds", "/v1/payments/pay_1/refunds/{}")
FILTERS = ("status", "limit", "cursor", "created_from", "created_until")


@pytest.mark.parametrize("story", PAYLOADS)
async def test_a_text_in_place_of_an_id_or_of_a_filter_is_none(assault, story):
    payload = PAYLOADS[story]
    escaped = "".join(f"%{byte:02x}" for byte in payload.encode())

    answers = [await assault.ask("GET", place.format(escaped)) for place in PLACES]
    answers += [await assault.ask("GET", "/v1/payments", params={name: payload}) for name in FILTERS]
    answers += [await assault.ask("GET", "/v1/discrepancies", params={"kind": payload})]

    assert {answer.status_code for answer in answers} <= {400, 404}
