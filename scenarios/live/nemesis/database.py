"""What goes wrong with a real database server: it is killed, stopped, made a replica, or its connections are cut."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

import asyncpg

from scenarios.errors import PostgresUnavailable
from scenarios.faults.database import BackendKilled, ConnectionRefused, Failover, ReadOnly, Slow, Stall
from scenarios.faults.world_fault import WorldFault
from scenarios.live.feasible import DATABASE_LINKS
from scenarios.live.nemesis.haunting import Haunting
from scenarios.live.postgres import LivePostgres
from scenarios.live.proxy import Cut, CutReply, Fate, Link, Trouble, Way
from scenarios.live.real_time import RealTime
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, next_occasion, pause_within

_SERVER = "postgres"
_COMMIT = b"COMMIT;"  # as asyncpg sends it, in a query of its own

type Outage = ConnectionRefused | Failover | ReadOnly | Stall


class DatabaseNemesis:
    """Lets the database misbehave; while one fault has it, the others leave it alone."""

    def __init__(self, world: RealTime, postgres: LivePostgres, *, links: Mapping[str, Link], bites: Bites) -> None:
        self._world = world
        self._env = world.env
        self._postgres = postgres
        self._links = links
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen while its window lasts."""
        match fault:
            case ConnectionRefused() | Failover() | ReadOnly() | Stall():
                self._env.process(self._recur(fault))
            case Slow():
                self._spoil(_Slowing, fault)
            case BackendKilled():
                self._spoil(partial(_Cutting, postgres=self._postgres), fault)
            case _:
                raise AssertionError(f"{fault.kind} cannot be done to a real server")

    def _spoil(self, make: Callable[..., Trouble], fault: WorldFault) -> None:
        for name in DATABASE_LINKS:
            trouble = make(fault, world=self._world, bites=self._bites, link=name)
            self._links[name].troubles.append(trouble)

    def _recur(self, fault: Outage) -> Steps[None]:
        draw = self._world.stream("database-fault", fault.id)
        while (yield from next_occasion(self._env, fault, fault.every_s, draw)):
            spans = (fault.down_s, fault.read_only_s) if isinstance(fault, Failover) else (fault.for_s,)
            lasts_s = [draw.uniform(*span) for span in spans]
            if self._postgres.is_whole:
                self._bites.record(fault, target=_SERVER, for_s=round(sum(lasts_s), 3))
                yield from self._strike(fault, *lasts_s)

    def _strike(self, fault: Outage, *lasts_s: float) -> Steps[None]:
        match fault:
            case ConnectionRefused():
                yield from self._kill(fault, down_s=lasts_s[0])
            case Failover():
                yield from self._kill(fault, down_s=lasts_s[0])
                yield from self._refuse_writes(fault, for_s=lasts_s[1])
            case ReadOnly():
                yield from self._refuse_writes(fault, for_s=lasts_s[0])
            case Stall():
                self._postgres.stop()
                yield pause_within(self._env, fault, lasts_s[0])
                self._postgres.wake()

    def _kill(self, fault: Outage, *, down_s: float) -> Steps[None]:
        self._postgres.kill()
        yield pause_within(self._env, fault, down_s)
        yield self._world.perform(self._postgres.start_again())

    def _refuse_writes(self, fault: Outage, *, for_s: float) -> Steps[None]:
        yield self._world.perform(self._postgres.refuse_writes(refuse=True))
        yield pause_within(self._env, fault, for_s)
        yield self._world.perform(self._postgres.refuse_writes(refuse=False))


class _Slowing(Haunting[Slow]):
    def delay_s(self, way: Way) -> float:
        if way is Way.THERE or not self._strikes(self._fault.probability):
            return 0.0
        delay_s = self._draw.uniform(*self._fault.delay_s)
        self._bite(delay_s=round(delay_s, 3))
        return delay_s


class _Cutting(Haunting[BackendKilled]):
    """Ends a backend by the server's own hand; at a COMMIT, by cutting the connection on this or that side of it."""

    def __init__(
        self, fault: BackendKilled, *, world: RealTime, bites: Bites, link: str, postgres: LivePostgres
    ) -> None:
        super().__init__(fault, world=world, bites=bites, link=link)
        self._postgres = postgres

    def at_request(self, data: bytes) -> Fate | None:
        moment = self._fault.moment
        is_commit = _COMMIT in data
        if is_commit != moment.endswith("commit") or not self._strikes(self._fault.probability):
            return None
        if is_commit:
            self._bite(moment=moment)
            return Cut() if moment == "before-commit" else CutReply()
        self._world.perform(self._terminate("idle" if moment == "idle" else "busy"))
        return None

    async def _terminate(self, state: str) -> None:
        with suppress(PostgresUnavailable, asyncpg.PostgresError, OSError):  # another fault was quicker
            if await self._postgres.terminate_backend(state=state, draw=self._draw) is not None:
                self._bite(moment=self._fault.moment)
