"""Whatever plan PostgreSQL prefers, a seed has one timeline: no statement leaves the order of its rows to the plan.

A stage that is used again has other statistics than a new one, so a plan may change between two runs of one seed.
"""

import asyncio
from contextlib import ExitStack, contextmanager

import asyncpg
import pytest

from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

PLANNERS = {
    "indexes": {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"},
    "scans": {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_nestloop": "off"},
    "merges": {"enable_hashjoin": "off", "enable_nestloop": "off", "enable_hashagg": "off"},
}
READ_TO_THE_END = {"ends_when_quiet": "false", "calm_s": "9000"}  # until the PSP's statement has been read twice


@pytest.fixture(scope="module")
def stages(stage):
    with ExitStack() as opened:
        yield {"usual": stage} | {name: opened.enter_context(_stage(settings)) for name, settings in PLANNERS.items()}


@contextmanager
def _stage(settings):
    """A stage on a server of its own whose sessions begin with these settings."""
    with EmbeddedPostgres.start() as postgres:
        asyncio.run(_prefer(postgres, settings))
        with database_server(postgres.url()) as server, Stage(server) as stage:
            yield stage


async def _prefer(postgres, settings):
    connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="postgres")
    for name, value in settings.items():
        await connection.execute(f"ALTER ROLE postgres SET {name} TO {value}")
    await connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["racing-refunds", "dying-machines"])
def test_a_seed_has_one_timeline_whatever_the_planner_prefers(stages, name):
    scenario = standard(LIBRARY[name]).with_changes(READ_TO_THE_END)

    assert len({stage.perform(scenario, seed=3).timeline for stage in stages.values()}) == 1


@pytest.mark.campaign
@pytest.mark.parametrize("name", LIBRARY)
def test_every_scenario_has_one_timeline_whatever_the_planner_prefers(stages, name):
    scenario = standard(LIBRARY[name]).with_changes(READ_TO_THE_END)

    for seed in range(1, 4):
        assert len({stage.perform(scenario, seed=seed).timeline for stage in stages.values()}) == 1
