"""One payment's life, again and again, with a death at every step of it in turn.

A step is one callback of a process of the service or a worker, so there is one before and after every await: before and
after each statement is written, before and after each answer is read, a COMMIT's among them. By default the walk takes
one step in several; `PAYSTORM_EXHAUSTIVE=1` takes them all.
"""

import os
from collections.abc import Iterator

import pytest

from reports import judge
from reports.evidence import Evidence
from reports.records import Action, DiaryEntry
from scenarios.customers.actions import Read, Refund, Together, Wait
from scenarios.customers.habits import click, click_until_answered, known_payment, watch_until_final
from scenarios.database import database_server
from scenarios.virtual.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]  # for the whole walk, on a busy machine

SEED = 4  # the clicks meet in two processes, and the worker asks the PSP while the webhook is on its way
STRIDE = 1 if os.environ.get("PAYSTORM_EXHAUSTIVE") else 2


def one_payment(purchase, draw):
    create = click(purchase, key=f"key-{purchase.intent}")
    payment_id = known_payment((yield Together(parts=((0.0, create), (0.0, create)))))
    if payment_id is None:
        payment_id = (yield from click_until_answered(create, draw=draw, clicks_max=8)).payment_id
    yield from watch_until_final(purchase.intent, payment_id)
    intent = f"{purchase.intent}/refund-1"
    refund = Refund(intent=intent, key=f"key-{intent}", payment_id=payment_id, amount_minor=None)
    yield from click_until_answered(refund, draw=draw, clicks_max=8)
    for pause_s in (2.0, 10.0):
        yield Wait(seconds=pause_s)
        yield Read(intent=purchase.intent, payment_id=payment_id)


@pytest.fixture(scope="module")
def stage(postgres) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, database_server(postgres.url()) as server, Stage(server) as stage:
        patch.setattr("scenarios.guests.CAST", {"refunder": one_payment})
        yield stage


@pytest.fixture(scope="module")
def life(stage, short_life):
    return short_life(
        stage,
        seed=SEED,
        name="one-payment",
        story="One customer clicks twice, waits for the money to be taken and wants it back.",
        scripts={"refunder": 1},
        psp_asynchronous_share=1,
        psp_asynchronous_s=(8, 10),
    )


@pytest.fixture(scope="module")
def lives(life) -> dict[int, Evidence]:
    return life.walk(stride=STRIDE)


def test_there_are_more_than_a_hundred_points_and_some_in_every_process(lives):
    victims = [victim(life) for life in lives.values()]

    assert len(lives) > 100
    assert [name for name in ("service/1", "service/2", "worker/1") if victims.count(name) < 10] == []


def test_the_payment_is_right_wherever_a_process_dies(lives):
    wrong = {step: verdict.to_json() for step, life in lives.items() if (verdict := judge(life)).validity != "valid"}

    assert wrong == {}


def test_the_money_is_taken_once_and_given_back_once_wherever_a_process_dies(lives):
    ends = [(step, *end(life)) for step, life in lives.items()]

    assert [one for one in ends if one[1:] != (["REFUNDED"], 1, 1)] == []


def test_the_walk_comes_to_both_sides_of_a_commit(lives):
    """A request that nobody answered had been stored or not, and only the same click again tells which."""
    second_clicks = [clicks[1] for life in lives.values() if len(clicks := asked(life, Action.REFUND)) > 1]

    assert {click.replayed for click in second_clicks} == {False, True}


def test_a_death_at_one_step_can_be_repeated(life):
    one, other = (life.live(dying_at=100).manifest for _ in range(2))

    assert one.timeline
    assert (one.digest, one.timeline) == (other.digest, other.timeline)


def test_a_walk_over_a_service_that_leaves_work_to_the_dead_finds_it_out(life):
    lives = [life.live(dying_at=step, defect="background-only") for step in range(1, 400, 40)]

    assert [life.faults[0].detail for life in lives if judge(life).validity == "invalid"]


def victim(life: Evidence) -> str | None:
    (death,) = life.faults
    return death.target


def end(life: Evidence) -> tuple[list[str], int, int]:
    """What the service says in the end, how many captures there were and how many refunds."""
    states = [payment.state for payment in life.service.payments or ()]
    movements = [movement.kind for movement in life.psp.movements]
    return states, movements.count("capture"), movements.count("refund")


def asked(life: Evidence, action: Action) -> list[DiaryEntry]:
    return [entry for entry in life.diary if entry.action == action]
