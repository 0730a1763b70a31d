"""Attacks with bodies: too large, too deep, too slow, compressed, of another type, and of two meanings.

The fixture `assault` holds after every one that nothing has changed, not even of the attacker's own.
"""

import asyncio
import gzip
import json

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY = {"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa"}
TEXT = json.dumps(BODY)
JSON = "application/json"


def _with(member):
    return f"{TEXT[:-1]}, {member}}}".encode()


def _amount(text):
    return TEXT.replace("1250", text).encode()


MALFORMED = {
    "The body ends in the middle.": TEXT[:-9].encode(),
    "Something behind the body.": TEXT.encode() + b"{}",
    "Two amounts, of which a checker in front sees the other.": _with('"amount": 1'),
    "Two amounts, one of them in escapes.": _with('"\\u0061mount": 1'),
    "Two members of one name further in.": _with('"metadata": {"a": "1", "a": "2"}'),
    "An amount that is no number.": _amount("NaN"),
    "An amount without end.": _amount("Infinity"),
    "An amount of thousands of digits, which takes long to read.": _amount("9" * 5_000),
    "An amount with leading zeros.": _amount("01250"),
    "An amount in hexadecimal digits.": _amount("0x4e2"),
    "A raw NUL.": _with('"description": "a\0b"'),
    "A surrogate that stands alone.": _with('"description": "\\ud800"'),
    "A surrogate that stands alone, in a name.": _with('"metadata": {"\\udfff": "x"}'),
    "Bytes that are no UTF-8.": TEXT.encode()[:-1] + b', "description": "\xff\xfe"}',
    "UTF-8 in more bytes than needed, for a quotation mark.": TEXT.encode()[:-1] + b', "description": "\xc0\xa2"}',
    "UTF-16.": TEXT.encode("utf-16"),
    "A byte order mark.": b"\xef\xbb\xbf" + TEXT.encode(),
    "Comments.": TEXT.encode() + b"// not JSON",
    "Sixty thousand brackets.": b"[" * 60_000,
    "Thousands of objects in one another.": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "Brackets behind strings that never end, to make a reader look again and again.": b"[" * 101
    + b'"'
    + b'\\"' * 30_000,
    "Metadata nested a hundredfold.": _with('"metadata": ' + '{"a":' * 100 + "1" + "}" * 100),
    "Another language.": b"amount=1250&currency=EUR&payment_method=pm_card_visa",
    "An entity that grows (XML).": b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;&b;&b;</a>',
}
INVALID = {
    "An amount of nothing.": _amount("0"),
    "A negative amount, to be paid.": _amount("-1250"),
    "An amount beyond what the PSP takes.": _amount("100000000"),
    "An amount beyond 64 bits.": _amount("9" * 30),
    "An amount with a fraction of nothing.": _amount("1250.0"),
    "An amount in exponents.": _amount("1.25e3"),
    "An amount beyond all floats.": _amount("1e999"),
    "An amount that is a truth value.": _amount("true"),
    "An amount in quotation marks.": _amount('"1250"'),
    "An amount in a list.": _amount("[1250]"),
    "An amount that is nothing.": _amount("null"),
    "A currency in small letters.": TEXT.replace("EUR", "eur").encode(),
    "A currency that nobody has.": TEXT.replace("EUR", "XXX").encode(),
    "A currency in letters that look alike.": TEXT.replace("EUR", "\u0415UR").encode(),
    "An amount that a currency of thousandths cannot have.": TEXT.replace("EUR", "KWD")
    .replace("1250", "1251")
    .encode(),
    "A NUL in escapes, which PostgreSQL does not keep.": _with('"description": "a\\u0000b"'),
    "A line end in an order's name.": _with('"order_id": "a\\r\\nb"'),
    "A control character of the other set.": _with('"order_id": "a\\u0085b"'),
    "A line separator.": _with('"order_id": "a\\u2028b"'),
    "A terminal's escape.": _with('"description": "\\u001b[2J"'),
    "An order's name without letters.": _with('"order_id": ""'),
    "An order's name without end.": _with(f'"order_id": "{"x" * 201}"'),
    "Metadata without end.": _with('"metadata": {' + ",".join(f'"{number}": ""' for number in range(51)) + "}"),
    "Metadata that is a list.": _with('"metadata": []'),
    "Metadata with a number.": _with('"metadata": {"a": 1}'),
    "Metadata with a long name.": _with(f'"metadata": {{"{"k" * 41}": ""}}'),
    "Metadata with a name of nothing.": _with('"metadata": {"": "x"}'),
    "Thousands of members that we do not know.": _with(",".join(f'"x{number}": 1' for number in range(5_000))),
    "A member with a name of sixty thousand letters.": _with(f'"{"x" * 60_000}": 1'),
    "A list in place of an object.": b"[" + TEXT.encode() + b"]",
    "A text in place of an object.": b'"payment"',
    "Nothing in place of an object.": b"null",
}


@pytest.mark.parametrize("story", MALFORMED)
async def test_a_body_of_no_meaning_or_of_two_is_refused(assault, new_key, story):
    answer = await assault.ask(
        "POST", "/v1/payments", content=MALFORMED[story], headers={"Content-Type": JSON} | new_key()
    )

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/malformed-body"


@pytest.mark.parametrize("story", INVALID)
async def test_a_body_that_asks_for_what_cannot_be_is_refused(assault, new_key, story):
    answer = await assault.ask(
        "POST", "/v1/payments", content=INVALID[story], headers={"Content-Type": JSON} | new_key()
    )

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/invalid-request"
    assert len(answer.content) < 8_000  # an answer that grew with the question would be a weapon


TYPES = {
    "A form, which a page in a browser may send to anybody.": {"Content-Type": "application/x-www-form-urlencoded"},
    "Plain text, which a page may send as well.": {"Content-Type": "text/plain"},
    "A form in parts.": {"Content-Type": "multipart/form-data; boundary=x"},
    "XML.": {"Content-Type": "application/xml"},
    "JSON of another kind.": {"Content-Type": "application/merge-patch+json"},
    "No type.": {},
    "Two types.": [("Content-Type", JSON), ("Content-Type", "text/plain")],
    "A type that only begins alike.": {"Content-Type": "application/jsonx"},
    "Compressed, it says.": {"Content-Type": JSON, "Content-Encoding": "gzip"},
    "Compressed twice, it says.": {"Content-Type": JSON, "Content-Encoding": "gzip, br"},
}


@pytest.mark.parametrize("story", TYPES)
async def test_a_body_of_another_type_is_refused(assault, new_key, story):
    given = TYPES[story]
    headers = [*(given.items() if isinstance(given, dict) else given), *new_key().items()]

    answer = await assault.ask("POST", "/v1/payments", content=TEXT.encode(), headers=headers)

    assert answer.status_code == 415


async def test_a_bomb_is_not_unpacked(assault, new_key):
    """Ten kilobytes that would be ten megabytes."""
    bomb = gzip.compress(b" " * 10_000_000, compresslevel=1)
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"} | new_key()

    answer = await assault.ask("POST", "/v1/payments", content=bomb, headers=headers)

    assert len(bomb) < 65_536
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity")


@pytest.mark.parametrize("path", ["/v1/payments", "/webhooks/psp", "/healthz", "/nowhere"])
async def test_a_body_that_is_too_large_is_refused_wherever_it_goes(assault, new_key, path):
    """A body larger than agreed, also where nobody would read it."""
    headers = {"Content-Type": JSON} | new_key()

    assert (await assault.ask("POST", path, content=b" " * 65_537, headers=headers)).status_code == 413


def _head(*headers, path="/v1/payments", method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: service", "Authorization: Bearer pk_other", "Idempotency-Key: raw"]
    return "\r\n".join([*lines, "Content-Type: application/json", *headers, "", ""]).encode()


async def test_a_body_in_chunks_that_never_says_its_size(assault):
    """Chunks without end, to get past a check of Content-Length."""
    chunk = b"2000\r\n" + b" " * 0x2000 + b"\r\n"

    heard = await assault.write(_head("Transfer-Encoding: chunked", "Connection: close"), *[chunk] * 12)

    assert heard == b"" or heard.startswith(b"HTTP/1.1 413")  # the connection may be gone before the answer is read


async def test_a_body_whose_head_announces_terabytes(assault):
    """A size that somebody might allocate at once; the body itself never comes."""
    heard = await assault.write(_head("Content-Length: 999999999999"), b" " * 70_000)

    assert heard == b"" or heard.startswith(b"HTTP/1.1 413")


async def test_a_body_that_drips(assault):
    """A byte now and then, to hold a place for hours: the deadline is for all of the body."""
    heard = await assault.write(_head("Content-Length: 100"), *[b" "] * 2, pause_s=0.1)

    assert heard.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in heard.lower()
    assert b"/problems/body-too-slow" in heard


async def test_a_body_that_never_begins(assault):
    """A head, and then silence."""
    heard = await assault.write(_head("Content-Length: 100"))

    assert heard.startswith(b"HTTP/1.1 408")


async def test_who_waits_for_his_own_body_takes_nobodys_place(assault, target):
    """As many silent connections as there are places: others must be served all the same."""
    admitted = target.bench.settings.requests_in_flight_max
    silent = [asyncio.open_connection("127.0.0.1", target.port) for _ in range(admitted + 5)]
    connections = await asyncio.gather(*silent)
    for _, writer in connections:
        writer.write(_head("Content-Length: 100"))
    await asyncio.sleep(0.05)

    answer = await assault.ask("GET", "/v1/payments")

    for _, writer in connections:
        writer.close()
    assert answer.status_code == 200


async def test_a_body_that_breaks_off(assault):
    """Half of a body, and then the end: what came is a complete wish, but not the whole of what was announced."""
    reader, writer = await asyncio.open_connection("127.0.0.1", assault.target.port)
    writer.write(_head(f"Content-Length: {len(TEXT) + 10}") + TEXT.encode())
    await writer.drain()
    writer.write_eof()
    assault.heard.append((await reader.read(-1)).decode("latin-1"))
    writer.close()

    assert "202" not in assault.heard[0]
