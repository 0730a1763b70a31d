"""`paystorm reconcile` against a PSP that is a process of its own, and the database of a service that is not ours."""

import asyncio
import json
import re
import subprocess
import sys
import time
from random import Random

import httpx
import pytest

from scenarios.cli.main import run_command
from service.settings import Settings
from service.system import SystemClock, SystemIds
from service.wiring import add_merchant, compose, create_database_engine, create_schema

KEY = "sk_test_paystorm"
TOKEN = "control_for_tests"
LAST_LINE = "Ctrl-C stops it."


@pytest.fixture(scope="module")
def psp_url():
    command = [sys.executable, "-m", "scenarios.cli", "psp", "--port", "0", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.strip() == LAST_LINE:
                break
        yield re.search(r"^PSP +(\S+)$", "".join(lines), re.MULTILINE)[1]
        process.kill()


@pytest.fixture
def service_database(empty_database, psp_url):
    """The database of a service that took two payments; the answer to a third was lost, and nobody healed it."""
    asyncio.run(_history(empty_database, psp_url))
    time.sleep(1.1)  # the second of the last payment must be over
    return empty_database


async def _history(database_url, psp_url):
    settings = Settings(
        database_url=database_url, psp_base_url=psp_url, psp_api_key=KEY, psp_webhook_secret="whsec_none"
    )
    database = create_database_engine(settings)
    async with httpx.AsyncClient(transport=_Deaf(), trust_env=False) as psp_http:
        service = compose(
            settings=settings,
            clock=SystemClock(),
            ids=SystemIds(),
            random=Random(1),
            database=database,
            psp_http=psp_http,
        )
        await create_schema(database)
        await add_merchant(database, merchant_id="shop", name="Shop", api_key="key")
        client = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://service")
        for number in range(3):
            body = {"amount": 1250 + number, "currency": "EUR", "payment_method": "pm_card_visa"}
            headers = {"Authorization": "Bearer key", "Idempotency-Key": f"key-{number}"}
            assert (await client.post("/v1/payments", json=body, headers=headers)).status_code == 202
    await database.dispose()


class _Deaf(httpx.AsyncHTTPTransport):
    """The third answer of the PSP gets lost."""

    asked = 0

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        self.asked += 1
        if self.asked == 3:
            await response.aread()
            raise httpx.ReadTimeout("lost", request=request)
        return response


def _reconcile(database_url, psp_url, *more):
    return run_command(["reconcile", "--database-url", database_url, "--psp-url", psp_url, "--psp-key", KEY, *more])


def test_what_was_left_is_settled_and_nothing_is_wrong(service_database, psp_url, capsys):
    code = _reconcile(service_database, psp_url)

    printed = capsys.readouterr().out
    assert code == 0
    assert re.search(r"^matched +2 agree, 0 were asked about", printed, re.MULTILINE) or "3 agree" in printed
    assert "repaired 0 · open 0 · needs a person 0" in printed


def test_money_that_was_taken_twice_goes_back(service_database, psp_url, capsys):
    with httpx.Client(base_url=psp_url, auth=(KEY, "")) as merchant:
        first = merchant.get("/v1/payment_intents", params={"limit": 1}).json()["data"][0]
        again = {"amount": first["amount"], "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
        again |= {f"metadata[{name}]": value for name, value in first["metadata"].items()}
        twin = merchant.post("/v1/payment_intents", data=again).json()
        time.sleep(1.1)

        code = _reconcile(service_database, psp_url)

        # Whose answer was lost has no object of its own yet, so either of the two may be taken for it.
        refunds = [
            one
            for psp_id in (first["id"], twin["id"])
            for one in merchant.get("/v1/refunds", params={"payment_intent": psp_id}).json()["data"]
        ]
    printed = capsys.readouterr().out
    assert code == 0
    assert [one["amount"] for one in refunds] == [first["amount"]]
    assert re.search(r"double-capture +repaired +1 +12\.5\d EUR", printed)


def test_a_wrong_line_needs_a_person_and_json_says_so(empty_database, psp_url, capsys):
    fault = {"id": "wrong", "where": "books", "kind": "settlement-row-wrong", "parameters": {"by_minor": 7}}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(f"{psp_url}/_chaos/faults", json=fault, headers=headers).raise_for_status()
    try:
        asyncio.run(_history(empty_database, psp_url))
    finally:
        httpx.delete(f"{psp_url}/_chaos/faults/wrong", headers=headers).raise_for_status()
    time.sleep(1.1)

    codes = [_reconcile(empty_database, psp_url, "--json") for _ in range(2)]

    documents = capsys.readouterr().out
    first, end = json.JSONDecoder().raw_decode(documents)
    second = json.loads(documents[end:])
    assert codes == [1, 1]
    assert [(one["kind"], one["state"], one["count"]) for one in first["discrepancies"]] == [
        ("line-wrong", "needs_person", 3)
    ]
    assert second["discrepancies"] == first["discrepancies"]
    assert second["reading"]["lines_new"] == 0


def test_what_cannot_be_understood_or_reached_has_an_exit_code_of_its_own(empty_database, psp_url, capsys):
    codes = [
        _reconcile("mysql://somewhere", psp_url),
        _reconcile(empty_database, "nowhere"),
        _reconcile(empty_database, psp_url),  # not a service's database
        _reconcile("postgresql://u:secret@127.0.0.1:1/x", psp_url),
    ]

    errors = capsys.readouterr().err
    assert codes == [2, 2, 2, 4]
    assert "secret" not in errors
    assert len(errors.splitlines()) == 4


def test_a_psp_that_does_not_answer_is_not_a_clean_bill(service_database, capsys):
    code = _reconcile(service_database, "http://127.0.0.1:1")

    assert code == 4
    assert "could not be read to its end" in capsys.readouterr().err
