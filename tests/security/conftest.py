"""Attackers meet the same bench as the tests of the service, or one service on a real socket that all of them share."""

import asyncio
import importlib.util
import itertools
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import text

from engine.retries import SECOND_US
from service.authentication import key_hash
from service.main import server_config
from service.settings import Settings
from service.store import metadata
from service.wiring import add_merchant, create_schema

_spec = importlib.util.spec_from_file_location(
    "bench_of_the_service", Path(__file__).parents[1] / "service/conftest.py"
)
_bench = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _bench
_spec.loader.exec_module(_bench)

bench, make_bench, no_fast_path = _bench.bench, _bench.make_bench, _bench.no_fast_path
furnished, shop_database = _bench.furnished, _bench.shop_database

SECRET = "whsec_of_the_psp"
METRICS_TOKEN = "token-of-the-metrics"
REVOKED_KEY = "pk_revoked"
PSP_API_KEY = "sk_test_of_the_psp"
RIDDLES = (
    "4711-order-of-shop",
    "secret words of shop",
    "value-of-shop",
    "reason of shop",
)  # only the victim knows them


@dataclass(kw_only=True)
class Target:
    """A service with a victim (`shop`) and an attacker who is a merchant, too (`other`)."""

    bench: object
    url: str
    paid: dict  # the victim's payment
    refund: dict  # a part of it, given back
    unknown: dict  # another payment of the victim, about which the PSP has not answered
    cursor: str  # of the victim's list
    own: dict  # the attacker's payment
    captured: dict  # the PSP's object behind the victim's payment
    waiting: dict  # the PSP's object behind the victim's other payment

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    async def rows(self):
        """Every row of every table, as text, by table and owner (of a payment, through its merchant)."""
        selects = [_rows_of(table) for table in metadata.sorted_tables]
        async with self.bench.database.connect() as connection:
            found = await connection.execute(text(" UNION ALL ".join(selects)))
            return sorted(tuple(row) for row in found)

    async def settled(self):
        """Wait until what follows the answers to the attacker has been done."""
        for _ in range(200):
            async with self.bench.database.connect() as connection:
                if not await connection.scalar(text(_UNSETTLED)):
                    return
            await asyncio.sleep(0.01)
        raise AssertionError("the attacker's own payments are not settled")

    def riddles(self):
        """Everything in an answer by which one would know something of the victim."""
        ids = (self.paid["id"], self.refund["id"], self.unknown["id"], self.captured["id"], self.waiting["id"])
        return (*ids, *RIDDLES, SECRET, METRICS_TOKEN, PSP_API_KEY, "Traceback", "sqlalchemy", "asyncpg", "/service/")


_UNSETTLED = """
SELECT count(*) FROM attempts JOIN payments ON payments.id = payment_id
WHERE settled_at_us IS NULL AND merchant_id = 'other'
"""


def _rows_of(table):
    name, merchant = table.name, "''"
    if "merchant_id" in table.c:
        merchant = "t.merchant_id"
    elif "payment_id" in table.c:
        merchant = "coalesce((SELECT merchant_id FROM payments p WHERE p.id = t.payment_id), '')"
    return f"SELECT '{name}', {merchant}, to_jsonb(t)::text FROM {name} t"


@dataclass(kw_only=True)
class Assault:
    """What an attacker does in one test, and what came of it."""

    target: Target
    client: httpx.AsyncClient  # with the attacker's own key
    sent: list = field(default_factory=list)  # requests as text
    heard: list = field(default_factory=list)  # answers as text
    allowed: set = field(default_factory=set)  # tables in which what was tried may be written down
    may_own: bool = False  # the attacker may do what every merchant may, with what is his

    async def ask(self, method, path, **options):
        """Send a request through an ordinary client."""
        request = self.client.build_request(method, path, **options)
        answer = await self.client.send(request)
        echoed = answer.text.replace(request.url.path, "")  # he may hear his own words again
        self.heard.append(f"{answer.status_code} {answer.headers} {echoed}")
        return answer

    async def write(self, *chunks, pause_s=0.0):
        """Send bytes as they are on a connection of their own; return all that comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target.port)
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(pause_s)
            async with asyncio.timeout(5):
                heard = await reader.read(-1)
        except ConnectionError:
            heard = b""
        finally:
            writer.close()
        self.heard.append(heard.decode("latin-1"))
        return heard

    async def tell(self, body, **headers):
        """Deliver something to the webhook; headers may be a list for one name."""
        pairs = [(name.replace("_", "-"), one) for name, many in headers.items() for one in _listed(many)]
        return await self.ask("POST", "/webhooks/psp", content=body, headers=pairs)

    @property
    def now_s(self):
        return self.target.bench.clock.now_us() // SECOND_US


def _listed(value):
    return value if isinstance(value, list) else [value]


def lines_of(heard):
    """Return the status lines in what a connection said."""
    return [line for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.")]


@pytest.fixture(scope="session")
def database_of_the_target(postgres):
    postgres.create_database("target")
    yield postgres.url("target")
    postgres.drop_database("target")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def target(database_of_the_target):
    settings = Settings(
        database_url=database_of_the_target,
        psp_base_url="http://psp",
        psp_api_key=PSP_API_KEY,
        psp_webhook_secret=SECRET,
        metrics_token=METRICS_TOKEN,
        listen_port=0,
        body_timeout_s=0.3,
        lock_timeout_s=0.3,
        shutdown_s=1,
    )
    clock = _bench.FakeClock()
    one = await _bench._bench(settings, clock, _bench.FakeIds(), _bench.FakePsp(clock), watched=True)
    server = _Server(server_config(settings, one.service.app))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield await _populated(one, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await serving
    await one.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to pytest."""

    def capture_signals(self):
        return nullcontext()


async def _populated(one, url):
    """Let victim and attacker in, and give both a past."""
    await create_schema(one.database)
    await add_merchant(one.database, merchant_id="shop", name="Shop", api_key=_bench.API_KEY)
    await add_merchant(one.database, merchant_id="other", name="Other", api_key="pk_other")
    await one.run_sql(f"INSERT INTO api_keys VALUES ('key_x', 'shop', 'old', '{key_hash(REVOKED_KEY)}', 0, 1)")
    order, words, value, reason = RIDDLES
    paid = (await one.pay(key="k1", order_id=order, description=words, metadata={"whose": value})).json()
    refund = (await one.refund(paid["id"], key="k2", amount=100, reason=reason)).json()
    one.psp.script("create_payment", "timeout_after")
    unknown = (await one.pay(key="k3", order_id="another")).json()
    captured, waiting = one.psp.captured()
    await one.tell("payment_intent.succeeded", captured, event_id="evt_applied")
    cursor = (await one.client.get("/v1/payments?limit=1")).json()["next_cursor"]
    one.client.headers["Authorization"] = "Bearer pk_other"
    own = (await one.pay(key="k9")).json()
    return Target(
        bench=one,
        url=url,
        paid=paid,
        refund=refund,
        unknown=unknown,
        cursor=cursor,
        own=own,
        captured=captured,
        waiting=waiting,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def assault(target):
    """An attacker; whatever he did, nothing of the victim may have changed, and nothing may have been said of it."""
    before = await target.rows()
    headers = {"Authorization": "Bearer pk_other"}
    # There is no TLS to verify, and to read the authorities' certificates would take longer than most attacks.
    async with httpx.AsyncClient(base_url=target.url, headers=headers, trust_env=False, verify=False) as client:
        one = Assault(target=target, client=client)
        yield one
    if one.may_own:
        await target.settled()
    after = await target.rows()

    assert one.heard, "nothing was tried"
    new = [row for row in after if row not in before and not (one.may_own and row[1] == "other")]
    assert [row for row in before if row not in after] == []
    assert {table for table, _, _ in new} <= one.allowed, new
    assert [riddle for riddle in target.riddles() if any(riddle in heard for heard in one.heard)] == []
    assert [heard[:80] for heard in one.heard if heard.startswith(("5", "HTTP/1.1 5"))] == []


_numbers = itertools.count(1)


@pytest.fixture
def new_key():
    """Idempotency keys that nobody has used."""
    return lambda: {"Idempotency-Key": f"attack-{next(_numbers)}"}
