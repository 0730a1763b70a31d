"""The virtual clock and seeded identifiers, as the ports of the simulated programs want them.

Simulated time is an integer count of nanoseconds since the run began; programs see microseconds since the Unix epoch.
"""

from random import Random

import simpy

from scenarios.virtual.units import NS_PER_US

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


class SeededIds:
    """Identifiers that look random and repeat with the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def new(self, prefix: str) -> str:
        """Return an identifier that nobody else was given, such as `pay_k3v…`."""
        return f"{prefix}_{''.join(self._random.choices(_ALPHABET, k=_ID_LENGTH))}"
