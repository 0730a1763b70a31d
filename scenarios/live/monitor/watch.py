"""Looks at the system again and again, and keeps what the page shows ready to be sent.

A look takes as long as it takes; afterwards the monitor rests for several times as long, so that it never uses more
than a share of the machine that is being measured.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from reports.evidence import FORMAT
from reports.records import Manifest
from scenarios.live.diaries import Diaries
from scenarios.live.monitor.board import show
from scenarios.live.monitor.ledger import Ledger
from scenarios.live.monitor.reckoning import Standing, reckon
from scenarios.live.monitor.sources import PspSource, ServiceSource
from scenarios.live.monitor.switchboard import Switchboard
from scenarios.live.pacing import PROMISE_S

logger = logging.getLogger(__name__)

_PERIOD_S = 1.0
_REST = 4  # times the length of a look: at most a fifth of one processor
_PURCHASES_AT_ONCE = 500  # between two of them others are served


@dataclass(kw_only=True)
class Watch:
    """What the monitor has seen."""

    diaries: Diaries
    service: ServiceSource
    psp: PspSource
    switchboard: Switchboard
    now_us: Callable[[], int]

    def __post_init__(self) -> None:
        self._ledger = Ledger()
        self._standings: dict[str, Standing] = {}
        self._started_at_us = self.now_us()
        self._shown: dict[str, object] = {"error": "the first look is not finished yet"}

    async def keep_looking(self) -> None:
        """Look until canceled."""
        while True:
            began_s = time.monotonic()
            await self.look()
            await asyncio.sleep(max(_PERIOD_S, _REST * (time.monotonic() - began_s)))

    @property
    def page(self) -> bytes:
        """What was seen, ready to be sent."""
        return orjson.dumps(self._shown)

    async def look(self) -> None:
        """Read what is new, and prepare what the page shows; what cannot be read now is read the next time."""
        began_s = time.monotonic()
        try:
            await self._read_news()
            self._shown = {"at_us": self.now_us(), **show(self._standings.values())}
            await self.look_at_switches()
        except Exception as error:  # the border: who only watches must not end a load, and says what went wrong
            logger.exception("not everything could be read")
            self._shown = {**self._shown, "error": f"not everything could be read: {type(error).__name__}: {error}"}
        self._shown |= {"look_ms": round(1000 * (time.monotonic() - began_s))}

    async def look_at_switches(self) -> None:
        """Show how the switches stand."""
        self._shown |= {
            "scenario": self.switchboard.scenario,
            "title": self.switchboard.title,
            "faults": await self.switchboard.show(),
            "psp_forgot_keys": self.switchboard.psp_forgot_keys,
        }

    async def _read_news(self) -> None:
        # Who knows later is asked later: customers, service, PSP. What moves meanwhile is news, and not a lie.
        self._ledger.note_diary(self.diaries.read_news())
        self._ledger.note_service(await self.service.read_news())
        self._ledger.note_psp(await self.psp.read_news())
        changed = sorted(self._ledger.changed)
        for start in range(0, len(changed), _PURCHASES_AT_ONCE):
            part = changed[start : start + _PURCHASES_AT_ONCE]
            for standing in reckon(self._ledger.evidence(part, manifest=self._manifest())):
                self._standings[standing.order] = standing
            self._ledger.settle(part)
            await asyncio.sleep(0)

    def _manifest(self) -> Manifest:
        """Return the manifest of a storm that lasts until now, so that nothing is due yet."""
        now_us = self.now_us()
        return Manifest(
            format=FORMAT,
            scenario=self.switchboard.scenario,
            story="",
            seed=0,
            mode="live",
            command="",
            started_at_us=self._started_at_us,
            storm_ended_at_us=now_us,
            ended_at_us=now_us,
            final_within_s=PROMISE_S,
        )
