"""The stage: what the runs of one operating-system process share, so that thousands of seeds an hour are possible.

    with Stage(server) as stage:
        recording = stage.perform(scenario, seed=7)

A run is a function of (scenario, seed): whatever was performed on a stage before leaves nothing behind that a run could
notice.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType, TracebackType
from typing import Self

from psp_chaos.export import export_books
from reports.records import Json
from scenarios.database import DatabaseServer
from scenarios.defects import Defect, find_defect
from scenarios.interrupts import first_interrupt_handled_by
from scenarios.progress import UNHEARD, Listener
from scenarios.randomness import Tape
from scenarios.recording import Recording, Rows
from scenarios.spec import Scenario
from scenarios.units import NS_PER_US, to_ns
from scenarios.virtual.storm import EPOCH_US, Storm
from scenarios.virtual.theatre import Theatre

_PROGRAMS = ("engine", "service", "psp_chaos")
_UNREAD = logging.NullHandler()  # what a simulated program logs stays on its simulated machine
_RUNS_TO_WARM_UP = 1  # libraries have filled their caches by then
_THEATRES_MAX = 3  # each holds connections of every process; whoever tries many defects tries one after the other


class Stage:
    """One database server with a database for every variant of the service, used again and again."""

    def __init__(self, server: DatabaseServer) -> None:
        for program in _PROGRAMS:
            logging.getLogger(program).addHandler(_UNREAD)
        self._server = server
        self._theatres: dict[tuple[str | None, int], tuple[Theatre, ExitStack]] = {}  # the one used last comes last
        self._performed = 0
        self._closing = ExitStack()
        self._runner = self._closing.enter_context(asyncio.Runner())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the databases."""
        gc.unfreeze()
        while self._theatres:
            self._close_oldest_theatre()
        self._closing.close()

    def perform(
        self,
        scenario: Scenario,
        *,
        seed: int,
        command: str = "",
        listener: Listener = UNHEARD,
        swarm: Mapping[str, Json] = MappingProxyType({}),
        tape: Tape | None = None,
        keep_timeline: bool = False,
    ) -> Recording:
        """Run a scenario in virtual time and return what everybody wrote down.

        Ctrl-C ends the run early; what was recorded until then is returned, and the judge is told.

        Args:
            scenario: What shall happen.
            seed: Decides everything that chance decides.
            command: What a person types to have this run again.
            listener: Is told how far the run is.
            swarm: What of the scenario the seed drew, for the manifest.
            tape: Records every seeded decision, or makes those that were recorded.
            keep_timeline: Keep the timeline's lines, to find the first difference between two runs.

        Raises:
            BadInput: The scenario plants a defect that does not exist.
            Escaped: A program of ours tried to leave the simulated world.
            OtherChoice: The run does not fit its tape.
        """
        started_s = time.monotonic()
        self._settle_memory()
        defect = None if scenario.defect is None else find_defect(scenario.defect)
        theatre = self._theatre(defect, merchants=scenario.merchants)
        theatre.clean()
        storm = Storm(
            scenario,
            seed=seed,
            theatre=theatre,
            listener=listener,
            defect=defect,
            tape=tape,
            keep_timeline=keep_timeline,
        )
        with storm.world:
            is_complete = _run(storm)
        service = theatre.books(with_outgoing=scenario.merchant_listens)
        wall_s = time.monotonic() - started_s
        return self._record(
            storm, seed=seed, command=command, swarm=swarm, is_complete=is_complete, service=service, wall_s=wall_s
        )

    def _record(
        self,
        storm: Storm,
        *,
        seed: int,
        command: str,
        swarm: Mapping[str, Json],
        is_complete: bool,
        service: Mapping[str, Rows],
        wall_s: float,
    ) -> Recording:
        """Return what everybody wrote down in a storm that is over."""
        world, ended_at_us = storm.world, storm.world.clock.now_us()
        return Recording(
            scenario=storm.scenario,
            seed=seed,
            mode="virtual",
            command=command,
            postgresql=self._server.version,
            started_at_us=EPOCH_US,
            storm_ended_at_us=min(ended_at_us, EPOCH_US + to_ns(storm.scenario.storm_s) // NS_PER_US),
            ended_at_us=ended_at_us,
            is_complete=is_complete,
            swarm=swarm,
            timeline=world.timeline.digest,
            timeline_lines=world.timeline.lines,
            diary=storm.diary.rows,
            service=service,
            psp=export_books(storm.psp),
            faults=storm.bites,
            notices=None if storm.merchants is None else storm.merchants.diary,
            counts=storm.counts,
            wall_s=wall_s,
        )

    def _settle_memory(self) -> None:
        """Let the garbage collector look at what a run makes, and no more at what was there before any run."""
        if self._performed <= _RUNS_TO_WARM_UP:
            gc.collect()
            gc.freeze()
        self._performed += 1

    def _theatre(self, defect: Defect | None, *, merchants: int) -> Theatre:
        """Return the database for this variant; a defect may have a schema of its own."""
        name = (defect.id if defect else None, merchants)
        if name in self._theatres:
            self._theatres[name] = self._theatres.pop(name)
            return self._theatres[name][0]
        while len(self._theatres) >= _THEATRES_MAX:
            self._close_oldest_theatre()
        with ExitStack() as opening:
            url = opening.enter_context(self._server.new_database())
            theatre = Theatre(url, runner=self._runner)
            opening.callback(theatre.close)
            theatre.build(defect.schema_changes if defect else (), merchants=merchants)
            self._theatres[name] = theatre, opening.pop_all()
        return theatre

    def _close_oldest_theatre(self) -> None:
        _, closing = self._theatres.pop(next(iter(self._theatres)))
        closing.close()


def _run(storm: Storm) -> bool:
    """Let storm and calm pass; tell whether they passed to their end."""
    try:
        with first_interrupt_handled_by(storm.world.interrupt):
            storm.run()
    except KeyboardInterrupt:
        return False
    return True
