"""What goes wrong with merchants who listen: a fault is asked about every event that arrives, or shuts servers."""

from random import Random

from scenarios.faults.merchant import Down, Drop, DropAfter, Error, ErrorAfter, Hang, MerchantFault
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, is_open, next_occasion, pause_within
from scenarios.virtual.merchant import Merchant, Mishap, Row
from scenarios.virtual.merchants import Merchants
from scenarios.virtual.world import World

_BROKEN = 500


class MerchantNemesis:
    """Lets merchants be out of sorts."""

    def __init__(self, world: World, merchants: Merchants | None, *, bites: Bites) -> None:
        self._world = world
        self._merchants = merchants
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen to everybody who listens, while its window lasts."""
        assert self._merchants is not None, "a scenario in which nobody listens has no such fault"
        assert isinstance(fault, MerchantFault), f"{fault.kind} is no fault of a merchant"
        for merchant in self._merchants.listeners:
            if isinstance(fault, Down):
                self._world.env.process(self._go_down_and_up(fault, self._merchants, merchant))
            else:
                merchant.troubles.append(_Haunting(fault, world=self._world, bites=self._bites))

    def _go_down_and_up(self, fault: Down, merchants: Merchants, merchant: Merchant) -> Steps[None]:
        draw = _draw(self._world, fault, merchant)
        while (yield from next_occasion(self._world.env, fault, fault.every_s, draw)):
            for_s = draw.uniform(*fault.for_s)
            merchants.shut(merchant)
            self._bites.record(fault, target=merchant.id, for_s=round(for_s, 3))
            yield pause_within(self._world.env, fault, for_s)
            merchants.open(merchant)


class _Haunting:
    """One fault that befalls events as they arrive, at work."""

    def __init__(self, fault: MerchantFault, *, world: World, bites: Bites) -> None:
        self._fault = fault
        self._world = world
        self._bites = bites

    def befall(self, merchant: Merchant, row: Row) -> Mishap | None:
        """Strike if it is time, and the seed wants it."""
        if not is_open(self._world.env, self._fault):
            return None
        draw = _draw(self._world, self._fault, merchant)
        mishap = _mishap(self._fault, draw)
        if mishap is not None:
            told = {name: row.get(name) for name in ("event_id", "payment_id")}
            self._bites.record(self._fault, target=merchant.id, **told)
        return mishap


def _mishap(fault: MerchantFault, draw: Random) -> Mishap | None:
    match fault:
        case Error(probability=probability):
            mishap = Mishap(fault=fault.id, status=_BROKEN)
        case ErrorAfter(probability=probability):
            mishap = Mishap(fault=fault.id, status=_BROKEN, is_taken=True)
        case Drop(probability=probability):
            mishap = Mishap(fault=fault.id)
        case DropAfter(probability=probability):
            mishap = Mishap(fault=fault.id, is_taken=True)
        case Hang(probability=probability):
            mishap = Mishap(fault=fault.id, after_s=draw.uniform(*fault.for_s))
        case _:
            raise AssertionError(f"{fault.kind} does not befall events")
    return mishap if draw.random() < probability else None


def _draw(world: World, fault: MerchantFault, merchant: Merchant) -> Random:
    return world.stream("merchant-fault", fault.id, merchant.id)
