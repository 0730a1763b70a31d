"""What goes wrong with the network: each fault haunts its links in its own way and is asked about every message there.

The first that has an answer decides; the faults do not know each other.
"""

from collections.abc import Callable
from random import Random

from scenarios.faults.network import (
    Direction,
    Duplicate,
    Flapping,
    HalfOpen,
    Latency,
    Loss,
    Narrow,
    NetworkFault,
    Partition,
    ResetAfter,
    ResetBefore,
    Truncated,
)
from scenarios.faults.spans import Span
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, is_open, next_occasion, pause_within
from scenarios.units import to_ns
from scenarios.virtual import messages
from scenarios.virtual.asgi import Answer, Request
from scenarios.virtual.machines import Machines
from scenarios.virtual.messages import Link, Lost, Message, Reset, Rule, Trouble
from scenarios.virtual.world import World

# How long Linux waits for a sign of the other side before it transmits again: data, and the wish to connect.
_RETRANSMIT_NS = to_ns(0.2)
_REOPEN_NS = to_ns(1)


class NetworkNemesis:
    """Lets the network misbehave."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._machines = machines
        self._bites = bites
        self._slowings = 0

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen while its window lasts."""
        network = self._world.network
        match fault:
            case Latency():
                self._slow_down(_Slowing(fault, world=self._world, bites=self._bites))
            case Narrow():
                self._slow_down(_Narrowing(fault, world=self._world, bites=self._bites))
            case Partition() | Flapping():
                outages = _Outages(fault, world=self._world, bites=self._bites)
                network.troubles.append(outages)
                self._world.env.process(outages.come_and_go())
            case _:
                assert type(fault) in _HAUNTINGS, f"{fault.kind} is no fault of the network"
                network.troubles.append(_HAUNTINGS[type(fault)](fault, world=self._world, bites=self._bites))

    def _slow_down(self, rule: Rule) -> None:
        # Before the ordinary latencies, of which one always has an answer.
        self._world.network.rules.insert(self._slowings, rule)
        self._slowings += 1


class _Haunting[F: NetworkFault]:
    """One fault, at work."""

    def __init__(self, fault: F, *, world: World, bites: Bites) -> None:
        self._fault = fault
        self._world = world
        self._bites = bites

    def _concerns(self, link: Link) -> bool:
        """Whether it is time, and this is the place."""
        return self._fault.covers(link.kind, link.target) and is_open(self._world.env, self._fault)

    def _draw(self, link: Link) -> Random:
        return self._world.stream("network-fault", self._fault.id, str(link))

    def _strikes(self, message: Message, probability: float) -> bool:
        """Whether it concerns this message, and the seed wants it."""
        return self._concerns(message.link) and self._draw(message.link).random() < probability

    def _bite(self, message: Message, **detail: object) -> None:
        path = message.request.path.partition("?")[0]
        self._bites.record(self._fault, target=str(message.link), method=message.request.method, path=path, **detail)


class _Slowing(_Haunting[Latency]):
    """Bites once a link: from then on it is slow."""

    def __init__(self, fault: Latency, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._bitten: dict[Link, None] = {}

    def delay_ns(self, message: Message) -> int | None:
        if not self._concerns(message.link):
            return None
        delay_s = self._draw(message.link).uniform(*self._fault.delay_s)
        if message.link not in self._bitten:
            self._bitten[message.link] = None
            self._bite(message, delay_s=round(delay_s, 3))
        return max(1, to_ns(delay_s))


class _Narrowing(_Haunting[Narrow]):
    """Bites once a link, as latency does; what is ahead of a body is not counted."""

    def __init__(self, fault: Narrow, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._bitten: dict[Link, None] = {}

    def delay_ns(self, message: Message) -> int | None:
        content = message.content
        if not isinstance(content, Request | Answer) or not content.body or not self._concerns(message.link):
            return None
        rate = self._draw(message.link).uniform(*self._fault.rate)
        if message.link not in self._bitten:
            self._bitten[message.link] = None
            self._bite(message, bytes_per_s=round(rate))
        return max(1, to_ns(len(content.body) / rate))


class _Losing(_Haunting[Loss]):
    def judge(self, message: Message) -> Lost | None:
        if not self._strikes(message, self._fault.probability):
            return None
        self._bite(message, transmission=message.transmission)
        return Lost(again_after_ns=to_ns(self._draw(message.link).uniform(*self._fault.retransmit_s)))


class _ResettingBefore(_Haunting[ResetBefore]):
    def judge(self, message: Message) -> Reset | None:
        if not isinstance(message.content, Request) or not self._strikes(message, self._fault.probability):
            return None
        self._bite(message)
        return Reset()


class _ResettingAfter(_Haunting[ResetAfter]):
    def judge(self, message: Message) -> Reset | None:
        if not isinstance(message.content, Answer) or not self._strikes(message, self._fault.probability):
            return None
        self._bite(message, status=message.content.status)
        return Reset()


class _HalfOpening(_Haunting[HalfOpen]):
    def __init__(self, fault: HalfOpen, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._swallowed: dict[int, Request] = {}  # by identity: what is lost once is lost each time it is sent again

    def judge(self, message: Message) -> Lost | None:
        request = message.content
        if not isinstance(request, Request):
            return None
        if id(request) not in self._swallowed:
            if message.transmission > 1 or not self._strikes(message, self._fault.probability):
                return None
            self._swallowed[id(request)] = request
            self._bite(message)
        return Lost(again_after_ns=_RETRANSMIT_NS)


class _Truncating(_Haunting[Truncated]):
    def judge(self, message: Message) -> messages.Truncated | None:
        content = message.content
        if not isinstance(content, Answer) or not content.body or not self._strikes(message, self._fault.probability):
            return None
        kept_bytes = self._draw(message.link).randrange(len(content.body))
        self._bite(message, status=content.status, kept_bytes=kept_bytes)
        return messages.Truncated(kept_bytes=kept_bytes)


class _Duplicating(_Haunting[Duplicate]):
    def judge(self, message: Message) -> messages.Duplicated | None:
        if not isinstance(message.content, Request) or not self._strikes(message, self._fault.probability):
            return None
        delay_s = self._draw(message.link).uniform(*self._fault.delay_s)
        self._bite(message, delay_s=round(delay_s, 3))
        return messages.Duplicated(again_after_ns=max(1, to_ns(delay_s)))


class _Outages(_Haunting[Partition | Flapping]):
    """Bites once an outage, when the first message is lost."""

    def __init__(self, fault: Partition | Flapping, *, world: World, bites: Bites) -> None:
        super().__init__(fault, world=world, bites=bites)
        self._is_down = self._is_bitten = False
        self._lasts_s = 0.0

    def come_and_go(self) -> Steps[None]:
        """Go down and up as long as the window lasts."""
        up_s, down_s = self._turns
        draw = self._world.stream("network-fault", self._fault.id)
        while (yield from next_occasion(self._world.env, self._fault, up_s, draw)):
            self._lasts_s = draw.uniform(*down_s)
            self._is_down, self._is_bitten = True, False
            yield pause_within(self._world.env, self._fault, self._lasts_s)
            self._is_down = False

    def judge(self, message: Message) -> Lost | None:
        if not self._is_down or not self._fault.covers(message.link.kind, message.link.target):
            return None
        is_connecting = self._is_connecting(message)
        if not _is_in_the_way(self._direction, message, is_connecting=is_connecting):
            return None
        if not self._is_bitten:
            self._is_bitten = True
            self._bites.record(
                self._fault, target=self._fault.link, for_s=round(self._lasts_s, 3), direction=self._direction
            )
        return Lost(again_after_ns=_REOPEN_NS if is_connecting else _RETRANSMIT_NS, is_connecting=is_connecting)

    @property
    def _turns(self) -> tuple[Span, Span]:
        fault = self._fault
        return (fault.every_s, fault.for_s) if isinstance(fault, Partition) else (fault.up_s, fault.down_s)

    @property
    def _direction(self) -> Direction:
        return self._fault.direction if isinstance(self._fault, Partition) else "both"

    def _is_connecting(self, message: Message) -> bool:
        """Whether this is a wish to connect; what was transmitted before stays what it was."""
        if not isinstance(message.content, Request) or message.transmission > 1:
            return message.is_connecting
        return self._draw(message.link).random() >= self._fault.open_share


def _is_in_the_way(direction: Direction, message: Message, *, is_connecting: bool) -> bool:
    if direction == "both" or is_connecting:
        return True  # it takes a message each way to connect
    return (direction == "there") is isinstance(message.content, Request)


_HAUNTINGS: dict[type[WorldFault], Callable[..., Trouble]] = {
    Loss: _Losing,
    ResetBefore: _ResettingBefore,
    ResetAfter: _ResettingAfter,
    Truncated: _Truncating,
    Duplicate: _Duplicating,
    HalfOpen: _HalfOpening,
}
