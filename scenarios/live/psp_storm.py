"""The PSP's faults in real time: switched on and off over its control plane, when their windows open and close."""

from collections.abc import Generator
from math import isinf

import simpy

from psp_chaos.faults import FaultSpec
from scenarios.live.psp_control import PspControl
from scenarios.live.real_time import RealTime
from scenarios.spec import Scenario
from scenarios.units import to_ns


class PspStorm:
    """The PSP's part of a storm."""

    def __init__(self, scenario: Scenario, *, world: RealTime, control: PspControl) -> None:
        self._faults = scenario.psp_faults
        self._env = world.env
        self._control = control

    def let_loose(self) -> None:
        """Let each fault begin with its window, or at once."""
        for fault in self._faults:
            self._env.process(self._come_and_go(fault))

    def end(self) -> None:
        """End all of them; what they have begun goes on."""
        self._control.remove_faults()

    def _come_and_go(self, fault: FaultSpec) -> Generator[simpy.Event, object, None]:
        # The PSP counts a window from its own start, which was earlier.
        begins_s, ends_s = fault.window.get("from_s", 0.0), fault.window.get("to_s", float("inf"))
        yield self._env.timeout(to_ns(begins_s))
        self._control.install([fault.model_copy(update={"window": {}})])
        if not isinf(ends_s):
            yield self._env.timeout(to_ns(ends_s - begins_s))
            self._control.remove_fault(fault.id)
