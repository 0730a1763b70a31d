"""What goes wrong with real connections: each fault is a trouble of the proxies on its links."""

from collections.abc import Callable, Mapping

from scenarios.faults.network import (
    Duplicate,
    Flapping,
    HalfOpen,
    Latency,
    Loss,
    Narrow,
    Partition,
    ResetAfter,
    ResetBefore,
    Truncated,
)
from scenarios.faults.world_fault import WorldFault
from scenarios.live.nemesis.haunting import Haunting
from scenarios.live.proxy import Cut, Duplicated, Fate, HalfOpened, Link, Shortened, Trouble, Way
from scenarios.live.proxy.http_text import has_body, target_of
from scenarios.live.real_time import RealTime
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, next_occasion, pause_within

_LOSSES_MAX = 6  # in a row; a kernel goes on for longer than a live run lasts


class NetworkNemesis:
    """Lets the network misbehave."""

    def __init__(self, world: RealTime, *, links: Mapping[str, Link], bites: Bites) -> None:
        self._world = world
        self._links = links
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen on every link that it covers while its window lasts."""
        assert type(fault) in _HAUNTINGS, f"{fault.kind} is no fault of the network"
        for name, link in self._links.items():
            if fault.covers(*name.split("->")):  # type: ignore[attr-defined]  # it is of the network
                haunting = _HAUNTINGS[type(fault)](fault, world=self._world, bites=self._bites, link=name)
                link.troubles.append(haunting)


class _Slowing(Haunting[Latency]):
    """Bites once a link: from then on it is slow."""

    _has_bitten = False

    def delay_s(self, way: Way) -> float:  # noqa: ARG002 - both ways alike
        if not self._is_open:
            return 0.0
        delay_s = self._draw.uniform(*self._fault.delay_s)
        if not self._has_bitten:
            self._has_bitten = True
            self._bite(delay_s=round(delay_s, 3))
        return delay_s


class _Losing(Haunting[Loss]):
    def delay_s(self, way: Way) -> float:
        delay_s, losses = 0.0, 0
        while losses < _LOSSES_MAX and self._strikes(self._fault.probability):
            losses += 1
            self._bite(transmission=losses, direction=way.value)
            delay_s += self._draw.uniform(*self._fault.retransmit_s) * 2 ** (losses - 1)
        return delay_s


class _ResettingBefore(Haunting[ResetBefore]):
    def at_request(self, data: bytes) -> Fate | None:
        if not self._strikes(self._fault.probability):
            return None
        self._bite(**target_of(data))
        return Cut()


class _ResettingAfter(Haunting[ResetAfter]):
    def at_reply(self, data: bytes) -> Fate | None:  # noqa: ARG002 - whatever it says is lost
        if not self._strikes(self._fault.probability):
            return None
        self._bite()
        return Cut()


class _Truncating(Haunting[Truncated]):
    def at_reply(self, data: bytes) -> Fate | None:
        if not has_body(data) or not self._strikes(self._fault.probability):
            return None
        self._bite()
        return Shortened(share=self._draw.random())


class _Duplicating(Haunting[Duplicate]):
    def at_request(self, data: bytes) -> Fate | None:
        if not self._strikes(self._fault.probability):
            return None
        delay_s = self._draw.uniform(*self._fault.delay_s)
        self._bite(delay_s=round(delay_s, 3), **target_of(data))
        return Duplicated(after_s=delay_s)


class _HalfOpening(Haunting[HalfOpen]):
    def at_request(self, data: bytes) -> Fate | None:
        if not self._strikes(self._fault.probability):
            return None
        self._bite(**target_of(data))
        return HalfOpened()


class _Narrowing(Haunting[Narrow]):
    """Bites once a link, as latency does."""

    _has_bitten = False

    def bytes_per_s(self) -> float | None:
        if not self._is_open:
            return None
        rate = self._draw.uniform(*self._fault.rate)
        if not self._has_bitten:
            self._has_bitten = True
            self._bite(bytes_per_s=round(rate))
        return rate


class _Outages(Haunting[Partition | Flapping]):
    """Bites once an outage, when the first bytes have to wait."""

    _is_down = _has_bitten = False
    _lasts_s = 0.0

    def __init__(self, fault: Partition | Flapping, *, world: RealTime, bites: Bites, link: str) -> None:
        super().__init__(fault, world=world, bites=bites, link=link)
        world.env.process(self._come_and_go())

    def holds(self, way: Way) -> bool:
        if not self._is_down or self._direction not in ("both", way.value):
            return False
        if not self._has_bitten:
            self._has_bitten = True
            self._bite(for_s=round(self._lasts_s, 3), direction=self._direction)
        return True

    def _come_and_go(self) -> Steps[None]:
        fault, env, draw = self._fault, self._world.env, self._draw
        up_s, down_s = (fault.every_s, fault.for_s) if isinstance(fault, Partition) else (fault.up_s, fault.down_s)
        while (yield from next_occasion(env, fault, up_s, draw)):
            self._lasts_s = draw.uniform(*down_s)
            self._is_down, self._has_bitten = True, False
            yield pause_within(env, fault, self._lasts_s)
            self._is_down = False

    @property
    def _direction(self) -> str:
        return self._fault.direction if isinstance(self._fault, Partition) else "both"


_HAUNTINGS: dict[type[WorldFault], Callable[..., Trouble]] = {
    Latency: _Slowing,
    Loss: _Losing,
    ResetBefore: _ResettingBefore,
    ResetAfter: _ResettingAfter,
    Truncated: _Truncating,
    Duplicate: _Duplicating,
    HalfOpen: _HalfOpening,
    Narrow: _Narrowing,
    Partition: _Outages,
    Flapping: _Outages,
}
