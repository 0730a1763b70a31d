"""In whole runs a merchant who listens hears of everything, believes it, and ends up knowing what the books say."""

import json

import pytest

from reports.verdict import judge
from scenarios.database import database_server
from scenarios.library import find_scenario
from scenarios.virtual.stage import Stage

RUNS = [("broken-network", 1), ("dying-machines", 2), ("failing-database", 3)]
SMALL = {"customers": "5", "storm_s": "60", "calm_s": "7200", "ends_when_quiet": "true", "merchant_listens": "true"}
TYPES = {
    "CREATED": "payment.created",
    "PROCESSING": "payment.processing",
    "SUCCESS": "payment.succeeded",
    "FAILED": "payment.failed",
    "REFUNDED": "payment.refunded",
}


@pytest.fixture(scope="module")
def recordings(postgres):
    """Every run, performed once."""
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield {(name, seed): _perform(stage, name, seed) for name, seed in RUNS}


def _perform(stage, name, seed):
    scenario = find_scenario(name).with_changes(SMALL)
    quick = {"event_schedule_s": [5, 20, 60, 120, 240, 480, 600], "event_timeout_s": 5, "worker_idle_s": 15}
    return stage.perform(scenario.model_copy(update={"service": {**scenario.service, **quick}}), seed=seed)


@pytest.fixture(params=RUNS, ids=lambda run: f"{run[0]} seed {run[1]}")
def recording(request, recordings):
    return recordings[request.param]


@pytest.fixture
def taken(recording):
    """The events that the merchant took, by id."""
    events = [json.loads(one["body"]) for one in recording.heard if one["is_taken"]]
    assert len({event["id"] for event in events}) == len(events)
    return {event["id"]: event for event in events}


def test_every_transition_and_every_final_refund_is_heard_of_and_nothing_else(recording, taken):
    expected = {f"evt_{one['payment_id']}_{one['sequence']}" for one in recording.service["transitions"]}
    final = [one for one in recording.service["refunds"] if one["state"] != "PENDING"]
    expected |= {f"evt_{one['id']}_1" for one in final}

    assert len(expected) > 10
    assert expected - taken.keys() == set()
    assert all(taken[one]["type"] == "refund.failed" for one in taken.keys() - expected)  # after it had succeeded
    assert judge(recording.record().evidence).validity == "valid"


def test_each_event_agrees_with_the_books_at_its_sequence(recording, taken):
    payments = {one["id"]: one for one in recording.service["payments"]}
    for one in recording.service["transitions"]:
        payment, event = payments[one["payment_id"]], taken[f"evt_{one['payment_id']}_{one['sequence']}"]
        is_paid, is_refunded = one["to_state"] in ("SUCCESS", "REFUNDED"), one["to_state"] == "REFUNDED"
        data = event["data"]

        assert (event["type"], event["sequence"]) == (TYPES[one["to_state"]], one["sequence"])
        assert (data["id"], data["status"], data["amount"]) == (payment["id"], one["to_state"], payment["amount_minor"])
        assert data["amount_captured"] == (payment["amount_minor"] if is_paid else 0)
        assert data["amount_refunded"] == (payment["amount_minor"] if is_refunded else 0)
        assert data["failure_reason"] == (one["reason"] if one["to_state"] == "FAILED" else None)
        assert event["timestamp"] == data["updated_at"]


def test_whoever_keeps_the_highest_sequence_knows_what_the_books_say(recording, taken):
    known = {}
    for event in taken.values():  # in the order of arrival, which is not theirs
        before = known.get(event["data"]["id"])
        if before is None or before["sequence"] < event["sequence"]:
            known[event["data"]["id"]] = event

    for one in recording.service["payments"]:
        assert known[one["id"]]["data"]["status"] == one["state"]
    for one in recording.service["refunds"]:
        if one["state"] != "PENDING":
            assert known[one["id"]]["data"]["status"] == one["state"]


def test_what_comes_again_has_the_same_id_and_the_same_content(recording):
    first = {}
    for one in recording.heard:
        assert first.setdefault(one["id"], one["body"]) == one["body"]
        assert one["is_taken"] is False or one["is_repeat"] is False


def test_the_runs_were_stormy(recordings):
    heard = [one for recording in recordings.values() for one in recording.heard]

    assert sum(one["is_repeat"] for one in heard) > 3
    assert sum(one["status"] is None for one in heard) > 0
    assert sum(not one["is_believed"] for one in heard) < len(heard) / 10


def test_arrival_is_not_the_order_of_what_happened(recordings):
    """Otherwise the advice to go by the sequence would never have been tried."""
    swapped = 0
    for recording in recordings.values():
        newest = {}
        for one in recording.heard:
            event = json.loads(one["body"])
            swapped += one["is_taken"] and newest.get(event["data"]["id"], 0) > event["sequence"]
            newest[event["data"]["id"]] = max(newest.get(event["data"]["id"], 0), event["sequence"])

    assert swapped > 0


def test_a_run_with_a_merchant_can_be_repeated(recordings, postgres):
    name, seed = RUNS[1]
    with database_server(postgres.url()) as server, Stage(server) as stage:
        again = _perform(stage, name, seed)

    assert again.timeline == recordings[name, seed].timeline
    assert again.heard == recordings[name, seed].heard
