"""Holding: whether everything that would be sent waits for somebody's hand."""

from dataclasses import dataclass

from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock

_ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Everything is held."""

    since_us: int


class Holding:
    """The one switch, which survives the process."""

    def __init__(self, *, archive: Archive, clock: Clock) -> None:
        self._clock = clock
        self._holds = archive.shelf("delivery_holds", Hold)

    @property
    def is_on(self) -> bool:
        """Tell whether everything is held."""
        return _ALL in self._holds

    def turn_on(self) -> None:
        """Hold everything from now on."""
        if not self.is_on:
            self._holds[_ALL] = Hold(since_us=self._clock.now_us())

    def turn_off(self) -> None:
        """Hold nothing more."""
        self._holds.pop(_ALL, None)
