"""The virtual clock and seeded identifiers, as the ports of the simulated programs want them.

Simulated time is an integer count of nanoseconds since the run began; programs see microseconds since the Unix epoch.
"""

from random import Random

import simpy

from scenarios.units import NS_PER_US

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LENGTH = 20  # five bits each: 100 bits never meet by chance


class VirtualClock:
    """Reads the simulation's time; never moves it."""

    def __init__(self, *, env: simpy.Environment, epoch_us: int) -> None:
        self._env = env
        self.epoch_us = epoch_us

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        return int(self._env.now)

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""
        return self.epoch_us + self.now_ns // NS_PER_US


class MachineClock:
    """The clock of one machine: the simulation's time, and whatever it is off by. Restarts do not set it right."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._errors_us: dict[str, int] = {}
        self._error_us = 0

    @property
    def error_us(self) -> int:
        """How far the clock is ahead of the simulation's time; negative where it is behind."""
        return self._error_us

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, as this machine believes."""
        return self._clock.now_us() + self._error_us

    def put_off(self, cause: str, *, by_us: int) -> None:
        """Let a cause put the clock off by this much from now on; nothing sets it right again. Causes add up."""
        self._errors_us[cause] = by_us
        self._error_us = sum(self._errors_us.values())


class SeededIds:
    """Identifiers that look random and repeat with the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def new(self, prefix: str) -> str:
        """Return an identifier that nobody else was given, such as `pay_k3v…`."""
        return f"{prefix}_{''.join(self._random.choices(_ALPHABET, k=_ID_LENGTH))}"
