"""What goes wrong with the database: each fault haunts the server in its own way and is asked at every occasion.

The first that has an answer decides; the faults do not know each other.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from scenarios.faults.database import (
    BackendKilled,
    ConnectionRefused,
    ConnectionsExhausted,
    Deadlock,
    Failover,
    ReadOnly,
    SerializationFailure,
    Slow,
    Stall,
    StatementTimeout,
)
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, is_open, next_occasion, pause, pause_within
from scenarios.units import NS_PER_S, to_ns
from scenarios.virtual.interference import Die, Fail, Undisturbed, Victim
from scenarios.virtual.locks import DEADLOCK_TIMEOUT_NS, Refusal
from scenarios.virtual.machines import Machines
from scenarios.virtual.pgwire import Request, ServerError
from scenarios.virtual.statements import Traits
from scenarios.virtual.world import World

_SERIALIZATION_FAILURE = ServerError(sqlstate="40001", text="could not serialize access due to concurrent update")
_STATEMENT_TIMEOUT = ServerError(sqlstate="57014", text="canceling statement due to statement timeout")
_TOO_MANY = ServerError(sqlstate="53300", text="sorry, too many clients already")

_IDLE_S_MAX = 5.0  # an idle backend is killed so long after its last answer: in the pool, or when it is just taken out


class DatabaseNemesis:
    """Lets the database misbehave; is asked by the server what shall go wrong."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._machines = machines
        self._bites = bites
        self._hauntings: list[_Haunting[Any]] = []

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen while its window lasts."""
        assert type(fault) in _HAUNTINGS, f"{fault.kind} is no fault of the database"
        self._hauntings.append(_HAUNTINGS[type(fault)](fault, world=self._world, bites=self._bites))
        self._world.postgres.interference = self

    def refuses(self, client: str) -> bool:
        """Whether nobody listens for this client's new connection."""
        return any(haunting.refuses(client) for haunting in self._hauntings)

    def at_login(self, session: Victim, parameters: dict[str, str]) -> ServerError | None:
        """Return why a log-in is refused; may change its parameters."""
        answers = (haunting.at_login(session, parameters) for haunting in self._hauntings)
        return next((answer for answer in answers if answer), None)

    def before(self, session: Victim, request: Request) -> Fail | Die | None:
        """Say what becomes of a request instead of being carried out."""
        answers = (haunting.before(session, request) for haunting in self._hauntings)
        return next((answer for answer in answers if answer), None)

    def delay_ns(self, session: Victim) -> int:
        """Say how long the server sits on an answer that it has ready."""
        return max(haunting.delay_ns(session) for haunting in self._hauntings)


class _Haunting[F: WorldFault](Undisturbed):
    """One fault, at work."""

    def __init__(self, fault: F, *, world: World, bites: Bites) -> None:
        self._fault = fault
        self._world = world
        self._draw = world.stream("database-fault", fault.id)
        self._bites = bites

    def _strikes(self, probability: float) -> bool:
        """Whether it is time, and the seed wants it."""
        return is_open(self._world.env, self._fault) and self._draw.random() < probability

    def _bite(self, victim: str, **detail: object) -> None:
        self._bites.record(self._fault, target=victim, **detail)


class _Failing(_Haunting[SerializationFailure]):
    def before(self, session: Victim, request: Request) -> Fail | None:
        commits = Traits.COMMITS in request.traits
        can_fail = session.status == "T" and (commits or _is_statement(request))
        if not can_fail or not self._strikes(self._fault.probability):
            return None
        self._bite(session.name, at="commit" if commits else "statement")
        return Fail(error=_SERIALIZATION_FAILURE)


class _Deadlocking(_Haunting[Deadlock]):
    def before(self, session: Victim, request: Request) -> Fail | None:
        locks = session.status == "T" and Traits.LOCKS in request.traits
        if not locks or not self._strikes(self._fault.probability):
            return None
        self._bite(session.name)
        return Fail(error=Refusal.DEADLOCK.value, after_ns=DEADLOCK_TIMEOUT_NS)


class _TimingOut(_Haunting[StatementTimeout]):
    def before(self, session: Victim, request: Request) -> Fail | None:
        if session.status == "E" or not _is_statement(request) or not self._strikes(self._fault.probability):
            return None
        after_s = self._draw.uniform(*self._fault.after_s)
        self._bite(session.name, after_s=round(after_s, 3))
        return Fail(error=_STATEMENT_TIMEOUT, after_ns=max(1, to_ns(after_s)))


class _Slowing(_Haunting[Slow]):
    def delay_ns(self, session: Victim) -> int:
        if not self._strikes(self._fault.probability):
            return 0
        delay_s = self._draw.uniform(*self._fault.delay_s)
        self._bite(session.name, delay_s=round(delay_s, 3))
        return to_ns(delay_s)


class _Killing(_Haunting[BackendKilled]):
    def before(self, session: Victim, request: Request) -> Die | None:
        if not self._is_moment(session, request) or not self._strikes(self._fault.probability):
            return None
        self._bite(session.name, moment=self._fault.moment)
        return Die(is_told=self._fault.moment == "statement", is_done=self._fault.moment == "after-commit")

    def _is_moment(self, session: Victim, request: Request) -> bool:
        match self._fault.moment:
            case "idle":
                return False
            case "statement":
                return session.status != "E" and _is_statement(request)
            case "before-commit" | "after-commit":
                # A statement outside of a transaction commits as well.
                return bool(request.traits & {"T": Traits.COMMITS, "I": Traits.LOCKS, "E": Traits.NONE}[session.status])

    def delay_ns(self, session: Victim) -> int:
        if self._fault.moment == "idle" and session.is_idle and self._strikes(self._fault.probability):
            self._world.loop.after(to_ns(self._draw.uniform(0, _IDLE_S_MAX)), partial(self._kill, session))
        return 0

    def _kill(self, session: Victim) -> None:
        if session.is_idle and is_open(self._world.env, self._fault):
            self._bite(session.name, moment="idle")
            session.terminate()


class _Spell[F: ConnectionsExhausted | Stall | ConnectionRefused | ReadOnly](_Haunting[F]):
    """A fault that comes, lasts for a while and goes; each time it is written down once, with its first victim."""

    def __init__(self, fault: F, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._for_s = 0.0
        self._until_ns = 0
        self._has_bitten = False
        world.env.process(self._come_and_go())

    def _come_and_go(self) -> Steps[None]:
        env = self._world.env
        while (yield from next_occasion(env, self._fault, self._fault.every_s, self._draw)):
            end_s = self._fault.window.get("to_s", float("inf"))
            self._for_s = min(self._draw.uniform(*self._fault.for_s), end_s - env.now / NS_PER_S)
            self._until_ns = int(env.now) + to_ns(self._for_s)
            self._has_bitten = False
            self._begin()
            yield pause(env, self._for_s)
            self._end()

    def _begin(self) -> None:
        """Do what is done once, at the beginning."""

    def _end(self) -> None:
        """Do what is done once, at the end."""

    def _cut_all(self) -> None:
        for name in self._world.postgres.cut_all():
            self._hit(name)

    @property
    def _left_ns(self) -> int:
        return max(0, self._until_ns - int(self._world.env.now))

    def _hit(self, victim: str) -> None:
        if not self._has_bitten:
            self._has_bitten = True
            self._bite(victim, for_s=round(self._for_s, 3))


class _Exhausting(_Spell[ConnectionsExhausted]):
    def at_login(self, session: Victim, _parameters: dict[str, str]) -> ServerError | None:
        if not self._left_ns:
            return None
        self._hit(session.name)
        return _TOO_MANY


class _Stalling(_Spell[Stall]):
    def delay_ns(self, session: Victim) -> int:
        if self._left_ns:
            self._hit(session.name)
        return self._left_ns


class _Refusing(_Spell[ConnectionRefused]):
    def _begin(self) -> None:
        self._cut_all()

    def refuses(self, client: str) -> bool:
        if self._left_ns:
            self._hit(client)
        return self._left_ns > 0


class _ForbiddingWrites(_Spell[ReadOnly]):
    def _begin(self) -> None:
        self._cut_all()

    def at_login(self, session: Victim, parameters: dict[str, str]) -> None:
        if self._left_ns:
            self._hit(session.name)
            parameters["default_transaction_read_only"] = "on"

    def _end(self) -> None:
        self._cut_all()


class _FailingOver(_Haunting[Failover]):
    """Two spells, one after the other, that are written down as one fault with its first victim."""

    def __init__(self, fault: Failover, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._is_down = self._is_read_only = self._has_bitten = False
        world.env.process(self._come_and_go())

    def refuses(self, client: str) -> bool:
        if self._is_down:
            self._hit(client)
        return self._is_down

    def at_login(self, session: Victim, parameters: dict[str, str]) -> None:
        if self._is_read_only:
            self._hit(session.name)
            parameters["default_transaction_read_only"] = "on"

    def _come_and_go(self) -> Steps[None]:
        env = self._world.env
        while (yield from next_occasion(env, self._fault, self._fault.every_s, self._draw)):
            down_s, read_only_s = (self._draw.uniform(*span) for span in (self._fault.down_s, self._fault.read_only_s))
            self._has_bitten = False
            self._is_down = True
            self._cut_all()
            yield pause_within(env, self._fault, down_s)
            self._is_down, self._is_read_only = False, True
            yield pause_within(env, self._fault, read_only_s)
            self._is_read_only = False
            self._cut_all()

    def _cut_all(self) -> None:
        for name in self._world.postgres.cut_all():
            self._hit(name)

    def _hit(self, victim: str) -> None:
        if not self._has_bitten:
            self._has_bitten = True
            self._bite(victim)


_HAUNTINGS: dict[type[WorldFault], Callable[..., _Haunting[Any]]] = {
    SerializationFailure: _Failing,
    Deadlock: _Deadlocking,
    StatementTimeout: _TimingOut,
    Slow: _Slowing,
    BackendKilled: _Killing,
    ConnectionsExhausted: _Exhausting,
    Stall: _Stalling,
    ConnectionRefused: _Refusing,
    ReadOnly: _ForbiddingWrites,
    Failover: _FailingOver,
}


def _is_statement(request: Request) -> bool:
    return request.executes and Traits.CONTROL not in request.traits
