"""The network between customers, the service and the PSP: HTTP exchanges as messages that take virtual time.

An exchange is two messages, the request and its answer. What happens to a message is decided in one place
(`Network._cross`): the rules are asked how long it takes, the troubles what goes wrong with it; each in their order,
and the first that has an opinion wins. The application is called directly, in a new task of the receiving process, with
neither sockets nor bytes of HTTP in between.

What is lost is transmitted again after a pause that doubles, by the sender's kernel, whatever its program does
meanwhile: a request may arrive long after its asker has hung up. Only the opening of a connection ends with its asker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import assert_never

import simpy

from scenarios.randomness import Streams
from scenarios.units import NS_PER_S, to_ns
from scenarios.virtual.asgi import Answer, Application, Conversation, Request
from scenarios.virtual.errors import (
    AnswerTruncated,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    ConnectionReset,
    Unreachable,
)
from scenarios.virtual.exchange import Exchange
from scenarios.virtual.latency import Regime
from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.messages import Duplicated, Fate, Link, Lost, Message, Reset, Rule, Trouble, Truncated
from scenarios.virtual.processes import Process, current_process
from scenarios.virtual.timeline import Timeline

__all__ = [
    "Answer",
    "ConnectionFailed",
    "ConnectionLost",
    "ConnectionRefused",
    "Latency",
    "Network",
]

_ONE_WAY = Regime(low_s=0.001, high_s=0.02)

# As Linux does: TCP_RTO_MAX, tcp_syn_retries, tcp_retries2, and tcp_orphan_retries, each with the first transmission.
_PAUSE_NS_MAX = to_ns(120)
_OPENINGS_MAX = 1 + 6
_TRANSMISSIONS_MAX = 1 + 15
_ORPHANED_TRANSMISSIONS_MAX = 1 + 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Messages between two parties take this long, in both directions, while the window lasts."""

    source: str  # a kind of party, such as `customer`
    target: str  # a host
    regime: Regime
    from_s: float = 0.0
    to_s: float = float("inf")

    def delay_ns(self, message: Message) -> int | None:
        """Delay what crosses this link."""
        link = message.link
        if link.kind == self.source and link.target == self.target and self.from_s <= message.sent_at_s < self.to_s:
            return self.regime.draw_ns(link.random)
        return None


class Network:
    """Hosts, the processes that serve them, and everything under way."""

    def __init__(self, *, loop: VirtualLoop, streams: Streams, timeline: Timeline) -> None:
        self.rules: list[Rule] = []
        self.troubles: list[Trouble] = []
        self.requests = 0
        self._loop = loop
        self._streams = streams
        self._timeline = timeline
        self._hosts: dict[str, dict[str, tuple[Process, Application]]] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._served: dict[Exchange, None] = {}  # arrived, and neither answered nor broken

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

        The event succeeds with an `Answer` or fails with `ConnectionFailed`; whoever has stopped waiting may ignore it.
        How long to wait is the caller's matter: `yield answer | env.timeout(...)`.
        """
        all_headers = {"host": target, "content-length": str(len(body))}
        all_headers.update((name.lower(), value) for name, value in headers.items())
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in all_headers.items()]
        request = Request(method=method, path=path, headers=raw, body=body)
        return self.dispatch(source=source, target=target, request=request).outcome

    def dispatch(self, *, source: str, target: str, request: Request) -> Exchange:
        """Send a request as it is, and return what becomes of it."""
        assert not self._loop.is_closed(), "the world is over"
        self.requests += 1
        exchange = Exchange(
            link=self._link(source, target),
            request=request,
            outcome=self._loop.env.event(),
            asker=current_process(),
        )
        self._send(exchange, request)
        return exchange

    def _link(self, source: str, target: str) -> Link:
        link = self._links.get((source, target))
        if link is None:
            random = self._streams.stream("network", f"{source}->{target}")
            link = Link(source=source, target=target, kind=source.partition("/")[0], random=random)
            self._links[source, target] = link
        return link

    def _arrive(self, exchange: Exchange) -> None:
        server = self._pick(exchange.link.target)
        if server is None:
            self._note(exchange, "refused")
            self._send(exchange, ConnectionRefused(f"{exchange.link.target} refuses the connection"))
            return
        process, application = server
        exchange.server = process
        self._served[exchange] = None
        self._note(exchange, f"{process.name} {exchange.request.method} {exchange.request.path}")
        conversation = Conversation(
            request=exchange.request,
            source=exchange.link.source,
            target=exchange.link.target,
            on_answer=partial(self._answer, exchange),
            on_abort=partial(self._hang_up, exchange),
        )
        process.spawn(conversation.hold(application))

    def _pick(self, host: str) -> tuple[Process, Application] | None:
        servers = list(self._hosts.get(host, {}).values())
        if not servers:
            return None
        server = self._streams.stream("network", host).choice(servers) if len(servers) > 1 else servers[0]
        return None if server[0].crashed else server

    def _answer(self, exchange: Exchange, answer: Answer) -> None:
        del self._served[exchange]
        self._note(exchange, f"{answer.status} {blake2b(answer.body, digest_size=8).hexdigest()}")
        self._send(exchange, answer)

    def _hang_up(self, exchange: Exchange) -> None:
        del self._served[exchange]
        self._note(exchange, "closed")
        self._send(exchange, ConnectionLost(f"{exchange.link.target} closed the connection without an answer"))

    def _break_off(self, process: Process) -> None:
        for exchange in [exchange for exchange in self._served if exchange.server is process]:
            self._hang_up(exchange)

    def _send(self, exchange: Exchange, content: Request | Answer | ConnectionFailed) -> None:
        """Send a message for the first time."""
        if exchange.is_copy:
            return  # whoever made the copy throws away what comes of it
        sent_at_s = self._loop.now_ns / NS_PER_S
        message = Message(link=exchange.link, request=exchange.request, content=content, sent_at_s=sent_at_s)
        self._cross(exchange, message)

    def _send_again(self, exchange: Exchange, message: Message) -> None:
        """Transmit once more what was lost, unless the sender's kernel gives it up."""
        if _is_pointless(exchange, message):
            self._note(exchange, "given up")
        elif message.transmission > (_OPENINGS_MAX if message.is_connecting else _TRANSMISSIONS_MAX):
            self._note(exchange, "timed out")
            self._time_out(exchange, message)
        else:
            self._cross(exchange, replace(message, sent_at_s=self._loop.now_ns / NS_PER_S))

    def _cross(self, exchange: Exchange, message: Message) -> None:
        """Let a message cross the network: the seam at which faults happen."""
        delay_ns = self._delay_ns(message)
        fate = self._fate(message)
        if fate is not None:
            self._suffer(exchange, message, fate, delay_ns=delay_ns)
            return
        if message.is_connecting:
            _open(exchange)
        self._loop.after(delay_ns, partial(self._deliver, exchange, message.content))

    def _delay_ns(self, message: Message) -> int:
        for rule in self.rules:
            delay_ns = rule.delay_ns(message)
            if delay_ns is not None:
                return delay_ns
        return _ONE_WAY.draw_ns(message.link.random)

    def _fate(self, message: Message) -> Fate | None:
        for trouble in self.troubles:
            fate = trouble.judge(message)
            if fate is not None:
                return fate
        return None

    def _deliver(self, exchange: Exchange, content: Request | Answer | ConnectionFailed) -> None:
        match content:
            case Request():
                self._arrive(exchange)
            case Answer():
                exchange.outcome.succeed(content)
            case ConnectionFailed():
                exchange.outcome.defused = True  # a customer that has given up does not look any more
                exchange.outcome.fail(content)

    def _suffer(self, exchange: Exchange, message: Message, fate: Fate, *, delay_ns: int) -> None:
        """Let a message meet its fate."""
        self._note(exchange, f"{type(fate).__name__.lower()} {message.transmission}")
        if isinstance(fate, Lost):
            self._lose(exchange, message, fate)
            return
        if message.is_connecting:
            _open(exchange)
        match fate:
            case Reset():
                arrives: Request | Answer | ConnectionFailed = ConnectionReset()
            case Truncated():
                arrives = _truncated(message, fate)
            case Duplicated():
                arrives = message.content
                self._loop.after(delay_ns + fate.again_after_ns, partial(self._arrive, self._copy(exchange)))
            case _:
                assert_never(fate)
        self._loop.after(delay_ns, partial(self._deliver, exchange, arrives))

    def _lose(self, exchange: Exchange, message: Message, lost: Lost) -> None:
        if lost.is_connecting and exchange.opening is None:
            exchange.opening = self._loop.env.event()
        is_connecting = message.is_connecting or lost.is_connecting
        again = replace(message, transmission=message.transmission + 1, is_connecting=is_connecting)
        pause_ns = min(lost.again_after_ns << (message.transmission - 1), _PAUSE_NS_MAX)
        self._loop.after(max(1, pause_ns), partial(self._send_again, exchange, again))

    def _time_out(self, exchange: Exchange, message: Message) -> None:
        """Tell the asker, if it is the sender; who waits for an answer that was given up waits on."""
        if message.is_connecting:
            self._deliver(exchange, Unreachable(f"{exchange.link.target} cannot be reached"))
            _open(exchange)  # or rather: there is nothing more to wait for
        elif isinstance(message.content, Request):
            self._deliver(exchange, ConnectionReset(f"the connection to {exchange.link.target} timed out"))

    def _copy(self, exchange: Exchange) -> Exchange:
        return replace(exchange, outcome=self._loop.env.event(), opening=None, server=None, is_copy=True)

    def _note(self, exchange: Exchange, what: str) -> None:
        self._timeline.note("network", f"{exchange.link}{' (copy)' if exchange.is_copy else ''}", what)


def _open(exchange: Exchange) -> None:
    assert exchange.opening is not None, "only a connection that could not be opened at once is waited for"
    exchange.opening.succeed()


def _is_pointless(exchange: Exchange, message: Message) -> bool:
    """Whether the asker's hanging up ends this: an opening, an answer, and after some more tries a request."""
    if not exchange.is_given_up:
        return False
    is_request = isinstance(message.content, Request) and not message.is_connecting
    return not is_request or message.transmission > _ORPHANED_TRANSMISSIONS_MAX


def _truncated(message: Message, fate: Truncated) -> AnswerTruncated:
    assert isinstance(message.content, Answer), "only an answer has a body that its asker waits for"
    return AnswerTruncated(
        "peer closed connection without sending complete message body "
        f"(received {fate.kept_bytes} bytes, expected {len(message.content.body)})"
    )
