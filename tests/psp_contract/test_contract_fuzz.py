"""Whatever is sent, the PSP answers no 5xx that nobody ordered, and neither its answers nor its memory grow with it."""

import socket
from urllib.parse import quote, urlencode, urlsplit

import psutil
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, not_a_server_error, response_schema_conformance

from psp_chaos.wire.offers import OFFERS
from psp_chaos.wire.openapi import openapi

KEY = "sk_test_contract"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
FORM = "application/x-www-form-urlencoded"
ANSWER_BYTES_MAX = 2_000_000
BODY_BYTES_MAX = 65_536
URL_BYTES_MAX = 65_000
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]

# The same examples every time: what is found once is found by everybody.
bounded = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
few = settings(bounded, max_examples=5)


@pytest.fixture(scope="session")
def fuzzed_psp(launch):
    return launch(seed=2)


@pytest.fixture(scope="session")
def misused_psp(launch):
    """A PSP whose control plane is fuzzed, so that nothing about it can be relied on afterwards."""
    return launch(seed=3)


@pytest.fixture(scope="session")
def known(fuzzed_psp):
    """An object of each resource."""
    with requests.Session() as session:
        session.headers.update(AUTHORIZED)

        def post(path, **form):
            answer = session.post(f"{fuzzed_psp.url}/v1/{path}", data=form, timeout=10)
            return answer.json().get("id", "none")

        payment = post("payment_intents", amount=100, currency="eur", confirm="true", payment_method="pm_card_visa")
        return {
            "payment_intents": payment,
            "refunds": post("refunds", payment_intent=payment, amount=1),
            "customers": post("customers", name="Jenny"),
            "webhook_endpoints": post("webhook_endpoints", url="http://127.0.0.1:9/x", **{"enabled_events[]": "x.y"}),
        }


@schemathesis.serializer(FORM)
def stripes_form(_context, value):
    """Write a body as Stripe's SDKs do."""
    return urlencode(list(_pairs("", value)), errors="replace").encode()


def _pairs(path, value):
    match value:
        case dict():
            for name, inner in value.items():
                yield from _pairs(f"{path}[{name}]" if path else str(name), inner)
        case list() | tuple():
            for number, inner in enumerate(value):
                yield from _pairs(f"{path}[{number}]", inner)
        case None:
            yield path, ""
        case bool():
            yield path, str(value).lower()
        case _:
            yield path, str(value)


def _operations(document):
    return {found.ok().label: found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()}


WIRE = _operations(openapi(OFFERS.values()))


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", WIRE)
def test_the_wire_keeps_to_its_document(fuzzed_psp, known, label, mode):
    operation = WIRE[label]
    fixed = {"path_parameters": {"id": known.get(operation.path.split("/")[2], "none")}} if "{" in label else {}

    with requests.Session() as session:

        @few
        @given(case=operation.as_strategy(generation_mode=mode, **fixed))
        def fuzz(case):
            answer = case.call(base_url=fuzzed_psp.url, session=session, headers=AUTHORIZED)
            # What is longer was never a request to the server below the PSP, which says so in its own way.
            checks = CHECKS if len(answer.request.url) < URL_BYTES_MAX else [not_a_server_error]
            case.validate_response(answer, checks=checks)
            assert len(answer.content) < ANSWER_BYTES_MAX

        fuzz()


def test_the_control_plane_keeps_to_its_document(misused_psp):
    operations = _operations(misused_psp.control.get("/openapi.json").raise_for_status().json())
    headers = dict(misused_psp.control.headers)

    with requests.Session() as session:
        for operation in operations.values():

            @few
            @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
            def fuzz(case):
                answer = case.call(base_url=f"{misused_psp.url}/_chaos", session=session, headers=headers)
                case.validate_response(answer, checks=CHECKS)

            fuzz()

    assert misused_psp.control.get("/health").is_success
    assert len(operations) > 20


def exchange(psp, request):
    """Send these bytes on a connection of their own; return the status and the body of the answer."""
    address = urlsplit(psp.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        try:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        except ConnectionError:
            return None, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert len(answer) < ANSWER_BYTES_MAX
    return int(head.split()[1]), body


def written(method, path, *, body=b"", headers=()):
    """Write a request by hand, as no client would let one."""
    given_headers = {
        b"Host": b"psp",
        b"Connection": b"close",
        b"Authorization": AUTHORIZED["Authorization"].encode(),
        b"Content-Type": FORM.encode(),
        b"Content-Length": str(len(body)).encode(),
        **dict(headers),
    }
    lines = [b"%s %s HTTP/1.1" % (method, path), *(b"%s: %s" % header for header in given_headers.items())]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


PATHS = sorted({offer.path.replace("{id}", "none").encode() for offer in OFFERS.values()})
POSTS = sorted({offer.path.replace("{id}", "none").encode() for offer in OFFERS.values() if offer.method == "POST"})
LISTS = sorted({offer.path.encode() for offer in OFFERS.values() if offer.method == "GET" and "{" not in offer.path})
FIELDS = sorted({name for offer in OFFERS.values() for name in offer.parameters.model_fields})

hostile_values = some.one_of(
    some.sampled_from(
        [
            "",
            "\0",
            "null",
            "true",
            "NaN",
            "1e999",
            "-0",
            "9" * 400,
            "-" + "9" * 18,
            "\ud7ff",
            "%",
            "%zz",
            "../..",
            "\u2019",
        ]
    ),
    some.text(max_size=40),
    some.integers(min_value=-(10**30), max_value=10**30).map(str),
)
hostile_names = some.one_of(
    some.sampled_from(FIELDS),
    some.builds(
        lambda name, keys: name + "".join(f"[{key}]" for key in keys),
        some.sampled_from([*FIELDS, "", "metadata", "created"]),
        some.lists(some.sampled_from(["", "0", "a", "gte", "][", "[", "]", "9" * 30, "\0", "__proto__"]), max_size=12),
    ),
    some.text(alphabet="ab[]&=%+;\0\x1f", max_size=20),
)
hostile_forms = some.lists(some.tuples(hostile_names, hostile_values), max_size=30).map(
    lambda pairs: urlencode(pairs, errors="replace").encode()
)


def answered_well(status, body, *, path):
    """Tell whether the PSP refused or did what was asked, in the way of the wire."""
    if status is None:
        return False
    return status < 500 and (not path.startswith(b"/v1") or body.startswith(b"{") or status == 400)


@bounded
@given(path=some.sampled_from(POSTS), body=some.binary(max_size=400))
def test_a_body_of_any_bytes_is_answered(fuzzed_psp, path, body):
    status, answer = exchange(fuzzed_psp, written(b"POST", path, body=body))

    assert answered_well(status, answer, path=path)


@settings(bounded, max_examples=120)
@given(path=some.sampled_from(POSTS), body=hostile_forms)
def test_a_form_that_means_ill_is_answered(fuzzed_psp, path, body):
    status, answer = exchange(fuzzed_psp, written(b"POST", path, body=body))

    assert answered_well(status, answer, path=path)


@settings(bounded, max_examples=100)
@given(path=some.sampled_from(LISTS), query=hostile_forms)
def test_a_query_that_means_ill_is_answered(fuzzed_psp, path, query):
    status, answer = exchange(fuzzed_psp, written(b"GET", path + b"?" + query[:8_000]))

    assert answered_well(status, answer, path=path)


@bounded
@given(query=some.text(alphabet="metadatusor[]':-<>=~ AND\"\\0129\0", max_size=60))
def test_any_search_is_answered(fuzzed_psp, query):
    path = b"/v1/payment_intents/search?query=" + quote(query).encode()

    status, answer = exchange(fuzzed_psp, written(b"GET", path))

    assert answered_well(status, answer, path=path)


@bounded
@given(
    method=some.sampled_from([b"GET", b"POST", b"DELETE", b"PUT", b"PATCH", b"HEAD", b"OPTIONS", b"TRACE", b"BREW"]),
    path=some.sampled_from([*PATHS, b"/", b"/v1", b"/v1/", b"//v1/payment_intents", b"/_chaos", b"/_chaos/x"]),
)
def test_any_method_is_answered(fuzzed_psp, method, path):
    status, _answer = exchange(fuzzed_psp, written(method, path))

    assert status is not None
    assert status < 500


@bounded
@given(
    name=some.sampled_from(
        [
            b"Authorization",
            b"Idempotency-Key",
            b"Content-Type",
            b"Stripe-Version",
            b"Stripe-Account",
            b"X-Stripe-Client-User-Agent",
            b"Accept-Encoding",
            b"Expect",
        ]
    ),
    value=some.one_of(
        some.sampled_from(
            [b"", b"Bearer", b"Bearer  ", b"Basic !!!!", b"Basic //79", b"Basic Og==", b"\xff\xfe", b"," * 99]
        ),
        some.binary(max_size=300).map(lambda junk: junk.translate(None, b"\r\n\0")),
    ),
)
def test_any_header_is_answered(fuzzed_psp, name, value):
    request = written(b"POST", b"/v1/payment_intents", body=b"amount=100&currency=eur", headers={name: value}.items())

    status, _answer = exchange(fuzzed_psp, request)

    assert status is not None
    assert status < 500


@bounded
@given(object_id=some.one_of(some.text(max_size=60), some.sampled_from(["%00", "..", "%2e%2e%2f", "a" * 3_000])))
def test_any_identifier_is_answered(fuzzed_psp, object_id):
    path = b"/v1/payment_intents/" + quote(object_id, safe="%", errors="replace").encode()

    status, answer = exchange(fuzzed_psp, written(b"GET", path))

    assert answered_well(status, answer, path=path)


@pytest.mark.parametrize(
    "form",
    [
        "&".join(f"f{number}=1" for number in range(5_000)),
        "&".join(f"expand[]={number}" for number in range(5_000)),
        "a" + "[b]" * 9_000 + "=1",
        "metadata" + "[" * 30_000,
        "amount=" + "9" * 60_000,
        "metadata[" + "k" * 60_000 + "]=1",
        "expand[999999999999999999]=latest_charge",
        "=&" * 30_000,
        ";" * 60_000,
    ],
    ids=["fields", "entries", "depth", "brackets", "digits", "key", "index", "nothing", "semicolons"],
)
def test_a_form_of_excess_is_refused_at_once(fuzzed_psp, form):
    status, answer = exchange(fuzzed_psp, written(b"POST", b"/v1/payment_intents", body=form.encode()))

    assert status in (400, 413)
    assert len(answer) < 10_000


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/xml", "", "\x7f"]
)
def test_a_body_of_another_type_is_answered(fuzzed_psp, content_type):
    body = b'{"amount": 100, "currency": "eur"}'
    headers = {b"Content-Type": content_type.encode()}

    status, _answer = exchange(fuzzed_psp, written(b"POST", b"/v1/payment_intents", body=body, headers=headers.items()))

    assert status == 400


def test_an_endless_body_is_cut_off(fuzzed_psp):
    address = urlsplit(fuzzed_psp.url)
    head = written(b"POST", b"/v1/payment_intents").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"

    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head)
        with pytest.raises(ConnectionError):
            connection.sendall(chunk * 1_000)


def test_a_declared_body_is_refused_as_soon_as_it_is_too_large(fuzzed_psp):
    headers = {b"Content-Length": b"999999999999"}
    body = b"a" * (BODY_BYTES_MAX + 1)

    status, _answer = exchange(fuzzed_psp, written(b"POST", b"/v1/payment_intents", body=body, headers=headers.items()))

    assert status == 413


def test_what_was_refused_is_not_kept(fuzzed_psp):
    process = psutil.Process(fuzzed_psp.pid)
    body = b"amount=0&currency=eur&description=" + b"x" * 60_000

    def refuse(times):
        for number in range(times):
            headers = {b"Idempotency-Key": b"%d" % number}
            request = written(b"POST", b"/v1/payment_intents", body=body, headers=headers.items())
            assert exchange(fuzzed_psp, request)[0] == 400
        return process.memory_info().rss

    before = refuse(50)
    after = refuse(400)

    assert after - before < 12_000_000  # what was sent in between are 24 million bytes


@pytest.mark.parametrize("path", ["/journal", "/bites", "/books/payments", "/books/movements"])
def test_pages_of_the_control_plane_have_an_end(fuzzed_psp, path):
    answer = fuzzed_psp.control.get(path, params={"limit": 10**9})

    assert answer.status_code in (400, 422) or len(answer.json()["data"]) <= 1_000


@pytest.mark.parametrize("path", ["/journal", "/bites", "/books/payments"])
@pytest.mark.parametrize("after", ["9" * 19, "9" * 40, "-1", "x", "\0", "%"])
def test_pages_of_the_control_plane_begin_somewhere(fuzzed_psp, path, after):
    answer = fuzzed_psp.control.get(path, params={"after": after})

    assert answer.status_code < 500
