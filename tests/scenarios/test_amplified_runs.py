"""A recorded run many times over: the judge says of the large run what it says of the small one."""

import pytest

from benchmarks.amplification import amplify
from reports import load_run
from reports.report import write_report
from reports.verdict import judge
from scenarios.campaign.planting import planted, scenario_in
from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.defects import DEFECTS
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

COPIES = 5


@pytest.fixture(scope="module")
def stage(postgres):
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield stage


def amplified(stage, scenario, folder, *, copies=COPIES):
    """The evidence of a run and of its amplification."""
    stage.perform(scenario, seed=1).write(folder / "once")
    amplify(folder / "once", folder / "often", copies=copies)
    return load_run(folder / "once"), load_run(folder / "often")


def broken(verdict):
    return {check.id: check.finding.count for check in verdict.checks if check.finding is not None}


def test_no_name_of_one_copy_is_a_name_of_another(stage, tmp_path):
    once, often = amplified(stage, standard(LIBRARY["kitchen-sink"]), tmp_path)

    def names(evidence):
        service, psp = evidence.service, evidence.psp
        yield {entry.op for entry in evidence.diary}
        yield {(entry.customer, entry.key) for entry in evidence.diary}
        yield {entry.intent for entry in evidence.diary}
        for book in (service.payments, service.attempts, service.refunds, psp.payments, psp.refunds, psp.movements):
            yield {row.id for row in book}
        yield {event.event_id for event in service.inbox}
        yield {entry.request_id for entry in psp.journal} - {None}

    sizes = [[len(group) for group in names(evidence)] for evidence in (once, often)]
    assert sizes[1] == [COPIES * size for size in sizes[0]]
    assert (once.diary[0].op, len(once.diary), len(often.diary)) == (
        0,
        often.diary[-1].op // COPIES + 1,
        often.diary[-1].op + 1,
    )
    assert often.manifest.storm_ended_at_us > once.manifest.storm_ended_at_us


@pytest.mark.parametrize(
    "name",
    ["kitchen-sink", *(pytest.param(name, marks=pytest.mark.slow) for name in ("settlement-drift", "clock-skew"))],
)
def test_a_sound_run_stays_sound(name, stage, tmp_path):
    once, often = map(judge, amplified(stage, standard(LIBRARY[name]), tmp_path))

    assert (once.validity, often.validity) == ("valid", "valid"), often.to_json()
    assert [check.examined for check in often.checks] == [COPIES * check.examined for check in once.checks]


@pytest.mark.parametrize(
    "defect",
    [
        "psp-key-per-try",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("refund-read-then-write", "reconciler-one-page")),
    ],
)
def test_a_defect_is_found_by_the_same_invariants(defect, stage, tmp_path):
    spoilt = DEFECTS[defect]

    once, often = map(judge, amplified(stage, scenario_in(spoilt.habitat, planted(spoilt)), tmp_path))

    assert once.findings
    assert broken(often).keys() == broken(once).keys()
    assert all(broken(often)[name] >= count for name, count in broken(once).items())


@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_the_page_of_a_hundred_thousand_operations_is_under_two_megabytes(stage, tmp_path):
    spoilt = LIBRARY["kitchen-sink"].with_changes({"customers": "50", "defect": "psp-key-per-try"})
    once = stage.perform(spoilt, seed=1)
    once.write(tmp_path / "once")
    amplify(tmp_path / "once", tmp_path / "often", copies=-(-100_000 // len(once.diary)))

    page = write_report(tmp_path / "often")

    assert len(load_run(tmp_path / "often").diary) >= 100_000
    assert page.stat().st_size < 2_000_000
