"""I13: merchants are told what is so; a listener that is out of order, or a notice that comes again, accuses nobody."""

import pytest

TYPES = {"CREATED": "created", "PROCESSING": "processing", "SUCCESS": "succeeded", "FAILED": "failed"}
EPOCH_US = 1_767_225_600_000_000


@pytest.fixture
def run(run, clock):
    """The sound run with a refund, and with a merchant who listens and has heard of everything."""
    run.refunded("a", 300, seconds=100)
    run.notices = []
    run.service["endpoints"] = [{"id": "end_1", "merchant_id": "mer_1", "state": "enabled", "created_at_us": clock(0)}]
    run.service |= {"outgoing_events": [], "deliveries": []}
    for step in run.service["transitions"]:
        tell_of_step(run, step)
    for refund in run.service["refunds"]:
        tell_of_refund(run, refund)
    return run


def tell_of_step(run, step):
    payment = run.payment_row(step["payment_id"])
    is_paid = step["to_state"] == "SUCCESS"
    told = {
        "type": f"payment.{TYPES[step['to_state']]}",
        "sequence": step["sequence"],
        "happened_at_us": step["at_us"],
        "payment_id": payment["id"],
        "state": step["to_state"],
        "amount_minor": payment["amount_minor"],
        "currency": payment["currency"],
        "captured_minor": payment["amount_minor"] if is_paid else 0,
        "refunded_minor": 0,
        "reason": step["reason"] if step["to_state"] == "FAILED" else None,
    }
    tell(run, f"evt_{payment['id']}_{step['sequence']}", **told)


def tell_of_refund(run, refund, state=None, sequence=1):
    payment, state = run.payment_row(refund["payment_id"]), state or refund["state"]
    told = {
        "type": f"refund.{state.lower()}",
        "sequence": sequence,
        "happened_at_us": refund["settled_at_us"],
        "payment_id": payment["id"],
        "refund_id": refund["id"],
        "state": state,
        "amount_minor": refund["amount_minor"],
        "currency": payment["currency"],
    }
    tell(run, f"evt_{refund['id']}_{sequence}", **told)


def tell(run, event_id, **told):
    """Put an event into the outbox, and let the merchant take it at once."""
    event = {name: told.get(name) for name in ("type", "sequence", "payment_id", "refund_id")}
    occurred = {"id": event_id, "merchant_id": "mer_1", "occurred_at_us": told["happened_at_us"]}
    run.service["outgoing_events"].append(event | occurred)
    run.service["deliveries"].append(
        {
            "event_id": event_id,
            "endpoint_id": "end_1",
            "state": "delivered",
            "tries": 1,
            "due_at_us": None,
            "tried_at_us": told["happened_at_us"],
            "echo": "accepted",
            "status": 200,
            "note": None,
        }
    )
    hear(run, event_id, at_us=told["happened_at_us"] + 1_000_000, **told)


def hear(run, event_id, *, at_us, **told):
    row = {"at_us": at_us, "signed_at_us": at_us, "merchant_id": "mer_1", "event_id": event_id}
    row |= {"body_sha256": f"of {event_id}", "is_signed": True, "is_taken": True, "status": 200, "fault": None}
    run.notices.append(row | told)


def notice_of(run, event_id):
    return next(one for one in run.notices if one["event_id"] == event_id)


def delivery_of(run, event_id):
    return next(one for one in run.service["deliveries"] if one["event_id"] == event_id)


def unheard(run, event_id, **delivery):
    """Let an event never be acknowledged, with this in the service's books."""
    notice_of(run, event_id).update(status=500, is_taken=False)
    delivery_of(run, event_id).update(state="pending", echo="refused", status=500)
    delivery_of(run, event_id).update(delivery)


def result(run):
    return next(check for check in run.verdict().checks if check.id == "I13")


def worst(run):
    assert run.accused() == {"I13"}
    return result(run).finding.worst


# -- lawful


def test_whoever_heard_of_everything_accuses_nobody_and_all_of_it_was_looked_at(run):
    assert run.accused() == set()
    # 4 payments with 3 steps each, and a refund; each is a step to tell and an event heard
    assert result(run).examined == 2 * (4 * 3 + 1)
    assert result(run).notes == ()


def test_where_nobody_listens_it_is_skipped_visibly_and_money_is_not_in_doubt(run):
    run.notices = None
    for book in ("endpoints", "outgoing_events", "deliveries"):
        del run.service[book]

    verdict = run.verdict()

    assert verdict.validity == "valid"
    assert result(run).is_skipped
    assert result(run).notes == ("skipped: the evidence has no merchants",)
    assert verdict.summary.endswith("Nobody lost money or paid twice.")


@pytest.mark.parametrize("book", ["endpoints", "outgoing_events", "deliveries", "refunds"])
def test_without_one_of_its_books_it_sees_less_and_accuses_nobody(run, book):
    del run.service[book]
    run.notices = [one for one in run.notices if one["payment_id"] != "pay_b" or book == "refunds"]

    assert "I13" not in run.accused()
    assert result(run).notes == (f"saw less: the evidence has no service.{book}",)


def test_what_comes_again_as_it_was_is_no_finding(run):
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"is_taken": False})

    assert run.accused() == set()


def test_a_refund_that_failed_after_it_was_told_of_accuses_nobody(run, clock):
    (refund,) = run.service["refunds"]
    refund.update(state="FAILED", settled_at_us=clock(400))
    tell_of_refund(run, refund, sequence=2)

    assert "I13" not in run.accused()


def test_a_merchant_who_does_not_listen_need_not_be_told(run):
    run.payment_row("pay_b")["merchant_id"] = "mer_2"
    run.notices = [one for one in run.notices if one["payment_id"] != "pay_b"]

    assert run.accused() == set()


def test_what_happened_before_anybody_listened_need_not_be_told(run, clock):
    run.service["endpoints"][0]["created_at_us"] = clock(15)
    run.notices.remove(notice_of(run, "evt_pay_a_2"))  # but may be, on request: the others of that payment

    assert run.accused() == set()


def test_what_is_kept_no_longer_need_not_have_been_told(run):
    run.manifest["plan"] = {"service": {"event_retention_s": 6_900}}
    run.service["outgoing_events"], run.notices = [], []

    assert run.accused() == {"I13"}
    assert result(run).finding.count == 1  # what the worker healed after five minutes
    run.manifest["plan"]["service"]["event_retention_s"] = 60
    assert run.accused() == set()


@pytest.mark.parametrize(
    "delivery",
    [
        {"state": "dead", "tries": 10},
        {"tries": 6, "due_at_us": EPOCH_US + 40_000_000_000, "tried_at_us": EPOCH_US},
    ],
    ids=["the schedule is over", "it waits its turn"],
)
def test_a_listener_that_is_out_of_order_excuses(run, delivery):
    unheard(run, "evt_pay_a_3", **delivery)

    assert run.accused() == set()


def test_an_endpoint_that_said_it_is_gone_wants_nothing(run):
    unheard(run, "evt_pay_a_3", state="dead", tries=1, echo="gone", status=410)
    notice_of(run, "evt_pay_a_3").update(status=410)

    assert run.accused() == set()


def test_an_endpoint_that_is_switched_off_wants_nothing(run):
    run.service["endpoints"][0]["state"] = "disabled"
    run.service["outgoing_events"], run.notices = [], []

    assert run.accused() == set()


@pytest.mark.parametrize("state", ["disabled", "deleted"])
def test_what_was_given_up_because_its_endpoint_is_off_is_excused(run, state):
    run.service["endpoints"][0]["state"] = state
    unheard(run, "evt_pay_a_3", state="dead", tries=1, echo="disabled")

    assert run.accused() == set()


def test_a_calm_that_was_too_short_leaves_it_open(run, clock):
    unheard(run, "evt_pay_a_3", tries=1, due_at_us=clock(7_199), tried_at_us=clock(7_190))
    run.manifest["storm_ended_at_us"] = clock(7_000)

    assert result(run).validity == "unknown"
    assert result(run).notes[0].startswith("1 events were on their way when the run ended")


# -- broken


def test_a_signature_that_does_not_hold_is_found(run):
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"is_signed": False, "status": 400, "is_taken": False})

    assert worst(run).what == "event evt_pay_a_3 to mer_1 came with a signature that does not hold"


@pytest.mark.parametrize("told", [{"payment_id": "pay_never"}, {"sequence": 4, "state": "REFUNDED"}])
def test_what_is_in_no_book_was_invented(run, told):
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"event_id": "evt_odd", "body_sha256": "odd"} | told)

    assert "told of something that is in no book: payment.succeeded of" in worst(run).what


def test_what_is_another_merchants_is_found(run):
    run.service["endpoints"].append(run.service["endpoints"][0] | {"id": "end_2", "merchant_id": "mer_2"})
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"merchant_id": "mer_2"})

    assert "told of something that is another merchant's" in worst(run).what


def test_a_refund_that_is_pending_must_not_be_told_of(run):
    (refund,) = run.service["refunds"]
    refund["state"] = "PENDING"

    assert "I13" in run.accused()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"state": "PROCESSING"}, "status 'PROCESSING' where the books have 'SUCCESS'"),
        ({"amount_minor": 999}, "amount 999 where the books have 1000"),
        ({"currency": "USD"}, "currency 'USD' where the books have 'EUR'"),
        ({"captured_minor": 0}, "captured 0 where the books have 1000"),
        ({"happened_at_us": EPOCH_US}, f"time {EPOCH_US} where the books have"),
    ],
    ids=lambda told: next(iter(told)) if isinstance(told, dict) else "",
)
def test_another_content_than_was_committed_is_found(run, told, words):
    notice_of(run, "evt_pay_a_3").update(told)

    assert words in worst(run).what


@pytest.mark.parametrize("echo", ["disabled", "gone"])
def test_giving_up_an_endpoint_that_listens_is_found(run, echo):
    unheard(run, "evt_pay_a_3", state="dead", tries=1, echo=echo)

    assert worst(run).what.endswith(f": it was given up because its endpoint is {echo}, which it is not")


def test_another_id_for_the_same_step_is_found(run):
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"event_id": "evt_other"})

    assert "was told to mer_1 under the id evt_pay_a_3 and again under evt_other" in worst(run).what


def test_another_content_under_the_same_id_is_found(run):
    run.notices.append(notice_of(run, "evt_pay_a_3") | {"body_sha256": "another"})

    assert worst(run).what == "event evt_pay_a_3 to mer_1 came again with another content"


def test_a_step_without_an_event_is_found(run):
    run.notices.remove(notice_of(run, "evt_pay_a_3"))
    run.service["outgoing_events"] = [one for one in run.service["outgoing_events"] if one["id"] != "evt_pay_a_3"]

    assert worst(run).what == "merchant mer_1 never acknowledged that pay_a is SUCCESS: no event of it was ever written"


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        ({"state": "delivered", "tries": 1}, "it counts as delivered all the same"),
        ({"state": "dead", "tries": 2}, "it was given up after 2 of 10 tries"),
        (
            {"state": "pending", "tries": 1, "due_at_us": EPOCH_US + 20_000_000},
            "it is due and has not been tried again",
        ),
        (
            {"tries": 1, "due_at_us": EPOCH_US + 7_000_000_000, "tried_at_us": EPOCH_US + 13_000_000},
            "its next try is later than the schedule says",
        ),
    ],
    ids=["delivered", "given up", "forgotten", "put off"],
)
def test_who_was_never_reached_without_an_excuse_is_found(run, delivery, words):
    unheard(run, "evt_pay_a_3", **delivery)

    assert words in worst(run).what


def test_what_was_always_signed_too_long_ago_is_found(run):
    unheard(run, "evt_pay_a_3", state="dead", tries=10)
    notice_of(run, "evt_pay_a_3")["signed_at_us"] -= 400_000_000

    assert "signed too long ago to be believed" in worst(run).what


def test_a_wrong_clock_is_nobodys_word(run):
    unheard(run, "evt_pay_a_3", state="dead", tries=10)
    notice_of(run, "evt_pay_a_3")["signed_at_us"] -= 400_000_000
    run.bite("skew", "skew", seconds=1, where="clock", detail={"by_s": -200.0})

    assert run.accused() == set()


def test_the_story_tells_what_the_merchant_heard(run):
    notice_of(run, "evt_pay_a_3").update(status=None, fault="merchant-hangs", captured_minor=0)

    story = [line.what for line in result(run).finding.story]

    assert "tells mer_1 payment.succeeded, evt_pay_a_3: no answer (merchant-hangs)" in story
    assert "tells mer_1 payment.created, evt_pay_a_1: answered 200" in story
