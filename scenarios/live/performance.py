"""A scenario, performed live from the first process to the last line of the evidence."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from scenarios.database import DatabaseServer, database_server
from scenarios.embedded_postgres import KILLABLE
from scenarios.embedded_postgres.family import family
from scenarios.faults.world_fault import WorldFault
from scenarios.interrupts import interrupts_restored
from scenarios.live.bites_file import BitesFile
from scenarios.live.diary_file import DiaryFile
from scenarios.live.feasible import LeftOut, left_out
from scenarios.live.guardian import Guardian
from scenarios.live.live_storm import LiveStorm, Passage, now_us
from scenarios.live.network_plan import network_plan
from scenarios.live.postgres import LivePostgres
from scenarios.live.resources import Sampler, Trend, trends
from scenarios.live.system import LiveSystem, starting_system
from scenarios.live.tally import tally
from scenarios.nemesis.bites import Bites
from scenarios.progress import Listener
from scenarios.recording import Recording
from scenarios.spec import Scenario

RESOURCES = "resources.jsonl"
"""What each process had of memory and descriptors, in the run folder."""

_US_PER_S = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Performed:
    """What is told of a run besides its evidence."""

    counts: Mapping[str, int]
    trends: tuple[Trend, ...]  # of memory and descriptors


@dataclass(frozen=True, kw_only=True, slots=True)
class Performance:
    """What is to be performed, and where its evidence goes."""

    scenario: Scenario  # at live pace
    seed: int
    command: str  # has it performed again
    folder: Path
    database_url: str | None

    @property
    def lacking(self) -> tuple[LeftOut, ...]:
        """What of the scenario will not happen."""
        return left_out(self.scenario, server_is_ours=self.database_url is None)

    def perform(self, listener: Listener) -> Performed:
        """Perform it, write the evidence, and leave nothing running.

        Raises:
            PostgresUnavailable: No database server could be found, started or reached, or it did not come back.
            InfrastructureFailed: A process did not come up, or ended though nobody had killed it.
        """
        logs = self.folder.absolute() / "logs"
        logs.mkdir(parents=True, exist_ok=True)  # which tells a run that was cut off from a folder that is none
        with (
            interrupts_restored(),
            # Before the files: where there is no server, nothing is to be found in the folder.
            database_server(self.database_url, profile=KILLABLE) as server,
            closing(DiaryFile(logs / "customers.jsonl", now_us=now_us)) as diary,
            closing(BitesFile(logs / "faults.jsonl", now_us=now_us)) as bites,
            closing(Sampler(self.folder / RESOURCES, now_us=now_us)) as sampler,
        ):
            recording = self._perform(server, diary=diary, bites=bites, sampler=sampler, listener=listener)
            recording.write(self.folder)
        return Performed(counts=recording.counts, trends=tuple(trends(sampler.samples)))

    def _perform(
        self, server: DatabaseServer, *, diary: DiaryFile, bites: Bites, sampler: Sampler, listener: Listener
    ) -> Recording:
        began_s = time.monotonic()
        with (
            Guardian() as guardian,
            network_plan(self.scenario, embedded=server.embedded) as network,
            starting_system(
                self.scenario,
                addresses=network.addresses,
                logs=self.folder.absolute() / "logs",
                server=server,
                seed=self.seed,
                detours=network.detours,
                guardian=guardian,
            ) as starting,
        ):
            system = starting.system
            postgres = LivePostgres(embedded=server.embedded, database=system.database, guardian=guardian)
            sampler.watch(lambda: _families(system))
            storm = LiveStorm(
                self.scenario,
                seed=self.seed,
                starting=starting,
                postgres=postgres,
                links=network.links,
                faults=self._feasible(),
                diary=diary,
                bites=bites,
                sampler=sampler,
                listener=listener,
            )
            passage = asyncio.run(storm.run())
        return self._recording(passage, system, diary=diary, bites=bites, began_s=began_s)

    def _feasible(self) -> list[WorldFault]:
        without = {one.what for one in self.lacking}
        faults = self.scenario.faults_of_the_storm()
        return [fault for fault in faults if isinstance(fault, WorldFault) and fault.id not in without]

    def _recording(
        self,
        passage: Passage,
        system: LiveSystem,
        *,
        diary: DiaryFile,
        bites: Bites,
        began_s: float,
    ) -> Recording:
        storm_s = (passage.storm_ended_at_us - passage.started_at_us) / _US_PER_S
        starts = system.machines.starts
        return Recording(
            scenario=self.scenario.model_copy(update={"storm_s": storm_s}),
            seed=self.seed,
            mode="live",
            command=self.command,
            postgresql=system.postgresql,
            started_at_us=passage.started_at_us,
            storm_ended_at_us=passage.storm_ended_at_us,
            ended_at_us=passage.ended_at_us,
            is_complete=passage.is_complete,
            diary=diary.rows,
            service=passage.service,
            psp={name: rows for name, rows in passage.psp.items() if name != "faults"},
            faults=sorted([*passage.psp["faults"], *bites.rows], key=itemgetter("at_us")),
            left_out=tuple(map(str, self.lacking)),
            counts={"requests": len(diary.rows), "starts": starts, **tally(bites.rows)},
            wall_s=time.monotonic() - began_s,
        )


def _families(system: LiveSystem) -> dict[str, list[int]]:
    """Return who is running under which process ids; PostgreSQL with its backends."""
    families = {name: [pid] for name, pid in system.machines.pids().items()}
    families |= {child.name: [child.process.pid] for child in system.children.named("psp")}
    if system.server.embedded is not None:
        families["postgres"] = family(system.server.embedded.process.pid)
    return families
