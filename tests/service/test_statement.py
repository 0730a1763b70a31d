"""The PSP's statement against our books: every planted discrepancy is found, and nothing that is healthy is touched."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from service.store import PostgresStore
from service.stripe_books import StripeBooks
from service.wiring import Parts

DAY_S = 86_400
HOUR_S = 3_600


async def _read(bench, **options):
    return await bench.service.usecases.read_statement(at_once=True, **options)


async def _work(bench, *, seconds=2 * HOUR_S, step_s=60):
    """Let time pass, with a worker."""
    for _ in range(round(seconds / step_s)):
        bench.clock.advance(step_s)
        await bench.service.worker.tick()


async def _found(bench):
    return sorted((one["kind"], one["state"]) for one in (await bench.books())["discrepancies"])


async def _money(bench):
    """What our books say about money, which no reading of a healthy statement may change."""
    books = await bench.books()
    return {name: books[name] for name in ("payments", "transitions", "refunds", "attempts", "discrepancies")}


async def _healthy(bench, *, count=3):
    for number in range(count):
        payment_id = (await bench.pay(key=f"healthy-{number}", amount=1000 + number)).json()["id"]
        bench.clock.advance(1)
        if number % 3 == 1:
            await bench.refund(payment_id, key=f"healthy-{number}", amount=100)
            bench.clock.advance(1)
    bench.psp.script("create_payment", "decline")
    await bench.pay(key="declined")
    bench.clock.advance(1)


# --- precision -------------------------------------------------------------------------------------------------------


async def test_a_healthy_statement_changes_nothing_and_asks_nothing(bench):
    await _healthy(bench, count=6)
    before, requests = await _money(bench), len(bench.psp.requests)

    readings = [await _read(bench) for _ in range(2)]
    bench.clock.advance(5 * DAY_S)
    readings.append(await _read(bench))

    assert await _money(bench) == before
    assert {operation for operation, _ in bench.psp.requests[requests:]} == {"read_statement"}
    assert [(one.is_complete, one.lines_new, one.objects_agreed) for one in readings] == [
        (True, 8, 8),
        (True, 0, 0),
        (True, 0, 0),
    ]


async def test_what_is_not_about_our_payments_is_none_of_our_business(bench):
    await _healthy(bench)
    for kind in ("payout", "adjustment", "stripe_fee", "something_new"):
        bench.psp.report(kind, {"id": "po_1", "amount": -77, "currency": "eur"})
    bench.clock.advance(HOUR_S)

    reading = await _read(bench)

    assert reading.is_complete
    assert await _found(bench) == []


# --- recall ----------------------------------------------------------------------------------------------------------


async def test_a_missing_line_is_found_when_it_cannot_come_any_more_and_closed_when_it_does(bench):
    await _healthy(bench)
    late = bench.psp.statement[1]
    late["visible_at_us"] = bench.clock.now_us() + 10**18
    bench.clock.advance(3 * DAY_S - HOUR_S)
    await _read(bench)
    early = await _found(bench)
    bench.clock.advance(2 * HOUR_S)

    await _read(bench)
    missing = (await bench.books())["discrepancies"]
    late["visible_at_us"] = 0
    await _read(bench)

    assert early == []
    assert [(one["kind"], one["state"], one["amount_minor"]) for one in missing] == [
        ("line-missing", "needs_person", 1001)
    ]
    assert missing[0]["evidence"]["subject"] == late["source"]
    assert await _found(bench) == [("line-missing", "repaired")]


async def test_a_line_that_comes_late_but_in_time_is_no_discrepancy(bench):
    await _healthy(bench)
    bench.psp.statement[0]["visible_at_us"] = bench.clock.now_us() + 2 * DAY_S * 1_000_000
    for _ in range(8):
        await _read(bench)
        bench.clock.advance(DAY_S / 2)

    reading = await _read(bench)

    assert await _found(bench) == []
    assert reading.lines_read >= 0
    assert len({one["id"] for one in await _lines(bench)}) == 4


async def test_a_doubled_line_is_found(bench):
    await _healthy(bench)
    bench.psp.statement.insert(1, bench.psp.statement[0] | {"id": "txn_twin"})
    bench.clock.advance(1)

    await _read(bench)
    await _read(bench)

    found = (await bench.books())["discrepancies"]
    assert [(one["kind"], one["state"], one["amount_minor"]) for one in found] == [
        ("line-doubled", "needs_person", 1000)
    ]
    assert found[0]["evidence"]["word"] == "succeeded"


@pytest.mark.parametrize("change", [{"amount": 1001}, {"amount": -1000}, {"currency": "usd"}])
async def test_a_wrong_line_is_found_and_our_books_stay(bench, change):
    await _healthy(bench)
    before = await _money(bench)
    bench.psp.statement[0] |= change
    bench.clock.advance(1)

    await _read(bench)

    assert await _found(bench) == [("line-wrong", "needs_person")]
    assert await _money(bench) | {"discrepancies": []} == before


async def test_a_line_that_comes_again_with_another_content_is_found(bench):
    await _healthy(bench)
    await _read(bench)
    bench.psp.statement[0]["fee"] = 5

    await _read(bench)
    await _read(bench)

    assert await _found(bench) == [("line-changed", "needs_person")]


async def test_fees_are_compared_where_they_are_agreed(bench):
    fussy = await bench.another(psp_fee_basis_points=290, psp_fee_fixed_minor=30)
    await bench.pay(key="one", amount=1000)
    await bench.pay(key="two", amount=1000)
    bench.psp.statement[0]["fee"] = 59
    bench.psp.statement[1]["fee"] = 60
    bench.clock.advance(1)

    await _read(fussy)

    assert await _found(bench) == [("fee-mismatch", "needs_person")]


async def test_money_that_is_nobodys_needs_a_person(bench):
    await _healthy(bench)
    bench.psp.capture(amount=77)
    bench.clock.advance(59)
    await _read(bench)
    early = await _found(bench)
    bench.clock.advance(HOUR_S)

    await _read(bench)

    assert early == []
    assert await _found(bench) == [("orphan-money", "needs_person")]


async def test_a_refund_that_somebody_else_made_is_nobodys(bench):
    await _healthy(bench, count=1)
    refund = {"id": "re_alien", "status": "succeeded", "amount": 5, "currency": "eur", "payment_intent": "pi_1"}
    bench.psp.objects["re_alien"] = refund | {"metadata": {}}
    bench.psp.report("refund", refund)
    bench.clock.advance(HOUR_S)

    await _read(bench)

    assert await _found(bench) == [("orphan-money", "needs_person")]


async def test_an_orphan_that_turns_out_to_be_ours_is_closed(bench):
    await _healthy(bench)
    bench.psp.script("create_payment", "timeout_after")
    payment_id = (await bench.pay(key="lost")).json()["id"]
    orphan = bench.psp.captured()[-1]
    reference, orphan["metadata"] = orphan["metadata"], {}
    bench.clock.advance(120)
    await _read(bench)
    found = await _found(bench)
    orphan["metadata"] = reference

    await _work(bench)

    assert found == [("orphan-money", "needs_person")]
    assert (await bench.read(payment_id))["status"] == "SUCCESS"
    assert await _found(bench) == [("orphan-money", "repaired")]


async def test_an_unknown_outcome_is_settled_by_what_the_psp_says_of_the_object_on_the_line(bench):
    await _healthy(bench)
    bench.psp.script("create_payment", "after")  # a 500 that the PSP remembers
    payment_id = (await bench.pay(key="lost")).json()["id"]
    bench.clock.advance(1)

    await _read(bench)

    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "dispatch"), ("SUCCESS", "worker")]
    assert await _found(bench) == []


async def test_a_line_alone_settles_nothing(bench):
    await _healthy(bench)
    bench.psp.script("create_payment", "pending")
    payment_id = (await bench.pay(key="pending")).json()["id"]
    spoken_of = list(bench.psp.objects.values())[-1]
    bench.psp.report("charge", spoken_of)
    bench.clock.advance(1)

    await _read(bench)
    unsettled = await bench.read(payment_id)
    spoken_of["status"] = "succeeded"
    await _work(bench)

    assert unsettled["status"] == "PROCESSING"
    assert (await bench.read(payment_id))["status"] == "SUCCESS"
    assert await _found(bench) == []


async def test_a_pending_refund_is_waited_for(bench):
    payment_id = (await bench.pay()).json()["id"]
    bench.psp.script("create_refund", "pending")
    await bench.refund(payment_id)
    spoken_of = bench.psp.objects["re_2"]
    bench.psp.report("refund", spoken_of)
    bench.clock.advance(1)
    await _read(bench)
    spoken_of["status"] = "succeeded"

    await _work(bench)

    assert (await bench.read(payment_id))["status"] == "REFUNDED"
    assert await _found(bench) == []


async def test_books_with_money_of_which_nobody_else_knows_need_a_person(bench):
    await _healthy(bench)
    gone = bench.psp.statement.pop(0)
    bench.psp.objects[gone["source"]] |= {"status": "canceled"}
    bench.clock.advance(4 * DAY_S)

    await _read(bench)

    assert await _found(bench) == [("phantom-money", "needs_person")]


# --- repairs ---------------------------------------------------------------------------------------------------------


async def _late_capture(bench):
    bench.psp.script("create_payment", "decline")
    payment_id = (await bench.pay(key="late")).json()["id"]
    spoken_of = list(bench.psp.objects.values())[-1]
    spoken_of |= {"status": "succeeded", "amount_received": spoken_of["amount"]}
    bench.psp.report("charge", spoken_of)
    bench.clock.advance(1)
    return payment_id, spoken_of


async def _double_capture(bench):
    await bench.pay(key="double")
    attempt_id = list(bench.psp.objects.values())[-1]["metadata"]["attempt_id"]
    spoken_of = bench.psp.capture(metadata={"attempt_id": attempt_id})
    bench.clock.advance(1)
    return spoken_of


def _refunds_of(bench, psp_id):
    return [one for one in bench.psp.objects.values() if one.get("payment_intent") == psp_id]


async def test_a_late_capture_is_given_back_and_the_payment_stays_failed(bench):
    await _healthy(bench)
    payment_id, spoken_of = await _late_capture(bench)

    await _work(bench)

    payment = await bench.read(payment_id)
    assert (payment["status"], payment["amount_refunded"]) == ("FAILED", 0)
    assert [one["amount"] for one in _refunds_of(bench, spoken_of["id"])] == [1250]
    assert await _found(bench) == [("late-capture", "repaired")]


async def test_a_double_capture_is_given_back_and_the_first_one_stays(bench):
    await _healthy(bench)
    spoken_of = await _double_capture(bench)

    await _work(bench)

    assert [one["amount"] for one in _refunds_of(bench, spoken_of["id"])] == [1250]
    assert [one["state"] for one in (await bench.books())["payments"]].count("SUCCESS") == 4
    assert await _found(bench) == [("double-capture", "repaired")]


async def test_a_late_capture_that_an_event_tells_of_is_given_back_too(bench):
    _, spoken_of = await _late_capture(bench)
    bench.psp.statement.clear()

    await bench.tell("payment_intent.succeeded", spoken_of)
    await bench.service.worker.tick()

    assert await _found(bench) == [("late-capture", "repaired")]
    assert len(_refunds_of(bench, spoken_of["id"])) == 1


@pytest.mark.parametrize("behaviour", ["timeout_before", "timeout_after", "before", "after", "html_after", 429, 503])
async def test_an_unknown_outcome_of_a_repair_is_found_out_and_nothing_goes_back_twice(bench, behaviour):
    _, spoken_of = await _late_capture(bench)
    bench.psp.script("create_refund", behaviour)
    await bench.tell("payment_intent.succeeded", spoken_of)
    await bench.service.worker.tick()
    unknown = await _found(bench)

    await _work(bench)

    keys = {key for operation, key in bench.psp.requests if operation == "create_refund"}
    assert unknown == [("late-capture", "open")]
    assert await _found(bench) == [("late-capture", "repaired")]
    assert [one["amount"] for one in _refunds_of(bench, spoken_of["id"])] == [1250]
    assert len(keys) == 1


async def test_a_repeat_after_the_psp_forgot_the_key_finds_what_went_back(bench):
    _, spoken_of = await _late_capture(bench)
    bench.psp.script("create_refund", "timeout_after")
    await bench.tell("payment_intent.succeeded", spoken_of)
    await bench.service.worker.tick()
    bench.psp.remembered.clear()
    bench.clock.advance(2 * DAY_S)

    await bench.service.worker.tick()

    assert bench.psp.count("create_refund") == 1
    assert await _found(bench) == [("late-capture", "repaired")]


async def test_a_pending_repair_is_followed_to_its_end(bench):
    _, spoken_of = await _late_capture(bench)
    bench.psp.script("create_refund", "pending")
    await bench.tell("payment_intent.succeeded", spoken_of)
    await _work(bench, seconds=600)
    pending = await _found(bench)
    _refunds_of(bench, spoken_of["id"])[0]["status"] = "succeeded"

    await _work(bench)

    assert pending == [("late-capture", "open")]
    assert await _found(bench) == [("late-capture", "repaired")]
    assert len(_refunds_of(bench, spoken_of["id"])) == 1


async def test_a_repair_that_the_psp_refuses_needs_a_person_after_three_tries(bench):
    _, spoken_of = await _late_capture(bench)
    bench.psp.script("create_refund", *["refuse"] * 5)
    await bench.tell("payment_intent.succeeded", spoken_of)

    await _work(bench)

    keys = [key for operation, key in bench.psp.requests if operation == "create_refund"]
    assert len(keys) == len(set(keys)) == 3  # the PSP remembers a refusal under its key
    assert await _found(bench) == [("late-capture", "needs_person")]


@pytest.mark.parametrize("told_by", ["event", "statement"])
async def test_a_repair_whose_refund_fails_later_is_made_again(bench, told_by):
    await _healthy(bench)
    _, spoken_of = await _late_capture(bench)
    await _work(bench)
    repaired = await _found(bench)
    refund = _refunds_of(bench, spoken_of["id"])[0]
    bench.psp.fail_refund(refund["id"])
    bench.psp.remembered.clear()

    if told_by == "event":
        await bench.tell("refund.failed", refund)
    await _work(bench)

    assert repaired == [("late-capture", "repaired")]
    assert await _found(bench) == [("late-capture", "repaired")]
    assert [one["status"] for one in _refunds_of(bench, spoken_of["id"])] == ["failed", "succeeded"]


async def test_events_about_a_repair_are_understood(bench):
    _, spoken_of = await _late_capture(bench)
    await bench.tell("payment_intent.succeeded", spoken_of)
    await bench.service.worker.tick()
    refund = _refunds_of(bench, spoken_of["id"])[0]

    for _ in range(2):
        await bench.tell("refund.created", refund, event_id="evt_same")

    inbox = (await bench.books())["inbox"]
    assert [one["state"] for one in inbox if one["event_id"] == "evt_same"] == ["applied"]
    assert await _found(bench) == [("late-capture", "repaired")]


async def test_a_refund_that_failed_later_is_followed(bench):
    payment_id = (await bench.pay()).json()["id"]
    await bench.refund(payment_id)
    await _work(bench)
    bench.psp.fail_refund("re_2")

    await _work(bench)

    payment = await bench.read(payment_id)
    assert (payment["status"], payment["amount_refunded"]) == ("REFUNDED", 0)
    assert await _found(bench) == [("refund-failed-late", "repaired")]


async def test_a_refund_that_came_back_without_a_line_is_found(bench):
    payment_id = (await bench.pay()).json()["id"]
    await bench.refund(payment_id)
    await _work(bench)
    bench.psp.objects["re_2"] |= {"status": "failed"}
    await bench.tell("refund.failed", bench.psp.objects["re_2"])

    bench.clock.advance(4 * DAY_S)
    await _read(bench)

    assert ("line-missing", "needs_person") in await _found(bench)


async def test_an_amount_that_was_named_wrongly_once_is_closed_when_the_psp_names_the_right_one(bench):
    bench.psp.script("create_payment", "timeout_after")
    payment_id = (await bench.pay()).json()["id"]
    spoken_of = bench.psp.captured()[0]
    await bench.tell("payment_intent.succeeded", spoken_of | {"amount": 1, "amount_received": 1})
    found = await _found(bench)

    await bench.service.worker.tick()

    assert found == [("amount-mismatch", "open")]
    assert await _found(bench) == [("amount-mismatch", "repaired")]
    assert (await bench.read(payment_id))["status"] == "SUCCESS"


# --- pages, edges, progress ------------------------------------------------------------------------------------------


async def _plant(bench):
    """One of everything, among healthy payments."""
    await _healthy(bench, count=6)
    await _late_capture(bench)
    await _double_capture(bench)
    bench.psp.capture(amount=77)
    missing, doubled, wrong = bench.psp.statement[0], bench.psp.statement[1], bench.psp.statement[3]
    bench.psp.statement.remove(missing)
    bench.psp.statement.append(doubled | {"id": "txn_twin"})
    wrong["amount"] += 1
    bench.clock.advance(1)


PLANTED = [
    ("double-capture", "repaired"),
    ("late-capture", "repaired"),
    ("line-doubled", "needs_person"),
    ("line-missing", "needs_person"),
    ("line-wrong", "needs_person"),
    ("orphan-money", "needs_person"),
]


async def _reconcile_all(bench):
    await _work(bench)
    bench.clock.advance(4 * DAY_S)
    await _work(bench, step_s=600)


@pytest.mark.parametrize("page_size", [1, 3, 100])
async def test_any_page_size_gives_the_same_discrepancies(bench, page_size):
    bench.psp.page_size = page_size
    await _plant(bench)

    await _reconcile_all(bench)

    assert await _found(bench) == PLANTED
    assert not [one for one in await _lines(bench) if one["due_at_us"] is not None]


async def test_lines_on_both_edges_of_a_window_are_counted_once(bench):
    await _healthy(bench, count=1)
    first = await _read(bench)
    edge_s = bench.clock.now_us() // 1_000_000
    for created in (edge_s - 1, edge_s, edge_s, edge_s + 1):
        bench.psp.capture()
        bench.psp.statement[-1]["created"] = created

    readings = []
    for _ in range(4):
        bench.clock.advance(1)
        readings.append(await _read(bench))

    assert first.lines_new == 1
    assert [one.lines_new for one in readings] == [3, 1, 0, 0]
    assert Counter(one["id"] for one in await _lines(bench)).most_common(1)[0][1] == 1


async def test_windows_that_touch_have_no_second_in_common_and_miss_none(bench):
    await _healthy(bench, count=1)
    await _read(bench)
    edge_s = bench.clock.now_us() // 1_000_000
    for created in (edge_s - 1, edge_s, edge_s + 1):
        bench.psp.capture()
        bench.psp.statement[-1]["created"] = created

    # Each window begins with the second before which the one before it ended.
    readings = []
    for second in (edge_s - 1, edge_s, edge_s + 1):
        bench.clock.advance((second + 1) - bench.clock.now_us() / 1_000_000)
        readings.append(await _read(bench, since_us=second * 1_000_000))

    assert [(one.lines_read, one.lines_new) for one in readings] == [(1, 1)] * 3


async def test_a_page_that_fails_leaves_the_mark_and_what_was_read_is_not_read_in_vain(bench):
    await _healthy(bench, count=6)
    bench.psp.page_size = 3
    bench.psp.script("read_statement", "ok", 503)

    broken = await _read(bench)
    before = await _progress(bench)
    complete = await _read(bench)

    after = await _progress(bench)
    assert (broken.is_complete, broken.lines_new) == (False, 3)
    assert before["failures"] == 1
    assert before["due_at_us"] - bench.clock.now_us() <= 5_000_000
    assert before["covered_until_us"] < after["covered_until_us"] == bench.clock.now_us() // 1_000_000 * 1_000_000
    assert (complete.lines_read, complete.lines_new) == (8, 5)


async def test_a_clock_that_is_slow_does_not_move_the_mark_back(bench):
    await _healthy(bench)
    await _read(bench)
    mark_us = (await _progress(bench))["covered_until_us"]
    bench.clock.advance(-600)

    await _read(bench)

    assert (await _progress(bench))["covered_until_us"] == mark_us


async def test_the_worker_reads_once_a_period_and_an_idle_tick_costs_one_statement(bench):
    await _healthy(bench)
    await bench.service.worker.tick()
    before = bench.psp.count("read_statement")
    statements = bench.count_statements()
    await bench.service.worker.tick()
    idle = len(statements)

    await _work(bench, seconds=HOUR_S - 30, step_s=30)
    early = bench.psp.count("read_statement") - before
    await _work(bench, seconds=3 * HOUR_S, step_s=30)

    assert idle == 1
    assert early == 0
    assert bench.psp.count("read_statement") - before == 3


async def test_a_service_that_does_not_settle_never_reads(bench):
    off = await bench.another(settlement_period_s=None)
    await _healthy(off)

    await _work(off, seconds=5 * HOUR_S, step_s=600)

    assert bench.psp.count("read_statement") == 0


# --- death and company -----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


class Fate:
    """Kills at the n-th moment; a moment is before and after every call that leaves the process."""

    def __init__(self):
        self.left = None

    def pass_by(self):
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise Killed


def _mortal(fate):
    class Store(PostgresStore):
        @asynccontextmanager
        async def transaction(self):
            fate.pass_by()
            async with super().transaction() as books:
                yield books
                fate.pass_by()  # before the commit
            fate.pass_by()

        async def due_matters(self, **options):
            fate.pass_by()
            return await super().due_matters(**options)

        async def unreported(self, **options):
            fate.pass_by()
            return await super().unreported(**options)

    class Books(StripeBooks):
        async def _exchange(self, *arguments, **options):
            fate.pass_by()
            reply = await super()._exchange(*arguments, **options)
            fate.pass_by()
            return reply

    return Parts(store=Store, psp_books=Books)


async def _end(bench):
    books = await bench.books()
    return {
        "found": await _found(bench),
        "payments": Counter((one["state"], one["captured_minor"], one["refunded_minor"]) for one in books["payments"]),
        "refunds": Counter(one.get("payment_intent") for one in bench.psp.objects.values() if "payment_intent" in one),
        "lines": {one["id"]: one["due_at_us"] for one in await _lines(bench)},
    }


async def test_whoever_dies_at_any_moment_leaves_nothing_that_another_cannot_finish(bench):
    fate = Fate()
    mortal = await bench.another(parts=_mortal(fate))
    bench.psp.page_size = 3
    await _plant(bench)
    deaths = 0

    for moment in range(1, 400):
        fate.left = moment
        bench.clock.advance(61)  # the dead one's leases end
        try:
            await _read(mortal)
            due = await mortal.service.worker.store.due_work(now_us=bench.clock.now_us(), limit=50, settled_before_us=0)
            for discrepancy_id in due.discrepancy_ids:
                await mortal.service.usecases.repair_discrepancy(discrepancy_id)
        except Killed:
            deaths += 1
            continue
        break
    fate.left = None
    await _reconcile_all(bench)

    end = await _end(bench)
    assert deaths > 30
    assert end["found"] == PLANTED
    assert set(end["refunds"].values()) == {1}
    assert set(end["lines"].values()) == {None}
    assert end["payments"][("SUCCESS", 1250, 0)] == 1


async def test_two_workers_at_once_read_once_and_give_back_once(bench):
    await _plant(bench)
    other = await bench.another()

    for _ in range(40):
        bench.clock.advance(200)
        await asyncio.gather(bench.service.worker.tick(), other.service.worker.tick())
    bench.clock.advance(4 * DAY_S)
    for _ in range(10):
        bench.clock.advance(600)
        await asyncio.gather(bench.service.worker.tick(), other.service.worker.tick())

    assert await _found(bench) == PLANTED
    assert set((await _end(bench))["refunds"].values()) == {1}


async def test_one_that_was_overtaken_stops_and_writes_no_mark(bench):
    await _healthy(bench)
    bench.psp.script("read_statement", "hold")
    sleeper = asyncio.create_task(_read(bench))
    gate = await bench.psp.held.get()
    bench.clock.advance(61)
    other = await bench.another()
    successor = await _read(other)
    after = await _progress(bench)
    gate.set()

    overtaken = await sleeper

    assert successor.is_complete
    assert not overtaken.is_complete
    assert await _progress(bench) == after


# --- what merchants see ----------------------------------------------------------------------------------------------


async def test_a_merchant_sees_the_discrepancies_of_its_own_payments(bench):
    await _plant(bench)
    await _reconcile_all(bench)

    listed = (await bench.client.get("/v1/discrepancies")).json()
    filtered = (
        await bench.client.get("/v1/discrepancies", params={"status": "repaired", "kind": "late-capture"})
    ).json()

    assert sorted(one["kind"] for one in listed["data"]) == [kind for kind, _ in PLANTED if kind != "orphan-money"]
    assert [(one["kind"], one["status"], one["amount"]) for one in filtered["data"]] == [
        ("late-capture", "repaired", 1250)
    ]
    assert filtered["data"][0]["closed_at"].endswith("Z")


async def test_discrepancies_come_in_pages(bench):
    await _plant(bench)
    await _reconcile_all(bench)
    everything = (await bench.client.get("/v1/discrepancies")).json()["data"]

    pages, cursor = [], {}
    while True:
        page = (await bench.client.get("/v1/discrepancies", params={"limit": 2} | cursor)).json()
        pages.append(page["data"])
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert [one for page in pages for one in page] == everything
    assert [len(page) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize("query", ["status=done", "kind=nothing", "limit=0", "limit=101", "cursor=x", "surprise=1"])
async def test_a_question_about_discrepancies_that_makes_no_sense_is_refused(bench, query):
    assert (await bench.client.get(f"/v1/discrepancies?{query}")).status_code == 400


async def _lines(bench):
    return await _rows(bench, "SELECT * FROM statement_lines ORDER BY id")


async def _progress(bench):
    return (await _rows(bench, "SELECT * FROM statement_progress"))[0]


async def _rows(bench, statement):
    async with bench.database.connect() as connection:
        return [dict(row) for row in (await connection.exec_driver_sql(statement)).mappings()]
