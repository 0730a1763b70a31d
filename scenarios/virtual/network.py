"""The network between customers, the service and the PSP: HTTP exchanges as messages that take virtual time.

An exchange is two messages, the request and its answer. What happens to a message is decided in one place: the rules
are asked in their order, and the first that has an opinion wins (`Network._judge`). The application is called directly,
in a new task of the receiving process, with neither sockets nor bytes of HTTP in between.

The kind of a party is its name up to the first slash: `customer/7` is a `customer`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Protocol

import httpx
import simpy

from scenarios.randomness import Streams
from scenarios.virtual.asgi import Answer, Application, Conversation, Request
from scenarios.virtual.errors import ConnectionFailed, ConnectionLost, ConnectionRefused
from scenarios.virtual.latency import Regime
from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.processes import Process
from scenarios.virtual.timeline import Timeline
from scenarios.virtual.units import NS_PER_S

__all__ = [
    "Answer",
    "ConnectionFailed",
    "ConnectionLost",
    "ConnectionRefused",
    "Delay",
    "Latency",
    "Message",
    "Network",
    "Rule",
]

_ONE_WAY = Regime(low_s=0.001, high_s=0.02)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One crossing of the network, as a rule sees it."""

    source: str  # who asked; the same for a request and for its answer
    target: str  # the host that was asked
    request: Request
    is_answer: bool  # on its way back
    sent_at_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """The message arrives after this."""

    ns: int


class Rule(Protocol):
    """Decides what happens to messages; the only place where the network does anything but deliver."""

    def judge(self, message: Message, random: Random) -> Delay | None:
        """Say what happens to a message, or nothing to leave it to the next rule."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Messages between two parties take this long, in both directions, while the window lasts."""

    source: str  # a kind of party, such as `customer`
    target: str  # a host
    regime: Regime
    from_s: float = 0.0
    to_s: float = float("inf")

    def judge(self, message: Message, random: Random) -> Delay | None:
        """Delay what crosses this link."""
        here = message.source.partition("/")[0] == self.source and message.target == self.target
        if here and self.from_s <= message.sent_at_s < self.to_s:
            return Delay(ns=self.regime.draw_ns(random))
        return None


@dataclass(kw_only=True, slots=True, eq=False)
class _Exchange:
    source: str
    target: str
    request: Request
    outcome: simpy.Event
    server: Process | None = None  # known once the request has arrived


class Network:
    """Hosts, the processes that serve them, and everything under way."""

    def __init__(self, *, loop: VirtualLoop, streams: Streams, timeline: Timeline) -> None:
        self.rules: list[Rule] = []
        self.requests = 0
        self._loop = loop
        self._streams = streams
        self._timeline = timeline
        self._hosts: dict[str, dict[str, tuple[Process, Application]]] = {}
        self._served: dict[_Exchange, None] = {}  # arrived, and neither answered nor broken

    def attach(self, host: str, process: Process, app: Application) -> None:
        """Let a process serve a host; a process of the same name that served it before is replaced.

        Several processes may serve one host: each request goes to one that the seed picks, which refuses if it is dead.
        """
        self._hosts.setdefault(host, {})[process.name] = (process, app)
        process.at_crash(partial(self._break_off, process))

    def exchange(
        self, *, source: str, target: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> simpy.Event:
        """Send a request and return the event of its answer, for SimPy processes.

        The event succeeds with an `Answer` or fails with `ConnectionRefused` or `ConnectionLost`; whoever has stopped
        waiting may ignore it. How long to wait is the caller's matter: `yield answer | env.timeout(...)`.
        """
        all_headers = httpx.Headers({"host": target, "content-length": str(len(body))})
        all_headers.update(headers)
        request = Request(method=method, path=path, headers=all_headers, body=body)
        return self.dispatch(source=source, target=target, request=request)

    async def send(self, *, source: str, target: str, request: Request) -> Answer:
        """Send a request and wait for its answer, for tasks.

        Raises:
            ConnectionRefused: Nobody serves the host, or whoever was picked is dead.
            ConnectionLost: The connection broke after the request had arrived.
        """
        answer: asyncio.Future[Answer] = self._loop.create_future()
        outcome = self.dispatch(source=source, target=target, request=request)
        outcome.callbacks.append(partial(_settle, answer))
        return await answer

    def dispatch(self, *, source: str, target: str, request: Request) -> simpy.Event:
        """Send a request as it is, and return the event of its answer."""
        assert not self._loop.is_closed(), "the world is over"
        self.requests += 1
        exchange = _Exchange(source=source, target=target, request=request, outcome=self._loop.env.event())
        self._cross(exchange, partial(self._arrive, exchange), is_answer=False)
        return exchange.outcome

    def _arrive(self, exchange: _Exchange) -> None:
        server = self._pick(exchange.target)
        if server is None:
            self._note(exchange, "refused")
            self._fail(exchange, ConnectionRefused(f"{exchange.target} refuses the connection"))
            return
        process, application = server
        exchange.server = process
        self._served[exchange] = None
        self._note(exchange, f"{process.name} {exchange.request.method} {exchange.request.path}")
        conversation = Conversation(
            request=exchange.request,
            source=exchange.source,
            target=exchange.target,
            on_answer=partial(self._answer, exchange),
            on_abort=partial(self._lose, exchange),
        )
        process.spawn(conversation.hold(application))

    def _pick(self, host: str) -> tuple[Process, Application] | None:
        servers = list(self._hosts.get(host, {}).values())
        if not servers:
            return None
        server = self._streams.stream("network", host).choice(servers) if len(servers) > 1 else servers[0]
        return None if server[0].crashed else server

    def _answer(self, exchange: _Exchange, answer: Answer) -> None:
        del self._served[exchange]
        self._note(exchange, f"{answer.status} {blake2b(answer.body, digest_size=8).hexdigest()}")
        self._cross(exchange, partial(exchange.outcome.succeed, answer), is_answer=True)

    def _lose(self, exchange: _Exchange) -> None:
        del self._served[exchange]
        self._note(exchange, "lost")
        self._fail(exchange, ConnectionLost(f"{exchange.target} closed the connection without an answer"))

    def _break_off(self, process: Process) -> None:
        for exchange in [exchange for exchange in self._served if exchange.server is process]:
            self._lose(exchange)

    def _fail(self, exchange: _Exchange, error: ConnectionFailed) -> None:
        exchange.outcome.defused = True  # a customer that has given up does not look any more
        self._cross(exchange, partial(exchange.outcome.fail, error), is_answer=True)

    def _cross(self, exchange: _Exchange, arrive: Callable[[], object], *, is_answer: bool) -> None:
        """Send a message over the network: the seam at which faults happen."""
        message = Message(
            source=exchange.source,
            target=exchange.target,
            request=exchange.request,
            is_answer=is_answer,
            sent_at_s=self._loop.now_ns / NS_PER_S,
        )
        self._loop.after(self._judge(message).ns, arrive)

    def _judge(self, message: Message) -> Delay:
        random = self._streams.stream("network", f"{message.source}->{message.target}")
        for rule in self.rules:
            fate = rule.judge(message, random)
            if fate is not None:
                return fate
        return Delay(ns=_ONE_WAY.draw_ns(random))

    def _note(self, exchange: _Exchange, what: str) -> None:
        self._timeline.note("network", f"{exchange.source}->{exchange.target}", what)


def _settle(answer: asyncio.Future[Answer], outcome: simpy.Event) -> None:
    """Hand an event's outcome to the task that waits, unless it was cancelled in the meantime."""
    if answer.done():
        return
    if isinstance(outcome.value, Answer):
        answer.set_result(outcome.value)
    else:
        assert isinstance(outcome.value, ConnectionFailed)
        answer.set_exception(outcome.value)
