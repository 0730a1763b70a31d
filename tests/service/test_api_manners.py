"""The manners of the HTTP face: methods, types, pages, problems, and what it says of itself."""

import json

import httpx
import pytest
from jsonschema import Draft202012Validator

from service.app import framework
from service.problems import Problem


@pytest.fixture(scope="module")
def document():
    return framework().openapi()


def _operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_the_type_of_a_problem_leads_to_what_it_means(bench):
    refused = await bench.client.get("/v1/payments/pay_none")

    told = await bench.client.get(httpx.URL(str(refused.url)).join(refused.json()["type"]))

    assert (told.status_code, told.json()["title"]) == (200, refused.json()["title"])
    assert told.json()["advice"] == Problem.PAYMENT_NOT_FOUND.advice
    assert told.json() in (await bench.client.get("/problems")).json()["data"]


async def test_a_type_that_is_none_leads_nowhere(bench):
    assert (await bench.client.get("/problems/none")).json()["type"] == "/problems/problem-not-found"


async def test_every_address_says_which_methods_it_has(bench):
    for path, allowed in {
        "/v1/payments": "GET, HEAD, OPTIONS, POST",
        "/v1/payments/pay_1/refunds": "GET, HEAD, OPTIONS, POST",
        "/v1/payments/pay_1": "GET, HEAD, OPTIONS",
        "/webhooks/psp": "OPTIONS, POST",
        "/openapi.json": "GET, HEAD, OPTIONS",
    }.items():
        refused, asked = await bench.client.request("BREW", path), await bench.client.options(path)

        assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)
        assert refused.json()["type"] == "/problems/method-not-allowed"
        assert (asked.status_code, asked.headers["Allow"], asked.content) == (204, allowed, b"")


async def test_head_is_get_without_the_body(bench):
    for path in ("/v1/payments", "/v1/payments/pay_none", "/healthz", "/nowhere"):
        full, head = await bench.client.get(path), await bench.client.head(path)

        assert (head.status_code, head.content) == (full.status_code, b"")
        assert head.headers == full.headers


async def test_head_is_counted_as_what_it_is(bench):
    watched = await bench.another(watched=True)

    await watched.client.head("/v1/payments")

    counted = (await watched.client.get("/metrics")).text
    assert 'paystorm_requests_total{method="HEAD",route="/v1/payments",status="200"} 1.0' in counted


async def test_who_cannot_read_json_is_told_before_anything_is_done(bench):
    expected = {
        "*/*": 200,
        "application/*": 200,
        "application/json": 200,
        "text/html, application/json;q=0.1": 200,
        "application/problem+json, */*;q=0.5": 200,
        "text/html": 406,
        "application/json;q=0, */*": 406,
        "application/json;q=0.000": 406,
        "application/problem+json": 406,
    }

    answers = {accept: await bench.client.get("/v1/payments", headers={"Accept": accept}) for accept in expected}

    assert {accept: answer.status_code for accept, answer in answers.items()} == expected


async def test_a_page_stays_where_it_was_while_others_are_added(bench):
    made = [(await bench.pay(key=f"key-{number}")).json()["id"] for number in range(3)]
    first = (await bench.client.get("/v1/payments?limit=2")).json()
    await bench.pay(key="in-between")

    second = (await bench.client.get("/v1/payments", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["id"] for one in first["data"] + second["data"]] == made[::-1]


async def test_amounts_are_what_cards_can_carry(bench):
    expected = {("JPY", 1): 202, ("KWD", 1250): 202, ("KWD", 1251): 400, ("EUR", 1251): 202}

    answers = {
        (currency, amount): await bench.pay(key=f"{currency}{amount}", currency=currency, amount=amount)
        for currency, amount in expected
    }

    assert {wanted: answer.status_code for wanted, answer in answers.items()} == expected


async def test_everything_that_is_wrong_is_told_at_once_and_nothing_that_was_sent(bench):
    refused = await bench.pay(amount="4242424242424242", currency="4242", surprise="4242")

    errors = refused.json()["errors"]
    assert [error["where"] for error in errors] == ["body.amount", "body.currency", "body.surprise"]
    assert "4242" not in refused.text


async def test_there_is_no_page_that_runs_scripts(bench):
    answers = [await bench.client.get(path) for path in ("/docs", "/redoc", "/docs/oauth2-redirect")]

    assert [answer.status_code for answer in answers] == [404] * 3


def test_every_operation_is_described(document):
    for path, method, operation in _operations(document):
        name = f"{method} {path}"
        assert operation["operationId"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert operation.get("security", []) == ([{"merchant": []}] if path.startswith("/v1/") else []), name
        assert {"408", "413", "431", "500", "503"} <= set(operation["responses"]), name
        assert all(answer["description"] for answer in operation["responses"].values()), name
        assert all("X-Request-Id" in answer["headers"] for answer in operation["responses"].values()), name
        assert all(one.get("description") for one in operation.get("parameters", ()) if one["name"] != "slug"), name
    assert document["openapi"].startswith("3.1")
    assert len({operation["operationId"] for _, _, operation in _operations(document)}) == len(_operations(document))


def test_what_takes_a_key_says_so_and_has_the_answers_of_keys(document):
    keyed = {
        operation["operationId"]: (operation, parameter)
        for _, _, operation in _operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
    }

    assert {"create_payment", "create_refund"} <= set(keyed)
    for operation, parameter in keyed.values():
        done = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert parameter["required"]
        assert {"400", "401", "409", "422"} <= set(operation["responses"])
        assert [{"Location", "Idempotent-Replayed"} <= set(answer["headers"]) for answer in done] == [True]


def test_every_example_is_one_and_every_reference_leads_somewhere(document):
    examples = 0
    for schema in [*_schemas(document), document["paths"]["/webhooks/psp"]["post"]["requestBody"]]:
        for one in _with_examples(schema):
            for example in one["examples"]:
                whole = {**one, "components": document["components"]}
                Draft202012Validator(whole).validate(example)
                examples += 1
    assert examples >= 7
    assert all(_resolved(document, reference) for reference in _references(document))


def _schemas(document):
    return document["components"]["schemas"].values()


def _with_examples(node):
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        for inner in node.values():
            yield from _with_examples(inner)


def _references(document):
    return {line.split('"')[3] for line in json.dumps(document, indent=1).splitlines() if '"$ref": "#' in line}


def _resolved(document, reference):
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


async def test_every_problem_that_is_described_is_one_and_the_answers_keep_to_the_schema(bench, document):
    schema = document["components"]["schemas"]["Problem"]
    answers = [
        await bench.client.get("/nowhere"),
        await bench.client.delete("/v1/payments"),
        await bench.pay(amount=0),
        await bench.refund("pay_none"),
        await bench.client.post("/webhooks/psp", content=b"{}"),
    ]

    for answer in answers:
        Draft202012Validator(schema).validate(answer.json())
        assert answer.json()["status"] == answer.status_code
