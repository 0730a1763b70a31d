"""The story of a purchase: gathered from all diaries, told once, and about nobody else."""

import pytest

from reports.story import Storyteller, Subject, Who


@pytest.fixture
def story(run):
    """Tell the story of a purchase of the run as it is when the story is asked for."""

    def told(order, **options):
        return Storyteller(run.evidence()).tell(order_id=order, **options)

    return told


def lines(steps):
    return [(str(step.line.who), step.line.what) for step in steps]


def arrows(steps):
    return [(str(one.source), str(one.target), one.label, one.is_lost) for step in steps for one in step.messages]


def test_a_request_and_its_answer_are_one_step_where_nothing_happened_in_between(run, story):
    run.journal("request", seconds=500, operation="retrieve_payment", object="pi_pay_a", status=200)

    told = lines(story("a"))

    assert ("PSP", "is asked to retrieve payment: status 200") in told


def test_they_are_two_where_something_did(run, story):
    run.psp["journal"][0]["ended_at_us"] += 20_000_000

    told = lines(story("a"))

    asked, answered = ("PSP", "is asked to create payment"), ("PSP", "answers create payment: status 200")
    assert told.index(asked) < told.index(("PSP", "takes EUR\u00a010.00 from the customer")) < told.index(answered)


def test_an_answer_that_never_came_is_an_arrow_that_is_lost(run, story):
    run.click("a", seconds=50, took_s=None)
    run.journal("request", seconds=500, operation="retrieve_payment", object="pi_pay_a", status=None, fault="hang")

    told = arrows(story("a"))

    assert ("service", "customer", "no answer", True) in told
    assert ("PSP", "worker", "never answered (hang)", True) in told


def test_the_first_request_of_an_attempt_comes_from_the_service_and_repeats_from_the_worker(run, story):
    again = {"operation": "create_payment", "idempotency_key": "psp-key-pay_a", "object": "pi_pay_a", "status": 200}
    run.journal("request", seconds=400, **again)

    told = [arrow[:3] for arrow in arrows(story("a"))]

    assert told.count(("service", "PSP", "create payment")) == 1
    assert told.count(("worker", "PSP", "create payment")) == 1


def test_what_the_worker_sent_first_is_not_the_services(run, story):
    for step in run.service["transitions"]:
        step["source"] = "worker"

    assert ("worker", "PSP", "create payment") in [arrow[:3] for arrow in arrows(story("a"))]


def test_a_late_webhook_says_how_late_and_a_lost_one_never_arrives(run, story):
    run.bite("slow-post", "late", seconds=100, object="pi_pay_a", detail={"event_id": "evt_x", "delay_s": 90.0})
    run.deliver("evt_x", "pi_pay_a", seconds=190, fault="slow-post")
    run.bite("gone", "lost", seconds=300, object="pi_pay_a", target="payment_intent.succeeded")

    steps = story("a")

    late = next(one for step in steps for one in step.messages if one.is_late)
    assert "1.5\u00a0min late" in late.label
    assert ("PSP", "service", "webhook payment_intent.succeeded is lost (gone)", True) in arrows(steps)


def test_what_befalls_a_merchant_is_told_beside_the_worker_that_hears_of_it(run, story):
    run.bite("deaf", "error", seconds=100, where="merchant", object="pay_a", target="merchant_1")

    (bite,) = [step.line for step in story("a") if "fault deaf bites" in step.line.what]

    assert bite.who == "worker"


def test_two_purchases_do_not_mix(run, story):
    told = " ".join(what for _, what in lines(story("a")))

    assert "key-a" in told
    assert not any(f"key-{other}" in told for other in "bcd")


def test_money_that_nobody_knows_has_a_story_of_its_own(run, story):
    run.psp_payment(None, "", amount_minor=700, currency="EUR", seconds=60, psp_id="pi_stray")
    run.record("orphan-money", "pi_stray", seconds=400)

    told = lines(story("pi_stray"))

    assert told == [
        ("PSP", "takes EUR\u00a07.00 from the customer"),
        ("service", "found a discrepancy: orphan-money (needs person)"),
    ]


def test_a_machine_that_died_amid_a_request_belongs_to_the_story_and_one_that_died_later_does_not(run, story):
    run.bite("crash", "crash", seconds=10.05, where="process", target="service/1")
    run.bite("crash", "crash", seconds=3_000, where="process", target="worker/1")

    told = lines(story("a"))

    assert ("service", "fault crash bites: crash, service/1") in told
    assert not any("worker/1" in what for _, what in told)


def test_what_was_spoilt_on_the_wire_is_found_by_the_path_and_by_the_customer(run, story):
    wire = {"where": "network", "detail": {"path": "/v1/payment_intents/pi_pay_a"}}
    run.bite("loss", "loss", seconds=400, target="worker/1->psp", **wire)
    run.bite("cut", "reset-after", seconds=10.05, where="network", target="customer-a->service")

    told = lines(story("a"))

    assert ("worker", "fault loss bites: loss, worker/1->psp") in told
    assert ("customer", "fault cut bites: reset-after, customer-a->service") in told


def test_what_was_spoilt_twice_in_a_row_on_a_customers_wire_is_told_once(run, story):
    for seconds in (10.02, 10.05):
        run.bite("cut", "reset-after", seconds=seconds, where="network", target="customer-a->service")

    told = lines(story("a"))

    assert ("customer", "fault cut bites: reset-after, customer-a->service (2 times within 30\u00a0ms)") in told


def test_several_purchases_told_together_are_told_as_each_by_itself(run):
    run.refunded("b", 400, seconds=100)
    run.bite("crash", "crash", seconds=10.05, where="process", target="service/1")
    subjects = [Subject(order_id="a"), Subject(order_id=None, payment_id="pay_b"), Subject(order_id="nobody's")]
    teller = Storyteller(run.evidence())

    together = list(teller.tell_each(subjects))

    assert [len(steps) > 5 for steps in together] == [True, True, False]
    assert together == [teller.tell(order_id=one.order_id, payment_id=one.payment_id) for one in subjects]


def test_of_several_payments_each_step_says_which(run, story):
    run.declined("a", seconds=200, payment_id="pay_second")

    moved = [what for who, what in lines(story("a")) if who == "service" and "CREATED (api)" in what]

    assert moved == ["CREATED (api), pay_a", "CREATED (api), pay_second"]


def test_a_long_story_is_shortened_in_the_middle_and_says_so(run, story):
    for number in range(40):
        run.look("a", f"STATE-{number}", seconds=100 + number)

    steps = story("a", at_most=30)

    assert len(steps) == 31
    assert "more lines are left out here" in steps[20].line.what
    assert steps[0].line.who is Who.CUSTOMER
    assert "STATE-39" in steps[-1].line.what
