"""In whole runs merchants who listen hear of everything, believe it, and end up knowing what the books say."""

import json

import pytest

from reports.verdict import judge
from scenarios.database import database_server
from scenarios.errors import BadPlan
from scenarios.library import find_scenario
from scenarios.virtual.stage import Stage

RUNS = [("dying-machines", 2), ("failing-database", 3), ("deaf-merchants", 4)]
SMALL = {"customers": "5", "storm_s": "60", "calm_s": "7200", "ends_when_quiet": "true", "merchant_listens": "true"}
MOODS = [
    {"where": "merchant", "id": f"mood-{kind}", "kind": kind, "probability": probability, "window": {"to_s": 7200}}
    for kind, probability in (("error", 0.1), ("error-after", 0.2), ("hang", 0.1), ("drop", 0.1))
]


@pytest.fixture(scope="module")
def recordings(postgres):
    """Every run, performed once."""
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield {(name, seed): _perform(stage, name, seed) for name, seed in RUNS}


def _perform(stage, name, seed):
    plan = json.loads(find_scenario(name).with_changes(SMALL).model_dump_json())
    quick = {"event_schedule_s": [5, 20, 60, 120, 240, 480, 600], "event_timeout_s": 5, "worker_idle_s": 15}
    changed = plan | {"service": plan["service"] | quick, "faults": [*plan["faults"], *MOODS]}
    return stage.perform(find_scenario(name).parse(changed), seed=seed)


@pytest.fixture(params=RUNS, ids=lambda run: f"{run[0]} seed {run[1]}")
def recording(request, recordings):
    return recordings[request.param]


@pytest.fixture
def taken(recording):
    """What merchants took, by the id of the event."""
    events = [one for one in recording.notices if one["is_taken"]]
    assert len({event["event_id"] for event in events}) == len(events)
    return {event["event_id"]: event for event in events}


def test_the_judge_has_looked_at_every_step_and_finds_nothing(recording):
    verdict = judge(recording.record().evidence)

    (heard,) = (check for check in verdict.checks if check.id == "I13")
    final = [one for one in recording.service["refunds"] if one["state"] != "PENDING"]
    assert verdict.validity == "valid", verdict.findings
    assert heard.examined == len(recording.service["transitions"]) + len(final) + len(recording.notices)
    assert heard.notes == ()


def test_every_transition_and_every_final_refund_is_heard_of_and_nothing_else(recording, taken):
    expected = {f"evt_{one['payment_id']}_{one['sequence']}" for one in recording.service["transitions"]}
    final = [one for one in recording.service["refunds"] if one["state"] != "PENDING"]
    expected |= {f"evt_{one['id']}_1" for one in final}

    assert len(expected) > 10
    assert expected - taken.keys() == set()
    assert all(taken[one]["type"] == "refund.failed" for one in taken.keys() - expected)  # after it had succeeded


def test_whoever_keeps_the_highest_sequence_knows_what_the_books_say(recording, taken):
    known = {}
    for event in taken.values():  # in the order of arrival, which is not theirs
        about = event["refund_id"] or event["payment_id"]
        if about not in known or known[about]["sequence"] < event["sequence"]:
            known[about] = event

    final = [one for one in recording.service["refunds"] if one["state"] != "PENDING"]
    for one in [*recording.service["payments"], *final]:
        assert known[one["id"]]["state"] == one["state"]


def test_the_runs_were_stormy(recordings):
    heard = [one for recording in recordings.values() for one in recording.notices]
    bitten = {bite["kind"] for recording in recordings.values() for bite in recording.faults if "mood" in bite["fault"]}

    assert sum(one["status"] == 200 and not one["is_taken"] for one in heard) > 3  # they came again
    assert sum(one["status"] is None for one in heard) > 0
    assert bitten == {mood["kind"] for mood in MOODS}
    assert all(one["is_signed"] for one in heard)


def test_arrival_is_not_the_order_of_what_happened(recordings):
    """Otherwise the advice to go by the sequence would never have been tried."""
    swapped = 0
    for recording in recordings.values():
        newest = {}
        for one in recording.notices:
            about = one["refund_id"] or one["payment_id"]
            swapped += one["is_taken"] and newest.get(about, 0) > one["sequence"]
            newest[about] = max(newest.get(about, 0), one["sequence"])

    assert swapped > 0


def test_each_merchant_is_told_of_what_is_its_own(recordings):
    recording = recordings["deaf-merchants", 4]
    owners = {one["id"]: one["merchant_id"] for one in recording.service["payments"]}

    assert {one["merchant_id"] for one in recording.notices} == set(owners.values()) == {"merchant_1", "merchant_2"}
    assert all(owners[one["payment_id"]] == one["merchant_id"] for one in recording.notices)


def test_no_secret_gets_into_the_evidence(recordings):
    recording = recordings["deaf-merchants", 4]

    assert [row.keys() & {"secret", "old_secret", "url"} for row in recording.service["endpoints"]] == [set()] * 2
    assert b"whsec_" not in b"".join(recording.record().files.values())


def test_a_run_with_merchants_can_be_repeated(recordings, postgres):
    name, seed = RUNS[0]
    with database_server(postgres.url()) as server, Stage(server) as stage:
        again = _perform(stage, name, seed)

    assert again.timeline == recordings[name, seed].timeline
    assert again.notices == recordings[name, seed].notices


def test_a_listener_can_be_out_of_order_only_where_one_listens():
    scenario = find_scenario("deaf-merchants")

    with pytest.raises(BadPlan, match="merchant-fails can never bite, since no merchant listens"):
        scenario.with_changes({"merchant_listens": "false"})
