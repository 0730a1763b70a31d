"""What puts the clocks of machines wrong; what they show follows the machine from one process to the next."""

from scenarios.faults.clock import Jump, Skew
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, next_occasion, window_closes, window_opens
from scenarios.virtual.machines import Machines
from scenarios.virtual.world import World

_US_PER_S = 1_000_000


class ClockNemesis:
    """Puts clocks wrong, and right at the end of the window."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._machines = machines
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen to every machine of its kind."""
        match fault:
            case Skew():
                for name in self._machines.names(fault.process):
                    self._world.env.process(self._skew(fault, name))
            case Jump():
                for name in self._machines.names(fault.process):
                    self._world.env.process(self._jump(fault, name))
                    self._world.env.process(self._set_right(fault, name))
            case _:
                raise AssertionError(f"{fault.kind} is no fault of the clock")

    def _skew(self, fault: Skew, name: str) -> Steps[None]:
        draw = self._world.stream("clock-fault", fault.id, name)
        is_hit, by_s = draw.random() < fault.probability, draw.uniform(*fault.by_s)
        yield window_opens(self._world.env, fault)
        if is_hit:
            self._put_off(fault, name, by_s=by_s)
            yield from self._set_right(fault, name)

    def _jump(self, fault: Jump, name: str) -> Steps[None]:
        draw = self._world.stream("clock-fault", fault.id, name)
        while (yield from next_occasion(self._world.env, fault, fault.every_s, draw)):
            self._put_off(fault, name, by_s=draw.uniform(*fault.by_s))

    def _put_off(self, fault: WorldFault, name: str, *, by_s: float) -> None:
        self._machines.clock(name).put_off(fault.id, by_us=round(by_s * _US_PER_S))
        self._bites.record(fault, target=name, by_s=round(by_s, 3))

    def _set_right(self, fault: WorldFault, name: str) -> Steps[None]:
        yield window_closes(self._world.env, fault)
        self._machines.clock(name).put_off(fault.id, by_us=0)
