"""What the monitor says of the money while a load goes on, from everybody's rows as they trickle in."""

import orjson
import pytest

from reports.records import Manifest
from scenarios.live.monitor.board import show
from scenarios.live.monitor.ledger import Ledger
from scenarios.live.monitor.reckoning import reckon
from scenarios.live.monitor.watch import Watch

NOW_US = 1_767_225_600_000_000
EUR_10 = "EUR\N{NO-BREAK SPACE}10.00"
MANIFEST = Manifest(
    format=2,
    scenario="duplicate-clicks",
    story="",
    seed=1,
    mode="live",
    command="",
    started_at_us=NOW_US - 60_000_000,
    storm_ended_at_us=NOW_US,
    ended_at_us=NOW_US,
    final_within_s=60,
)


class Rows:
    """Rows as the sources bring them, each about one purchase."""

    def __init__(self, order):
        self.order, self.payment_id, self.psp_id = order, f"pay_{order}", f"pi_{order}"

    def asked(self, *, op=0, action="create", status="CREATED"):
        shown = {"status_shown": status, "payment_id": self.payment_id, "http_status": 202, "outcome": "succeeded"}
        wanted = {"amount_minor": 1000, "currency": "EUR"} if action == "create" else {}
        at_us = NOW_US - 9_000_000 + op
        names = {"op": op, "customer": "customer/1", "script": "patient", "order_id": self.order, "intent": self.order}
        return names | {"action": action, "asked_at_us": at_us, "answered_at_us": at_us + 1} | shown | wanted

    def payment(self, state, **more):
        paid = 1000 if state in ("SUCCESS", "REFUNDED") else 0
        row = {"id": self.payment_id, "state": state, "order_id": self.order, "amount_minor": 1000, "currency": "EUR"}
        return row | {"captured_minor": paid, "refunded_minor": 0, "updated_at_us": NOW_US - 5_000_000} | more

    def step(self, sequence, before, after):
        moment = {"at_us": NOW_US - 8_000_000 + sequence, "reason": "x", "source": "webhook"}
        return {"payment_id": self.payment_id, "sequence": sequence, "from_state": before, "to_state": after} | moment

    def psp_payment(self, *, number=1, status="captured"):
        named = {"order_id": self.order, "payment_id": self.payment_id}
        row = {"id": f"{self.psp_id}_{number}", "amount_minor": 1000, "currency": "EUR", "status": status}
        return row | {"captured_minor": 0, "refunded_minor": 0, "metadata": named, "created_at_us": NOW_US - 7_000_000}

    def capture(self, *, number=1):
        row = {"id": f"mov_{self.order}_{number}", "kind": "capture", "payment": f"{self.psp_id}_{number}"}
        return row | {"amount_minor": 1000, "currency": "EUR", "at_us": NOW_US - 6_000_000 + number}


def service(payments=(), transitions=(), refunds=(), discrepancies=()):
    return {"payments": payments, "transitions": transitions, "refunds": refunds, "discrepancies": discrepancies}


def psp(payments=(), movements=(), refunds=()):
    return {"payments": payments, "movements": movements, "refunds": refunds}


def paid(ledger, rows):
    """Let a purchase end well."""
    ledger.note_diary([rows.asked(), rows.asked(op=1, action="read", status="SUCCESS")])
    steps = [
        rows.step(1, None, "CREATED"),
        rows.step(2, "CREATED", "PROCESSING"),
        rows.step(3, "PROCESSING", "SUCCESS"),
    ]
    ledger.note_service(service([rows.payment("SUCCESS")], steps))
    ledger.note_psp(psp([rows.psp_payment()], [rows.capture()]))


def board(ledger):
    shown = show(reckon(ledger.evidence(ledger.changed, manifest=MANIFEST)))
    return orjson.loads(orjson.dumps(shown))


@pytest.fixture
def ledger():
    return Ledger()


def test_three_who_agree_are_counted_and_summed_by_currency(ledger):
    paid(ledger, Rows("order-1-1"))

    shown = board(ledger)

    (euro,) = shown["currencies"]
    assert [euro[side]["paid"] for side in ("told", "booked", "moved")] == [{"count": 1, "sum": EUR_10}] * 3
    assert (euro["agreeing"], euro["disagreeing"], euro["risk"]["count"]) == (1, 0, 0)
    assert (shown["purchases"], shown["disagreeing"], shown["findings"]) == (1, [], [])


def test_money_that_the_service_does_not_know_of_is_at_risk_and_not_settled_yet_but_no_finding(ledger):
    rows = Rows("order-1-1")
    ledger.note_diary([rows.asked()])
    steps = [rows.step(1, None, "CREATED"), rows.step(2, "CREATED", "PROCESSING")]
    ledger.note_service(service([rows.payment("PROCESSING")], steps))
    ledger.note_psp(psp([rows.psp_payment()], [rows.capture()]))

    shown = board(ledger)

    assert shown["currencies"][0]["risk"] == {"count": 1, "sum": EUR_10}
    assert [(one["order"], one["word"]) for one in shown["disagreeing"]] == [("order-1-1", "not settled yet")]
    assert shown["findings"] == []


def test_a_second_charge_is_broken_for_good(ledger):
    rows = Rows("order-1-1")
    paid(ledger, rows)
    ledger.note_psp(psp([rows.psp_payment(number=2)], [rows.capture(number=2)]))

    shown = board(ledger)

    findings = {finding["id"]: finding for finding in shown["findings"]}
    assert findings["I1"]["for_good"]
    assert findings["I1"]["first"] == f"order-1-1: charged 2 times, {EUR_10} too much"
    assert shown["disagreeing"][0]["word"] == "broken"


def test_a_paid_payment_without_money_may_still_come_right(ledger):
    rows = Rows("order-1-1")
    ledger.note_diary([rows.asked()])
    steps = [
        rows.step(1, None, "CREATED"),
        rows.step(2, "CREATED", "PROCESSING"),
        rows.step(3, "PROCESSING", "SUCCESS"),
    ]
    ledger.note_service(service([rows.payment("SUCCESS")], steps))
    ledger.note_psp(psp([rows.psp_payment(status="pending")]))

    shown = board(ledger)

    assert [(finding["id"], finding["for_good"]) for finding in shown["findings"]] == [("I3", False)]


def test_only_purchases_with_news_are_looked_at_again(ledger):
    one, other = Rows("order-1-1"), Rows("order-2-1")
    paid(ledger, one)
    paid(ledger, other)
    ledger.settle(["order-1-1", "order-2-1"])

    paid(ledger, one)  # the same rows once more, as a look-back brings them
    unchanged = ledger.changed
    ledger.note_service(service([other.payment("REFUNDED", refunded_minor=1000)]))

    assert unchanged == frozenset()
    assert ledger.changed == {"order-2-1"}


class Source:
    """Somebody whose news can be had or not."""

    def __init__(self, news):
        self.news, self.is_there = news, True

    async def read_news(self):
        if not self.is_there:
            raise OSError("nobody answers")
        return self.news


class NoSwitches:
    scenario, title, psp_forgot_keys = "duplicate-clicks", "Duplicate clicks", False

    async def show(self):
        return []


class NoDiaries:
    def read_news(self):
        return []


@pytest.fixture
def watch():
    """A monitor of one purchase that was paid for."""
    rows = Rows("order-1-1")
    books = service([rows.payment("SUCCESS")], [rows.step(1, None, "CREATED")])
    psp = Source({"payments": [rows.psp_payment()], "refunds": [], "movements": [rows.capture()]})
    return Watch(diaries=NoDiaries(), service=Source(books), psp=psp, switchboard=NoSwitches(), now_us=lambda: NOW_US)


async def test_a_look_that_fails_says_why_and_the_next_one_knows_all(watch, caplog):
    watch.psp.is_there = False

    await watch.look()
    failed = orjson.loads(watch.page)
    watch.psp.is_there = True
    await watch.look()
    mended = orjson.loads(watch.page)

    assert "OSError: nobody answers" in failed["error"]
    assert "Traceback" in caplog.text
    assert "error" not in mended
    assert EUR_10 in watch.page.decode()


async def test_a_reckoning_that_fails_is_made_up_for(watch, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("scenarios.live.monitor.watch.reckon", lambda _: 1 / 0)
        await watch.look()
        failed = orjson.loads(watch.page)

    await watch.look()  # nothing has changed since

    assert "ZeroDivisionError" in failed["error"]
    assert EUR_10 in watch.page.decode()


def test_rows_that_come_one_by_one_say_the_same_as_all_at_once(ledger):
    rows, at_once = Rows("order-1-1"), Ledger()
    paid(at_once, rows)
    ledger.note_diary([rows.asked()])
    ledger.note_service(service([rows.payment("PROCESSING")], [rows.step(1, None, "CREATED")]))
    ledger.note_psp(psp([rows.psp_payment(status="pending")]))
    board(ledger)

    paid(ledger, rows)

    assert board(ledger) == board(at_once)


def test_a_refund_that_came_back_is_told_by_its_movement(ledger):
    rows = Rows("order-1-1")
    paid(ledger, rows)
    refund = {"id": "re_1", "payment": "pi_order-1-1_1", "amount_minor": 1000, "currency": "EUR", "status": "succeeded"}
    refund |= {"metadata": {}, "created_at_us": NOW_US - 4_000_000}
    gone = rows.capture() | {"id": "mov_gone", "kind": "refund", "refund": "re_1", "amount_minor": -1000}
    ledger.note_psp(psp(refunds=[refund], movements=[gone]))
    there = board(ledger)["currencies"][0]["moved"]["back"]

    ledger.note_psp(psp(movements=[gone | {"id": "mov_back", "kind": "refund_failure", "amount_minor": 1000}]))

    assert there == {"count": 1, "sum": EUR_10}
    assert board(ledger)["currencies"][0]["moved"]["back"]["count"] == 0


def test_however_long_an_order_is_called_the_page_stays_readable(ledger):
    rows = Rows("x" * 5_000)
    ledger.note_diary([rows.asked()])
    ledger.note_service(service([rows.payment("PROCESSING")]))
    ledger.note_psp(psp([rows.psp_payment()], [rows.capture()]))

    (apart,) = board(ledger)["disagreeing"]

    assert len(apart["order"]) < 200
