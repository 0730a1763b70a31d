"""One run in real time: the storm, then the calm; what `scenarios.virtual.storm` does in virtual time.

The same customers come, in the order that the seed chose, and the same faults strike, on a SimPy queue that runs on the
clock on the wall. Customers, proxies and nemeses share one loop; the system under test are processes of their own.

The first Ctrl-C ends the storm, the next one the calm: they are counted and looked at, so that none of them can arrive
in the middle of something.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from scenarios.customers.actions import Read, Script
from scenarios.customers.client import PaystormClient
from scenarios.customers.diary import Author, Diary, DiaryRow
from scenarios.faults.world_fault import WorldFault
from scenarios.guests import Guest, guest_list
from scenarios.interrupts import interrupts_counted
from scenarios.live.asyncio_driver import AsyncioDriver
from scenarios.live.calm import STILL_S, is_at_rest
from scenarios.live.feasible import CUSTOMERS
from scenarios.live.last_look import unsure
from scenarios.live.nemesis import let_loose
from scenarios.live.nemesis.spike import Spike
from scenarios.live.postgres import LivePostgres
from scenarios.live.proxy import Link
from scenarios.live.psp_control import PspBooks
from scenarios.live.psp_storm import PspStorm
from scenarios.live.real_time import RealTime
from scenarios.live.resources import Sampler
from scenarios.live.system import StartingSystem
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps
from scenarios.progress import Listener, Progress
from scenarios.recording import Rows
from scenarios.spec import Scenario
from scenarios.units import to_ns
from service.export import export_books

_LOOK_S = 0.25
_PROGRESS_S = 1.0
_LATE_S = 30.0  # that the queue may be at the end of the storm
_KEPT_OPEN = 20  # connections of customers that wait for the next one
_LAST_LOOKS_S = 15.0  # whoever comes later than that stays unsure


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """When a run was where, in microseconds since the epoch, and the books at its end."""

    started_at_us: int
    storm_ended_at_us: int
    ended_at_us: int
    is_complete: bool  # nobody cut it short
    service: Mapping[str, Rows]
    psp: PspBooks


class LiveStorm:
    """A run on a system that is yet to be started."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        starting: StartingSystem,
        postgres: LivePostgres,
        links: Mapping[str, Link],
        faults: Sequence[WorldFault],
        diary: Diary,
        bites: Bites,
        sampler: Sampler,
        listener: Listener,
    ) -> None:
        """Put it together; nothing happens before `run`.

        Args:
            scenario: At live pace.
            seed: Decides who comes, when and for what, and when faults strike.
            starting: The system under test.
            postgres: Its database server.
            links: The proxies of the run, by name, not opened yet.
            faults: Those of our own side that can be done.
            diary: The customers'.
            bites: Of our own faults.
            sampler: Looks how much memory everybody has.
            listener: Is told how far the run is.
        """
        self._scenario = scenario
        self._starting = starting
        self._system = starting.system
        self._postgres = postgres
        self._links = links
        self._faults = faults
        self._diary = diary
        self._bites = bites
        self._sampler = sampler
        self._listener = listener
        self._world = RealTime(seed=seed)
        self._psp = PspStorm(scenario, world=self._world, control=self._system.control)
        self._customers: set[asyncio.Task[None]] = set()
        self._customers_done = 0
        self._told_s = 0.0

    async def run(self) -> Passage:
        """Let storm and calm pass, and read the books.

        Raises:
            InfrastructureFailed: A process ended that nobody had killed, or the database did not come back.
        """
        async with AsyncExitStack() as stack:
            for link in self._links.values():
                await link.open()
                stack.push_async_callback(link.close)
            await self._starting.start()
            drivers = [await stack.enter_async_context(self._driver(key)) for key in self._system.credentials.api_keys]
            stack.push_async_callback(self._send_home)
            with interrupts_counted() as interrupts:
                started_at_us = now_us()
                await self._storm(drivers, interrupted=lambda: interrupts.count > 0)
                storm_ended_at_us, heard = now_us(), interrupts.count
                await self._calm(drivers, interrupted=lambda: interrupts.count > heard)
                # The service's books come first: money that moves in between then looks like news on its way.
                ended_at_us = now_us()
                return Passage(
                    started_at_us=started_at_us,
                    storm_ended_at_us=storm_ended_at_us,
                    ended_at_us=ended_at_us,
                    is_complete=interrupts.count == heard,
                    service=await self._service_books(),
                    psp=self._system.control.export(),
                )

    async def _storm(self, drivers: Sequence[AsyncioDriver], *, interrupted: Callable[[], bool]) -> None:
        """Let customers come and faults strike; whatever ends it, everybody is whole afterwards."""
        self._let_loose()
        for guest in guest_list(self._scenario, self._world.stream):
            self._world.env.process(self._visit(drivers, guest))
        end = self._world.env.timeout(to_ns(self._scenario.storm_s))
        playing = asyncio.ensure_future(self._world.play())
        try:
            # On a busy machine the queue is late; whoever was to come by then still comes.
            lasts_s = self._scenario.storm_s + _LATE_S
            await self._watch("storm", lasts_s, until=lambda: interrupted() or end.processed or playing.done())
        finally:
            try:
                playing.cancel()
                with suppress(asyncio.CancelledError):
                    await playing
            finally:
                await self._restore()

    def _let_loose(self) -> None:
        self._psp.let_loose()
        let_loose(
            self._faults,
            world=self._world,
            machines=self._system.machines,
            postgres=self._postgres,
            links=self._links,
            bites=self._bites,
        )
        if self._scenario.customer_spike_latency_s is not None:
            spike = Spike(self._scenario.customer_spike_latency_s, draw=self._world.stream("customer spike"))
            self._links[CUSTOMERS].troubles.append(spike)

    def _visit(self, drivers: Sequence[AsyncioDriver], guest: Guest) -> Steps[None]:
        yield self._world.env.timeout(to_ns(guest.arrives_s))
        script = guest.perform(self._scenario, self._world.stream)
        driver = drivers[guest.merchant]
        customer = asyncio.ensure_future(driver.perform(guest.author, script))
        self._customers.add(customer)

    async def _restore(self) -> None:
        """End all faults: what they have begun goes on."""
        await self._world.end()
        for link in self._links.values():
            link.troubles.clear()
        await self._postgres.restore()
        self._system.machines.restore()
        self._psp.end()

    async def _calm(self, drivers: Sequence[AsyncioDriver], *, interrupted: Callable[[], bool]) -> None:
        """Let everything come to rest, and let the customers see it, but for no longer than was promised."""
        database = create_async_engine(self._system.database, poolclass=NullPool)
        still_since_s: float | None = None

        async def is_over() -> bool:
            nonlocal still_since_s
            if self._customers or not await is_at_rest(self._system, database):
                still_since_s = None
                return interrupted()
            still_since_s = still_since_s or time.monotonic()
            return interrupted() or time.monotonic() - still_since_s >= STILL_S

        try:
            await self._watch("calm", self._scenario.final_within_s, until=is_over)
        finally:
            await database.dispose()
        await self._send_home()
        if not interrupted():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_LOOKS_S):
                    await self._look_once_more(drivers)

    async def _look_once_more(self, drivers: Sequence[AsyncioDriver]) -> None:
        """Let those see their payment's end whom the end of the run cut short."""
        for row in unsure(self._diary.rows):
            number = int(row["customer"].rpartition("/")[2])
            driver = drivers[(number - 1) % len(drivers)]
            author = Author(customer=row["customer"], script=row["script"], merchant_id=row["merchant_id"])
            await driver.perform(author, _one_look(row))

    async def _watch(
        self, phase: str, lasts_s: float, *, until: Callable[[], bool] | Callable[[], Awaitable[bool]]
    ) -> None:
        """Wait until something is so, or for that long; meanwhile see that all is well, and tell how it goes.

        Raises:
            InfrastructureFailed: A process ended that nobody had killed, or the database did not come back.
        """
        began_s = time.monotonic()
        while (elapsed_s := time.monotonic() - began_s) < lasts_s:
            self._system.children.check()
            if phase == "storm":  # in the calm everybody has less and less to do
                self._sampler.look(requests=len(self._diary.rows))
            self._see_off()
            self._tell(phase, elapsed_s, lasts_s)
            answer = until()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(min(_LOOK_S, lasts_s - elapsed_s))

    def _see_off(self) -> None:
        """Count the customers who have left; one who broke ends the run."""
        for customer in [customer for customer in self._customers if customer.done()]:
            self._customers.discard(customer)
            customer.result()
            self._customers_done += 1

    async def _send_home(self) -> None:
        for customer in self._customers:
            customer.cancel()
        await asyncio.gather(*self._customers, return_exceptions=True)
        self._customers.clear()

    def _tell(self, phase: str, elapsed_s: float, total_s: float) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s < _PROGRESS_S:
            return
        self._told_s = now_s
        self._listener.progress(
            Progress(
                phase=phase,
                elapsed_s=elapsed_s,
                total_s=total_s,
                faults=self._system.control.count_bites() + len(self._bites.rows),
                customers_done=self._customers_done,
            )
        )

    @asynccontextmanager
    async def _driver(self, api_key: str) -> AsyncIterator[AsyncioDriver]:
        """Yield who performs the customers of a merchant."""
        async with httpx.AsyncClient(
            base_url=self._system.addresses.service_url,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=_KEPT_OPEN),
            timeout=None,  # noqa: S113 - each request has a patience of its own, from the first byte to the last
            trust_env=False,
        ) as http:
            yield AsyncioDriver(http=http, client=PaystormClient(api_key=api_key), diary=self._diary)

    async def _service_books(self) -> Mapping[str, Rows]:
        engine = create_async_engine(self._system.database, poolclass=NullPool)
        try:
            return dict(await export_books(engine))
        finally:
            await engine.dispose()


def now_us() -> int:
    """Return microseconds since the Unix epoch."""
    return time.time_ns() // 1000


def _one_look(row: DiaryRow) -> Script:
    assert row["payment_id"] is not None, "only who knows a payment can be unsure of it"
    yield Read(intent=row["order_id"], payment_id=row["payment_id"])
