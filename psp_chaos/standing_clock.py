"""The clock of a PSP that stands alone: it runs with the wall's, can be frozen, and can be moved forward.

Moved forward it stops at everything that is due in between, in order, and lets it happen at its own time: the retries
of three days come one after the other, as they would in three days.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from psp_chaos.errors import ClockMoving
from psp_chaos.keeping.archive import Archive

MICROSECONDS_PER_SECOND = 1_000_000
ADVANCE_S_MAX = 366 * 86_400
_LOOK_S = 60.0  # at least so often the wall's clock is looked at: it may have been set, or the machine was asleep
_STOP_S = 1.0  # so long, at most, what happens at one stop may take before the clock moves on
_STOPS_S = 10.0  # and so long all stops together; what is due after that happens at the end
_PAUSE_S = 0.002


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How the clock stands to the wall's; kept, because what was booked at a time must stay in the past."""

    offset_us: int = 0
    frozen_at_us: int | None = None


class StandingClock:
    """Tells the time, and wakes who sleeps by it.

    Args:
        wall_us: Microseconds since the Unix epoch.
        archive: Keeps the reading beyond the process.
    """

    def __init__(self, *, wall_us: Callable[[], int], archive: Archive) -> None:
        self._wall_us = wall_us
        self._archive = archive
        self._reading = archive.shelf("clock", Reading).get("reading", Reading())
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._gone = 0  # sleepers that were cancelled and still lie there
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._moving = False

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC."""
        if self._reading.frozen_at_us is not None:
            return self._reading.frozen_at_us
        return self._wall_us() + self._reading.offset_us

    @property
    def is_frozen(self) -> bool:
        """Tell whether the time stands still."""
        return self._reading.frozen_at_us is not None and not self._moving

    @property
    def sleeping(self) -> int:
        """How many sleep by this clock."""
        return len(self._sleepers) - self._gone

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        now_us = self.now_us()
        due_us = now_us + round(seconds * MICROSECONDS_PER_SECOND)
        if due_us <= now_us:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (due_us, next(self._numbers), sleeper))
        self._arm()
        try:
            await sleeper
        except asyncio.CancelledError:
            self._left(sleeper)
            raise

    def freeze(self) -> None:
        """Stop the time."""
        self._require_rest()
        self._set(Reading(offset_us=self._reading.offset_us, frozen_at_us=self.now_us()))

    def resume(self) -> None:
        """Let the time run on from where it stands."""
        self._require_rest()
        self._set(self._running_from(self.now_us()))

    async def advance(self, seconds: float, *, is_quiet: Callable[[], bool]) -> int:
        """Move the time forward, and return how many sleepers were woken on the way.

        `is_quiet` tells whether all that was woken has come to rest again.
        """
        self._require_rest()
        runs, until_us = not self.is_frozen, self.now_us() + round(seconds * MICROSECONDS_PER_SECOND)
        self._moving = True
        try:
            woken = await self._visit(until_us, runs=runs, is_quiet=is_quiet)
        finally:
            self._moving = False
            self._set(self._running_from(until_us) if runs else Reading(frozen_at_us=until_us))
        return woken + self._ring()

    def keep(self) -> None:
        """Put the reading into the archive, which may have been emptied."""
        self._archive.shelf("clock", Reading)["reading"] = self._reading

    async def _visit(self, until_us: int, *, runs: bool, is_quiet: Callable[[], bool]) -> int:
        """Stop wherever somebody is due until then, as long as there is patience."""
        loop, woken = asyncio.get_running_loop(), 0
        patience_ends_s = loop.time() + _STOPS_S
        while (due_us := self._next_due_us()) is not None and due_us <= until_us and loop.time() < patience_ends_s:
            at_us = max(due_us, self.now_us())
            self._reading = self._running_from(at_us) if runs else Reading(frozen_at_us=at_us)
            self.keep()  # as it will be if the process dies here
            self._reading = Reading(frozen_at_us=at_us)
            woken += self._ring()
            await _rest(is_quiet, within_s=_STOP_S)
        return woken

    def _running_from(self, at_us: int) -> Reading:
        return Reading(offset_us=at_us - self._wall_us())

    def _set(self, reading: Reading) -> None:
        self._reading = reading
        self.keep()
        self._arm()

    def _require_rest(self) -> None:
        if self._moving:
            raise ClockMoving

    def _arm(self) -> None:
        """Have the next one woken when it is due; nobody, while the time stands."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_us = self._next_due_us()
        if due_us is not None and self._reading.frozen_at_us is None:
            wait_s = max(0, due_us - self.now_us()) / MICROSECONDS_PER_SECOND
            self._timer = asyncio.get_running_loop().call_later(min(wait_s, _LOOK_S), self._ring)

    def _ring(self) -> int:
        """Wake who is due, and return how many were."""
        now_us, woken = self.now_us(), 0
        while (due_us := self._next_due_us()) is not None and due_us <= now_us:
            heapq.heappop(self._sleepers)[2].set_result(None)
            woken += 1
        self._arm()
        return woken

    def _next_due_us(self) -> int | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
            self._gone -= 1
        return self._sleepers[0][0] if self._sleepers else None

    def _left(self, sleeper: asyncio.Future[None]) -> None:
        """Note that somebody sleeps no more; when most have gone, tidy up."""
        if not sleeper.cancelled():
            return  # woken and cancelled in one breath: it was taken off already
        self._gone += 1
        if self._gone > len(self._sleepers) // 2:
            self._sleepers = [entry for entry in self._sleepers if not entry[2].done()]
            heapq.heapify(self._sleepers)
            self._gone = 0


async def _rest(is_quiet: Callable[[], bool], *, within_s: float) -> None:
    """Wait until what was woken has ended or sleeps again, or so long."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + within_s
    await asyncio.sleep(0)
    while not is_quiet() and loop.time() < ends_s:  # noqa: ASYNC110 - nobody tells when the last of them rests
        await asyncio.sleep(_PAUSE_S)
