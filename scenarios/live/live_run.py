"""One run on a live system: the storm with Locust's users, the calm, and everybody's diaries.

Whatever ends the load (its time, the user on Locust's pages, Ctrl-C), what was found until then is kept. A second
Ctrl-C ends the calm; then the judge sees that it was too short.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from scenarios.customers.diary import Diary, DiaryRow
from scenarios.errors import InfrastructureFailed
from scenarios.interrupts import ignore_interrupts, interrupts_restored
from scenarios.live.calm import await_rest
from scenarios.live.children import Child, stop
from scenarios.live.diaries import Diaries
from scenarios.live.last_look import look_once_more
from scenarios.live.load_count import count_load
from scenarios.live.load_generator import Load, load_processes
from scenarios.live.played import as_played
from scenarios.live.switches import read_switches
from scenarios.live.system import LiveSystem
from scenarios.progress import Listener, Progress
from scenarios.recording import Recording, Rows
from scenarios.spec import Scenario
from service.export import export_books

_LOOK_S = 0.5
_OVERTIME_S = 20.0  # for Locust to start and to end; then it is stopped
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveRun:
    """A run while it goes on."""

    load: Load
    scenario: Scenario  # at live pace
    command: str  # repeats it
    system: LiveSystem
    locust: Child
    listener: Listener

    def record(self) -> Recording:
        """Let storm and calm pass, and return what everybody wrote down.

        Raises:
            InfrastructureFailed: A process ended that should not have, or Locust failed.
        """
        began_s, started_at_us = time.monotonic(), _now_us()
        diary = self._storm()
        storm_ended_at_us = _now_us()
        is_complete = self._calm(diary)
        with interrupts_restored():
            ignore_interrupts()
            # The service's books come first: money that moves in between then looks like news on its way, not a lie.
            ended_at_us = _now_us()
            service = asyncio.run(_read_service_books(self.system.database))
            psp = self.system.control.export()
        played = as_played(self.scenario, read_switches(self.system.children.logs))
        return Recording(
            scenario=played.model_copy(update={"storm_s": (storm_ended_at_us - started_at_us) / _MICROSECONDS}),
            seed=self.load.seed,
            mode="live",
            command=self.command,
            postgresql=self.system.postgresql,
            started_at_us=started_at_us,
            storm_ended_at_us=storm_ended_at_us,
            ended_at_us=ended_at_us,
            is_complete=is_complete,
            diary=diary.rows,
            service=service,
            psp={name: rows for name, rows in psp.items() if name != "faults"},
            faults=psp["faults"],
            counts=self._counts(diary, storm_ended_at_us=storm_ended_at_us),
            wall_s=time.monotonic() - began_s,
        )

    def _counts(self, diary: Diary, *, storm_ended_at_us: int) -> Mapping[str, int]:
        came = count_load(self.load, self.system.children.logs, diary.rows, ended_at_us=storm_ended_at_us)
        return {"requests": len(diary.rows), "users": self.load.users, **came}

    def _storm(self) -> Diary:
        """Let the faults bite until the load ends, and return what the customers wrote down."""
        diaries = Diaries(self.system.children.logs)
        self.system.control.install(self.scenario.psp_faults)
        with suppress(KeyboardInterrupt):
            self._await_end_of_load(self._teller("storm", diaries.read_on))
        with interrupts_restored():
            ignore_interrupts()
            stop([*load_processes(self.system), *self.system.children.named("monitor")])
            self.system.control.remove_faults()
        for child in load_processes(self.system):
            if child.process.returncode > 0:  # below zero it was killed, and what it wrote until then is good
                raise InfrastructureFailed(child.obituary())
        diaries.read_on()
        diary = Diary(now_us=_now_us)
        diary.rows.extend(diaries.merged())
        return diary

    def _calm(self, diary: Diary) -> bool:
        """Let everything come to rest, and let the customers see it; tell whether nobody cut it short."""
        tell = self._teller("calm", lambda: diary.rows)
        try:
            await_rest(self.system, patience_s=self.scenario.final_within_s, tell=tell)
            look_once_more(diary, self.system)
        except KeyboardInterrupt:
            return False
        return True

    def _await_end_of_load(self, tell: Callable[[], None]) -> None:
        # Nobody knows when somebody will start workers on other machines; until then nothing has begun.
        duration_s = None if self.load.workers_elsewhere else self.load.duration_s
        deadline_s = None if duration_s is None else time.monotonic() + duration_s + _OVERTIME_S
        while self.locust.is_running and (deadline_s is None or time.monotonic() < deadline_s):
            # Should one of several die, the others would go on with a load that nobody asked for.
            if any(child.process.returncode for child in load_processes(self.system) if not child.is_running):
                return
            self.system.children.check()
            tell()
            time.sleep(_LOOK_S)

    def _teller(self, phase: str, read: Callable[[], Sequence[DiaryRow]]) -> Callable[[], None]:
        began_s = time.monotonic()
        total_s = self.load.duration_s if phase == "storm" else self.scenario.final_within_s

        def tell() -> None:
            elapsed_s = time.monotonic() - began_s
            self.listener.progress(
                Progress(
                    phase=phase,
                    elapsed_s=elapsed_s,
                    total_s=elapsed_s if total_s is None else total_s,
                    faults=self.system.control.count_bites(),
                    customers_done=_count_gone(read()),
                )
            )

        return tell


async def _read_service_books(database: URL) -> dict[str, Rows]:
    engine = create_async_engine(database, poolclass=NullPool)
    try:
        return dict(await export_books(engine))
    finally:
        await engine.dispose()


def _count_gone(rows: Sequence[DiaryRow]) -> int:
    """Return how many customers have left: all but the last one at each checkout."""
    customers = {row["customer"] for row in rows}
    checkouts = {customer.rpartition("-")[0] for customer in customers}
    return len(customers) - len(checkouts)


def _now_us() -> int:
    return time.time_ns() // 1000
