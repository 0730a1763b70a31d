"""Worlds for tests, on the session's PostgreSQL, each closed when its test is over."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from reports.evidence import Evidence
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.faults.process import CrashAtStep
from scenarios.spec import Scenario
from scenarios.virtual.stage import Stage
from scenarios.virtual.world import World

type NewWorld = Callable[..., World]

EPOCH_US = 1_767_225_600_000_000


LIFE_S = 14  # by then an undisturbed payment has come to its end
LONGEST = 3_000  # steps; a walk that has not ended by then never will


@dataclass(frozen=True, kw_only=True)
class ShortLife:
    """The life of one payment, with a service that is quick about everything, so that a death costs seconds."""

    stage: Stage
    scenario: Scenario
    seed: int

    def live(self, *, dying_at: int, **changes: Any) -> Evidence:
        """Live through it with a death at that step."""
        death = CrashAtStep(id="death", step=dying_at, window={"from_s": 0, "to_s": LIFE_S})
        scenario = self.scenario.model_copy(update={"faults": (death,), **changes})
        return self.stage.perform(scenario, seed=self.seed).record().evidence

    def walk(self, *, stride: int, **changes: Any) -> dict[int, Evidence]:
        """Return every life by the step at which it was hit; the walk ends with the life that was over before."""
        walk = ((step, self.live(dying_at=step, **changes)) for step in range(1, LONGEST, stride))
        lives = dict(itertools.takewhile(lambda item: item[1].faults, walk))
        assert len(lives) < LONGEST // stride, "no life was over before its death"
        return lives


@pytest.fixture(scope="session")
def short_life() -> Callable[..., ShortLife]:
    """Make a life: `short_life(stage, seed=4, name=…, story=…, scripts=…)`."""

    def make(stage: Stage, *, seed: int, **plan: Any) -> ShortLife:
        return ShortLife(stage=stage, scenario=Scenario(**_QUICK, **plan), seed=seed)

    return make


_QUICK: dict[str, Any] = {
    "customers": 1,
    "declined_share": 0,
    "customer_latency_s": (0.005, 0.015),
    "storm_s": 0.1,
    "calm_s": 45,
    "ends_when_quiet": True,
    "final_within_s": 25,
    "service_processes": 2,
    "workers": 1,
    "service": {
        "dispatch_grace_s": 3,
        "lease_s": 5,
        "psp_timeout_s": 2,
        "retry_base_s": 1,
        "retry_cap_s": 4,
        "worker_idle_s": 3,
        "worker_period_s": 3,
        "zombie_after_s": 3,
    },
}


@pytest.fixture
def new_world(postgres: EmbeddedPostgres) -> Iterator[NewWorld]:
    """Make worlds: `new_world(seed=3)`."""
    worlds: list[World] = []

    def make(*, seed: int = 1, **options: Any) -> World:
        worlds.append(World(seed=seed, epoch_us=EPOCH_US, postgres=postgres.socket_path, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def login(empty_database: str) -> dict[str, Any]:
    """What asyncpg.connect needs to reach the test's database."""
    url = make_url(empty_database)
    return {"host": url.query["host"], "user": url.username, "database": url.database}
