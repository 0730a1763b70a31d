"""How PostgreSQL carries out every statement of the service when the books are large: never by reading a whole table.

The statements are those that the service sends in all scenarios, and those of its API and its workers that no
scenario comes to. Each is planned twice, for its own parameters and for any: the driver prepares statements, and
PostgreSQL takes the plan for any parameters where that is not dearer.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.books import MERCHANT, MONTH_US
from benchmarks.bound import Statement, recorded
from benchmarks.effort import Effort
from benchmarks.reading import Reading, Readings
from benchmarks.site import Site
from engine.attempt import AttemptKind
from engine.lifecycle import PaymentState
from engine.reconciliation import DiscrepancyKind, DiscrepancyState
from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage
from service.store import DiscrepancyFilter, Page, PaymentFilter, PostgresReads, PostgresStore
from service.store.census import take_census
from service.system import SystemIds

LARGE = ("payments", "transitions", "attempts", "refunds", "inbox", "idempotency_keys", "statement_lines")
COST_MAX = 20_000  # of the planner's units; a look into an index costs 10, reading a million payments 50,000
_SEEDS = (1, 2)
_PERIOD_US = 3_600_000_000  # between two readings of the statement; each looks for what was settled meanwhile
_RESULTS = Path("benchmarks/results/plans.txt")
_MOMENT_US_MIN = 10**15  # integers beyond are moments
_EXPORT = re.compile(r"SELECT [\w.,\s]+ FROM \w+ ORDER BY")  # the evidence of a run, which no service ever sends
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SHOW", "CREATE")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one statement is carried out."""

    statement: str
    kind: str  # "own" or "any" parameters
    cost: float
    access: tuple[str, ...]  # how it comes to its rows
    reads_whole: tuple[str, ...]  # tables that are read from end to end

    @property
    def is_bad(self) -> bool:
        """Whether it grows with the books."""
        return bool(self.reads_whole) or self.cost > COST_MAX


def measure_plans(site: Site, _effort: Effort) -> list[Reading]:
    """Return how many plans there are, how many read a whole table, and what the dearest costs; none in empty books.

    Raises:
        AssertionError: A plan grows with the books; the message has the statement.
    """
    if not site.fetch("SELECT count(*) FROM refunds"):
        return []  # a table of a few rows is rightly read as a whole
    plans = asyncio.run(examined(site.dsn, [*sent_in_scenarios(), *asyncio.run(sent_by_reads(site))]))
    _write(plans)
    bad = [plan for plan in plans if plan.is_bad]
    assert not bad, "\n".join(f"{one.kind}, {one.cost:.0f}, {one.reads_whole}: {one.statement}" for one in bad)
    readings = Readings()
    readings.add("statements planned", "", len({plan.statement for plan in plans}))
    readings.add("  plans that read a whole large table", "", sum(bool(plan.reads_whole) for plan in plans))
    readings.add("  cost of the dearest plan", "units", max(plan.cost for plan in plans))
    return readings.all()


def _write(plans: Sequence[Plan]) -> None:
    """Keep every statement with how it is carried out, for whoever wants to read it."""
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    _RESULTS.write_text("\n".join(_told(plan) for plan in plans))


def _told(plan: Plan) -> str:
    statement, access = " ".join(plan.statement.split()), "; ".join(plan.access)
    return f"{statement}\n    for {plan.kind} parameters, cost {plan.cost:.0f}: {access}\n"


@cache
def sent_in_scenarios() -> list[Statement]:
    """Return the statements of the service in short runs of every scenario, each text once."""
    with database_server(None) as server, Stage(server) as stage, recorded() as tape:
        for scenario, seed in product(LIBRARY.values(), _SEEDS):
            stage.perform(standard(scenario), seed=seed)
    moments = [value for _, values in tape.statements for value in values if _is_moment(value)]
    later_us = time.time_ns() // 1000 - max(moments)
    found = {text: (text, _moved(values, by_us=later_us)) for text, values in tape.statements if _is_hot(text)}
    return list(found.values())


async def sent_by_reads(site: Site) -> list[Statement]:
    """Return the statements of the API's reads, of the metrics and of a worker's upkeep, on these books."""
    engine = create_async_engine(site.database)
    reads = PostgresReads(engine)
    with recorded() as tape:
        for wanted, after in product(_filters(), (None, (time.time_ns() // 1000 - MONTH_US // 2, "pay_5"))):
            await reads.payments(merchant_id=MERCHANT, wanted=wanted, page=Page(limit=21, after=after))
        for state, kind in product((None, DiscrepancyState.OPEN), (None, DiscrepancyKind.ORPHAN_MONEY)):
            wanted_discrepancies = DiscrepancyFilter(state=state, kind=kind)
            await reads.discrepancies(merchant_id=MERCHANT, wanted=wanted_discrepancies, page=Page(limit=21))
        await reads.history(merchant_id=MERCHANT, payment_id="pay_1")
        await reads.refunds(merchant_id=MERCHANT, payment_id="pay_1")
        await take_census(engine)
        await _keep_up(PostgresStore(engine, ids=SystemIds()))
    await engine.dispose()
    return [(text, values) for text, values in tape.statements if _is_hot(text)]


async def _keep_up(store: PostgresStore) -> None:
    """Do what a worker does about old rows and the PSP's statement; there is nothing of either, so nothing changes."""
    now_us, long_ago_us = time.time_ns() // 1000, time.time_ns() // 1000 - 2 * MONTH_US
    await store.forget_keys(now_us=now_us, limit=1_000)
    await store.forget_events(before_us=long_ago_us, limit=1_000)
    await store.due_matters(now_us=now_us, limit=50)
    await store.unreported(after=(now_us - _PERIOD_US, "att_5"), until_us=now_us, limit=50)
    async with store.transaction() as books:
        await books.first_settled_at_us()
        await books.insert_lines([], at_us=now_us)
        await books.lines(["txn_none"])
        for kind in AttemptKind:
            await books.lines_of(kind, "none")
        await books.save_matched(["txn_none"], due_at_us=None)
        await books.close_explained(["none"], at_us=now_us)
        await books.is_repaired_by_refunds_of("none")


async def examined(dsn: str, statements: Sequence[Statement]) -> list[Plan]:
    """Return the plans of statements in these books."""
    connection = await asyncpg.connect(dsn)
    try:
        return [plan for text, values in statements for plan in await _plans(connection, text, values)]
    finally:
        await connection.close()


async def _plans(connection: asyncpg.Connection, text: str, values: Sequence[object]) -> Sequence[Plan]:
    own = _plan(text, "own", await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values))
    if not values:
        return [own]
    nulls = ", ".join(["NULL"] * len(values))
    await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE examined AS {text}")
    any_values = _plan(text, "any", await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE examined({nulls})"))
    await connection.execute("RESET plan_cache_mode; DEALLOCATE examined")
    return [own] if any_values.cost > 2 * own.cost else [own, any_values]


def _plan(text: str, kind: str, explained: str) -> Plan:
    root = json.loads(explained)[0]["Plan"]
    whole = sorted({node["Relation Name"] for node in _whole_reads(root)})
    access = dict.fromkeys(f"{node['Node Type']} {_name(node)}" for node in _nodes(root) if _name(node))
    return Plan(statement=text, kind=kind, cost=root["Total Cost"], access=tuple(access), reads_whole=tuple(whole))


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _name(node: Mapping[str, Any]) -> str:
    """Return what a node reads: an index, else a table; nothing if it reads what others give it, or writes."""
    name: str = "" if node["Node Type"] == "ModifyTable" else node.get("Index Name") or node.get("Relation Name", "")
    return name


def _whole_reads(node: Mapping[str, Any], *, is_bounded: bool = False) -> Iterator[Mapping[str, Any]]:
    """Return the scans that read a large table to its end; the first rows of one, in any order, are few."""
    is_scan = node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE
    if is_scan and not (is_bounded and "Filter" not in node):
        yield node
    for below in node.get("Plans", ()):
        yield from _whole_reads(below, is_bounded=node["Node Type"] == "Limit")


def _filters() -> Iterator[PaymentFilter]:
    moment_us = time.time_ns() // 1000 - MONTH_US // 3
    for state, order_id, since_us in product((None, *PaymentState), (None, "order-77"), (None, moment_us)):
        yield PaymentFilter(state=state, order_id=order_id, created_from_us=since_us)


def _is_hot(text: str) -> bool:
    return not text.lstrip().upper().startswith(_CONTROL) and _EXPORT.match(" ".join(text.split())) is None


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and value > _MOMENT_US_MIN


def _moved(values: Sequence[object], *, by_us: int) -> Sequence[object]:
    return [value + by_us if isinstance(value, int) and _is_moment(value) else value for value in values]
