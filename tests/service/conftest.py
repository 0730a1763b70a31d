"""A bench for the service: the real app on a real database, with a scripted PSP and a clock that tests move."""

import asyncio
import hashlib
import hmac
import itertools
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from engine.usecases import TryAttempt
from service.courier import merchant_http
from service.export import export_books
from service.settings import Settings
from service.wiring import (
    Merchants,
    Parts,
    add_merchant,
    compose,
    compose_watched,
    create_database_engine,
    create_schema,
)

START_US = 1_700_000_000_000_000
API_KEY = "pk_shop"


class FakeClock:
    def __init__(self):
        self.at_us = START_US

    def now_us(self):
        return self.at_us

    def advance(self, seconds):
        self.at_us += round(seconds * 1_000_000)


class FakeIds:
    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}_{next(self._numbers):06}"


class FakePsp:
    """A PSP in memory with correct keys. Each operation takes its next behaviour from a script, else it works.

    Behaviours: ok, decline, pending, action (the customer has to prove who it is), refuse (400), before (500, no
    effect), timeout_before, after (500, remembered), timeout_after, html_after, busy (409), hold and hold_before (wait
    for their gate first), and any int as a status.
    """

    def __init__(self, clock):
        self.clock = clock
        self.requests = []  # (operation, idempotency key)
        self.objects = {}  # id -> payment intent or refund
        self.remembered = {}  # idempotency key -> (status, body)
        self.fingerprints = {}  # idempotency key -> what was asked first
        self.scripts = defaultdict(deque)
        self.held = asyncio.Queue()  # one gate for each request that is being held
        self.statement = []  # balance transactions, oldest first; `visible_at_us` may hide one
        self.page_size = 100  # the most lines that a page of the statement has
        self._numbers = itertools.count(1)
        self._line_numbers = itertools.count(1)

    def script(self, operation, *behaviours):
        self.scripts[operation].extend(behaviours)

    def count(self, operation):
        return sum(1 for one, _ in self.requests if one == operation)

    def captured(self):
        return [one for one in self.objects.values() if one["id"].startswith("pi_") and one["status"] == "succeeded"]

    async def __call__(self, request):
        operation, psp_id = self._operation(request)
        key = request.headers.get("Idempotency-Key")
        self.requests.append((operation, key))
        behaviour = self.scripts[operation].popleft() if self.scripts[operation] else "ok"
        if behaviour in ("hold", "hold_before"):
            gate = asyncio.Event()
            self.held.put_nowait(gate)
            await gate.wait()
            behaviour = "ok" if behaviour == "hold" else "before"
        if behaviour == "before":
            return _error(500, "api_error")
        if behaviour == "busy":
            return _error(409, "idempotency_error", code="idempotency_key_in_use")
        if behaviour == "timeout_before":
            raise httpx.ReadTimeout("too slow", request=request)
        if isinstance(behaviour, int):
            return _error(behaviour, "invalid_request_error", headers={"Retry-After": "33"})
        if request.method == "GET":
            return self._read(operation, psp_id, request)
        if key not in self.remembered:
            self.fingerprints[key] = request.content
            self.remembered[key] = self._changed(operation, psp_id, behaviour, parse_qs(request.content.decode()))
        if behaviour == "timeout_after":
            raise httpx.ReadTimeout("too slow", request=request)
        if behaviour == "html_after":
            return httpx.Response(200, text="<html>hello</html>")
        is_same = self.fingerprints[key] == request.content
        status, body = self.remembered[key] if is_same else (400, {"error": {"type": "idempotency_error"}})
        return httpx.Response(status, json=body)

    def _operation(self, request):
        _, _, collection, *rest = request.url.path.split("/")
        if collection == "balance_transactions":
            return "read_statement", None
        if rest[1:] == ["cancel"]:
            return "cancel_payment", rest[0]
        noun = "payment" if collection == "payment_intents" else "refund"
        if request.method == "POST":
            return f"create_{noun}", None
        return (f"retrieve_{noun}", rest[0]) if rest else (f"list_{noun}s", None)

    def _read(self, operation, psp_id, request):
        if psp_id is not None:
            return httpx.Response(200, json=self.objects[psp_id])
        if operation == "read_statement":
            rows, page_size = self._lines(request.url.params), self.page_size
        else:
            prefix = "pi_" if operation == "list_payments" else "re_"
            wanted = request.url.params.get("payment_intent")
            rows = [one for one in self.objects.values() if one["id"].startswith(prefix)]
            rows, page_size = [one for one in rows if wanted in (None, one.get("payment_intent"))], 2
        newest_first = rows[::-1]
        after = request.url.params.get("starting_after")
        ids = [one["id"] for one in newest_first]
        rest = newest_first[ids.index(after) + 1 :] if after else newest_first
        return httpx.Response(200, json={"object": "list", "data": rest[:page_size], "has_more": len(rest) > page_size})

    def _lines(self, params):
        from_s, until_s = int(params["created[gte]"]), int(params["created[lt]"])
        now_us = self.clock.now_us()
        shown = [one for one in self.statement if one.get("visible_at_us", 0) <= now_us]
        lines = [one for one in shown if from_s <= one["created"] < until_s]
        return [one | {"source": self._source(one["source"])} for one in sorted(lines, key=lambda one: one["created"])]

    def _source(self, psp_id):
        spoken_of = self.objects.get(psp_id, {"id": psp_id, "metadata": {}})
        if psp_id.startswith("re_"):
            return spoken_of
        return {"id": f"ch_of_{psp_id}", "payment_intent": psp_id, "metadata": spoken_of["metadata"]}

    def report(self, kind, spoken_of, *, amount=None, **members):
        """Write a line about an object, as of now, and return it."""
        signed = -spoken_of["amount"] if kind == "refund" else spoken_of["amount"]
        line = {
            "id": f"txn_{next(self._line_numbers)}",
            "type": kind,
            "amount": signed if amount is None else amount,
            "fee": 0,
            "currency": spoken_of["currency"],
            "created": self.clock.now_us() // 1_000_000,
            "source": spoken_of["id"],
        }
        self.statement.append(line | members)
        return self.statement[-1]

    def capture(self, *, amount=1250, metadata=None, psp_id=None):
        """Let money move that nobody asked for, and report it."""
        psp_id = psp_id or f"pi_{next(self._numbers)}"
        made = {"id": psp_id, "status": "succeeded", "amount": amount, "amount_received": amount, "currency": "eur"}
        self.objects[psp_id] = made | {"metadata": metadata or {}}
        self.report("charge", made)
        return self.objects[psp_id]

    def fail_refund(self, psp_id):
        """Let the money of a refund come back."""
        self.objects[psp_id] |= {"status": "failed", "failure_reason": "declined"}
        self.report("refund_failure", self.objects[psp_id])

    def _changed(self, operation, psp_id, behaviour, form):
        return self._cancel(psp_id) if operation == "cancel_payment" else self._create(operation, behaviour, form)

    def _cancel(self, psp_id):
        """Cancel as Stripe does: not what has succeeded, and not what is at the bank."""
        if self.objects[psp_id]["status"] in ("succeeded", "processing", "canceled"):
            error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
            return 400, {"error": error | {"payment_intent": dict(self.objects[psp_id])}}
        self.objects[psp_id] |= {"status": "canceled", "amount_received": 0}
        return 200, dict(self.objects[psp_id])

    def _create(self, operation, behaviour, form):
        if behaviour == "refuse":
            return 400, {"error": {"type": "invalid_request_error", "code": "parameter_invalid"}}
        made = self._object(operation, form)
        if made["amount"] == 0:
            return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
        self.objects[made["id"]] = made
        if behaviour == "decline":
            made |= {"status": "requires_payment_method", "last_payment_error": {"decline_code": "insufficient_funds"}}
            error = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
            return 402, {"error": error | {"payment_intent": dict(made)}}
        if behaviour == "pending":
            made["status"] = "processing" if operation == "create_payment" else "pending"
        if behaviour == "action":
            made |= {"status": "requires_action", "amount_received": 0}
        if form.get("confirm") == ["false"]:
            made |= {"status": "requires_confirmation", "amount_received": 0}
        if made["status"] == "succeeded":
            self.report("charge" if made["id"].startswith("pi_") else "refund", made)
        if behaviour == "after":
            return 500, {"error": {"type": "api_error"}}
        return 200, dict(made)

    def _object(self, operation, form):
        metadata = {name[9:-1]: values[0] for name, values in form.items() if name.startswith("metadata[")}
        prefix = "pi" if operation == "create_payment" else "re"
        made = {
            "id": f"{prefix}_{next(self._numbers)}",
            "status": "succeeded",
            "amount": int(form["amount"][0]) if "amount" in form else self._left(form["payment_intent"][0]),
            "currency": form["currency"][0] if prefix == "pi" else "eur",
            "metadata": metadata,
        }
        if prefix == "re":
            return made | {"payment_intent": form["payment_intent"][0]}
        return made | {"amount_received": made["amount"]}

    def _left(self, psp_id):
        gone = [one for one in self.objects.values() if one.get("payment_intent") == psp_id]
        return self.objects[psp_id]["amount"] - sum(one["amount"] for one in gone if one["status"] != "failed")


def _error(status, kind, *, code=None, headers=None):
    return httpx.Response(status, json={"error": {"type": kind, "code": code}}, headers=headers)


class FakeListener:
    """The merchants' side: names, and whoever listens behind them.

    What is heard is answered by the next of the script, else with 200: any int as a status, `timeout`, `hold` (which
    waits for its gate), or an exception.
    """

    def __init__(self):
        self.names = {"shop.example": ["93.184.215.14"]}
        self.heard = []  # requests
        self.script = deque()
        self.held = asyncio.Queue()

    async def look_up(self, host, port):
        if host not in self.names:
            raise OSError(f"no such host {host}:{port}")
        return self.names[host]

    async def __call__(self, request):
        self.heard.append(request)
        behaviour = self.script.popleft() if self.script else 200
        if behaviour == "hold":
            gate = asyncio.Event()
            self.held.put_nowait(gate)
            await gate.wait()
            behaviour = 200
        if behaviour == "timeout":
            raise httpx.ReadTimeout("too slow", request=request)
        if isinstance(behaviour, Exception):
            raise behaviour
        return httpx.Response(behaviour, headers={"Location": "https://shop.example/elsewhere"})

    def events(self):
        """What was heard, in order."""
        return [json.loads(one.content) for one in self.heard]

    def ids(self):
        return [one.headers["webhook-id"] for one in self.heard]


@dataclass(kw_only=True)
class Bench:
    """One process of the service, and everything around it."""

    settings: Settings
    clock: FakeClock
    ids: FakeIds
    psp: FakePsp
    listener: FakeListener
    database: object
    service: object
    client: httpx.AsyncClient
    opened: list = field(default_factory=list)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    async def another(self, *, parts=None, watched=False, **changes):
        """Another process on the same database, with the same PSP and clock."""
        settings = self.settings.model_copy(update=changes)
        other = await _bench(
            settings, self.clock, self.ids, self.psp, listener=self.listener, parts=parts, watched=watched
        )
        self.opened.append(other)
        return other

    async def pay(self, *, key="key-1", **body):
        body = {"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa"} | body
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await self.client.post("/v1/payments", content=json.dumps(body), headers=headers)

    async def refund(self, payment_id, *, key="refund-1", **body):
        path = f"/v1/payments/{payment_id}/refunds"
        return await self.client.post(path, json=body, headers={"Idempotency-Key": key})

    async def cancel(self, payment_id, *, key="cancel-1"):
        return await self.client.post(f"/v1/payments/{payment_id}/cancel", headers={"Idempotency-Key": key})

    async def listen(self, url="https://shop.example/hooks", *, key="listen-1"):
        """Open an endpoint and return it with its secret."""
        answer = await self.client.post("/v1/endpoints", json={"url": url}, headers={"Idempotency-Key": key})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def deliver(self):
        """Let the worker look once, and finish what it has to tell."""
        await self.service.worker.tick()
        await self.service.worker.postman.finish()

    async def deliveries(self):
        """Every delivery as it is stored, by event and endpoint."""
        async with self.database.connect() as connection:
            found = await connection.execute(text("SELECT * FROM deliveries ORDER BY event_id, endpoint_id"))
            return [dict(row) for row in found.mappings()]

    async def read(self, payment_id):
        return (await self.client.get(f"/v1/payments/{payment_id}")).json()

    async def history(self, payment_id):
        found = (await self.client.get(f"/v1/payments/{payment_id}/history")).json()["data"]
        return [(one["to"], one["source"]) for one in found]

    async def tell(self, event_type, spoken_of, *, event_id=None, secret=None, signed_at_s=None, **members):
        """Deliver an event of the PSP."""
        event_id = event_id or f"evt_{next(self._numbers)}"
        body = {"id": event_id, "type": event_type, "livemode": False, "data": {"object": spoken_of}} | members
        payload = json.dumps(body).encode()
        now_s = self.clock.now_us() // 1_000_000
        header = sign(payload, secret or self.settings.psp_webhook_secret, signed_at_s or now_s)
        return await self.client.post("/webhooks/psp", content=payload, headers={"Stripe-Signature": header})

    async def books(self):
        return await export_books(self.database)

    async def heal(self, seconds=3600, step_s=60):
        """Let the worker work until nothing is left, for an hour at most."""
        for _ in range(round(seconds / step_s)):
            self.clock.advance(step_s)
            await self.service.worker.tick()
            if not any(one["due_at_us"] for one in (await self.books())["attempts"]):
                return

    def count_statements(self):
        """Return a list that grows with every statement this process sends."""
        statements = []

        def note(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(self.database.sync_engine, "before_cursor_execute", note)
        return statements

    async def run_sql(self, statement):
        async with self.database.begin() as connection:
            await connection.execute(text(statement))

    async def close(self):
        for other in self.opened:
            await other.close()
        await self.client.aclose()
        await self.database.dispose()


def sign(payload, secret, at_s):
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


async def _bench(settings, clock, ids, psp, *, listener=None, parts=None, watched=False):
    database = create_database_engine(settings)
    listener = listener or FakeListener()
    world = {
        "settings": settings,
        "clock": clock,
        "ids": ids,
        "random": Random(7),
        "database": database,
        "psp_http": httpx.AsyncClient(transport=httpx.MockTransport(psp)),
        "merchants": Merchants(http=merchant_http(httpx.MockTransport(listener)), resolve=listener.look_up),
    }
    service = compose_watched(**world) if watched else compose(**world, parts=parts)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app),
        base_url="http://service",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    return Bench(
        settings=settings,
        clock=clock,
        ids=ids,
        psp=psp,
        listener=listener,
        database=database,
        service=service,
        client=client,
    )


@pytest.fixture
async def make_bench():
    """Return how to make a bench on a database that has the tables and the merchant."""
    made = []

    async def make(database_url, *, parts=None, **changes):
        settings = Settings(
            database_url=database_url,
            psp_base_url="http://psp",
            psp_api_key="sk_test_1",
            psp_webhook_secret="whsec_1",
            **{"lock_timeout_s": 0.3, "pool_size": 5} | changes,
        )
        clock = FakeClock()
        made.append(await _bench(settings, clock, FakeIds(), FakePsp(clock), parts=parts))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture(scope="session")
def furnished(postgres):
    """The name of a database with the tables and the merchant, to be copied: that takes a third of making them anew."""
    name = f"furnished_{uuid4().hex}"
    postgres.create_database(name)
    asyncio.run(_furnish(postgres.url(name)))
    return name


async def _furnish(url):
    database = create_async_engine(url, poolclass=NullPool)
    await create_schema(database)
    await add_merchant(database, merchant_id="shop", name="Shop", api_key=API_KEY)
    await database.dispose()


@pytest.fixture
def shop_database(postgres, furnished):
    """The URL of a database with the tables and the merchant, which nobody else uses."""
    name = f"shop_{uuid4().hex}"
    postgres.create_database(name, template=furnished)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
async def bench(shop_database, make_bench):
    return await make_bench(shop_database)


@pytest.fixture
def no_fast_path():
    """Parts of a service that always dies between the answer and the fast path."""

    class DeadFastPath(TryAttempt):
        async def dispatch(self, case):
            return False

    return Parts(try_attempt=DeadFastPath)
