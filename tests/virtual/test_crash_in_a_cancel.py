"""A payment that is canceled, again and again, with a death at every step of its life in turn.

The sister of `test_crash_everywhere`: there the money is taken and given back, here it is to be left alone. By default
the walk takes one step in many; the campaign, or `PAYSTORM_EXHAUSTIVE=1`, takes them all.
"""

import os
from collections.abc import Callable

import pytest

from reports import judge
from reports.evidence import Evidence
from scenarios.customers.actions import Cancel, Together
from scenarios.customers.habits import (
    click,
    click_until_answered,
    known_payment,
    watch_until_final,
    worth_another_click,
)
from scenarios.customers.purchase import NEVER_AUTHENTICATES, PAYS, Purchase

pytestmark = pytest.mark.timeout(1_200)  # for the whole walk, on a busy machine

SEED = 4
STRIDE = 1 if os.environ.get("PAYSTORM_EXHAUSTIVE") else 60
AT_THE_BANK = {"psp_asynchronous_share": 1, "psp_asynchronous_s": (8, 10)}
# With which card the customer pays, what else differs, and how the payment may end: state, reason, captures.
WAITING = (NEVER_AUTHENTICATES, {}, {("FAILED", "canceled", 0)})
TAKEN = (PAYS, AT_THE_BANK, {("SUCCESS", None, 1), ("FAILED", "canceled", 0)})  # the latter if it was never sent


@pytest.fixture(scope="module")
def life(stage, short_life):
    return short_life(
        stage,
        seed=SEED,
        name="one-cancel",
        story="One customer clicks twice, thinks better of it and asks twice for a cancel.",
        scripts={"patient": 1},
    )


def one_cancel(card: str) -> Callable:
    def script(purchase, draw):
        create = click(purchase, key=f"key-{purchase.intent}")
        payment_id = known_payment((yield Together(parts=((0.0, create), (0.0, create)))))
        if payment_id is None:
            payment_id = (yield from click_until_answered(create, draw=draw, clicks_max=8)).payment_id
        cancels = [
            Cancel(intent=f"{purchase.intent}/cancel-{number}", key=f"cancel-{number}", payment_id=payment_id)
            for number in (1, 2)
        ]
        sights = yield Together(parts=((0.1, cancels[0]), (0.1, cancels[1])))
        for position, cancel in enumerate(cancels):
            if worth_another_click(sights[position]):
                yield from click_until_answered(cancel, draw=draw, clicks_max=8)
        yield from watch_until_final(purchase.intent, payment_id)

    def customer(purchase: Purchase, draw):
        return script(
            Purchase(intent=purchase.intent, amount_minor=1250, currency="EUR", payment_method=card),
            draw,
        )

    return customer


def walk(life, monkeypatch, card: str, changes: dict, *, stride: int) -> dict[int, Evidence]:
    monkeypatch.setattr("scenarios.guests.CAST", {"patient": one_cancel(card)})
    return life.walk(stride=stride, **changes)


def end(life: Evidence) -> tuple[str, str | None, int]:
    (payment,) = life.service.payments or ()
    captures = [movement for movement in life.psp.movements if movement.kind == "capture"]
    return payment.state, payment.failure_reason, len(captures)


@pytest.mark.parametrize(("card", "changes", "ends"), [WAITING, TAKEN], ids=["waiting", "taken"])
def test_a_cancel_ends_rightly_wherever_a_process_dies(life, monkeypatch, card, changes, ends):
    lives = walk(life, monkeypatch, card, changes, stride=STRIDE)

    wrong = {step: judge(life).to_json() for step, life in lives.items() if judge(life).validity != "valid"}
    assert len(lives) > 2
    assert wrong == {}
    assert {end(life) for life in lives.values()} <= ends


@pytest.mark.campaign
@pytest.mark.parametrize(("card", "changes", "ends"), [WAITING, TAKEN], ids=["waiting", "taken"])
def test_a_cancel_ends_rightly_at_every_single_step(life, monkeypatch, card, changes, ends):
    lives = walk(life, monkeypatch, card, changes, stride=1)

    victims = [bite.target for life in lives.values() for bite in life.faults]
    wrong = [step for step, life in lives.items() if judge(life).validity != "valid"]
    assert [name for name in ("service/1", "service/2", "worker/1") if victims.count(name) < 10] == []
    assert wrong == []
    assert {end(life) for life in lives.values()} == ends
