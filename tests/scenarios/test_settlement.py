"""In whole runs the statement's readers find exactly what the PSP's statement got wrong, whatever else breaks."""

from collections import Counter

import pytest

from psp_chaos.faults import MENU, FaultSpec
from reports.verdict import judge
from scenarios.database import database_server
from scenarios.library import find_scenario
from scenarios.virtual.stage import Stage

PARAMETERS = {
    "settlement-row-missing": {},
    "settlement-row-doubled": {},
    "settlement-row-wrong": {"by_minor": 3},
    "settlement-row-late": {"delay_s": [60, 1500]},
}
FAULTS = tuple(
    FaultSpec(id=kind, where=MENU[kind].where, kind=kind, probability=0.1, parameters=parameters)
    for kind, parameters in PARAMETERS.items()
)
FOUND_AS = {
    "settlement-row-missing": "line-missing",
    "settlement-row-doubled": "line-doubled",
    "settlement-row-wrong": "line-wrong",
}
OFTEN = {
    "settlement_period_s": 600,
    "settlement_delay_max_s": 1_800,
    "settlement_lookback_s": 5_400,
}


@pytest.fixture(scope="module")
def stage(postgres):
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield stage


@pytest.mark.parametrize(
    ("name", "seed"), [("racing-refunds", 1), ("dying-machines", 2), ("lying-clocks", 3), ("failing-database", 4)]
)
def test_exactly_what_is_wrong_with_the_statement_is_found(stage, name, seed):
    scenario = find_scenario(name).with_changes({"customers": "12", "storm_s": "300", "calm_s": "7200"})
    scenario = scenario.model_copy(
        update={"faults": (*scenario.faults, *FAULTS), "service": {**scenario.service, **OFTEN}}
    )

    recording = stage.perform(scenario, seed=seed)

    planted = Counter(FOUND_AS[bite["kind"]] for bite in recording.faults if bite["kind"] in FOUND_AS)
    found = Counter(row["kind"] for row in recording.service["discrepancies"] if row["kind"].startswith("line-"))
    assert found == planted
    assert planted
    assert judge(recording.record().evidence).validity == "valid"
