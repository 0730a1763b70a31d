"""`paystorm psp --state`: killed at any moment and started again, it has lost nothing that it answered."""

import itertools
import threading
import time
from random import Random

import httpx
import pytest

PAYERS = 3
KILLS = 3
DAY_S = 86_400


class Payers:
    """Merchants that pay as fast as they are answered, and write down what they were told."""

    def __init__(self, psp):
        self._psp = psp
        self._stopped = threading.Event()
        self._numbers = itertools.count()
        self.answered = {}  # by key
        self.asked = set()
        self._threads = [threading.Thread(target=self._pay, args=(name,)) for name in range(PAYERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _pay(self, name):
        with self._psp.merchant() as merchant:
            while not self._stopped.is_set():
                key = f"{self._psp.process.pid}-{name}-{next(self._numbers)}"
                form = {"amount": 1000, "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
                self.asked.add(key)
                try:
                    answer = merchant.post("/v1/payment_intents", data=form, headers={"Idempotency-Key": key})
                except httpx.HTTPError:
                    return  # it was killed
                assert answer.status_code == 200
                self.answered[key] = answer.json()


def all_rows(psp, path):
    rows, after = [], ""
    while True:
        page = psp.control("GET", f"{path}?limit=1000{after}")
        rows += page["data"]
        if not page["has_more"]:
            return rows
        after = f"&after={page['next']}"


@pytest.mark.slow
def test_killed_again_and_again_it_loses_no_answered_charge(start_psp, tmp_path, until):
    state, random = tmp_path / "state", Random(7)
    answered, asked = {}, set()
    for _ in range(KILLS):
        psp = start_psp("--state", state)
        with Payers(psp) as payers:
            enough = random.randint(5, 40)
            until(lambda: len(payers.answered) >= enough)  # noqa: B023 - it is asked in this round only
            time.sleep(random.random() * 0.02)  # and then at any point of a request
            psp.kill()
        answered |= payers.answered
        asked |= payers.asked

    psp = start_psp("--state", state)
    payments = {payment["id"]: payment for payment in all_rows(psp, "/books/payments")}
    replays = {key: psp.pay(key=key) for key in list(answered)[:: max(1, len(answered) // 25)]}

    assert len(answered) >= 15
    assert {payment["id"] for payment in answered.values()} <= set(payments)
    assert len(payments) <= len(asked)
    captured = [row for row in all_rows(psp, "/books/movements") if row["kind"] == "capture"]
    assert sorted(row["payment_id"] for row in captured) == sorted(
        payment["id"] for payment in payments.values() if payment["status"] == "captured"
    )
    for key, replay in replays.items():
        assert replay.headers["idempotent-replayed"] == "true"
        assert replay.json() == answered[key]


def test_the_journal_tells_which_requests_were_never_answered(start_psp, tmp_path, until):
    psp = start_psp("--state", tmp_path / "state")
    psp.control("POST", "/faults", id="slow", where="reply", kind="slow", parameters={"delay_s": [30, 30]})
    waiting = threading.Thread(target=_pay_in_vain, args=(psp,))
    waiting.start()
    until(lambda: psp.control("GET", "/journal")["total"])
    psp.control("DELETE", "/faults")
    for _ in range(5):
        psp.pay()
    psp.kill()
    waiting.join()

    lines = all_rows(start_psp("--state", tmp_path / "state"), "/journal")

    requests = [line for line in lines if line["kind"] == "request"]
    assert [line["status"] for line in requests[:1]] == [None]
    assert requests[0]["ended_at_us"] is None
    assert [line["status"] for line in requests[1:5]] == [200] * 4


def _pay_in_vain(psp):
    with pytest.raises(httpx.HTTPError):
        psp.pay()


def test_what_was_to_come_still_comes(start_psp, tmp_path, inbox, until):
    state = tmp_path / "state"
    psp = start_psp("--state", state, "--webhook", inbox.url)
    inbox.status = 500
    late = {"id": "late", "where": "reply", "kind": "late-effect", "nth": [2]}
    psp.control("POST", "/faults", **late, parameters={"answer": "truth", "delay_s": [600, 600]})
    refused = psp.pay().json()
    pending = psp.pay().json()
    until(lambda: len(inbox.events) >= 3)
    until(lambda: psp.control("GET", "/webhooks")["total"] and not _is_sending(psp))
    psp.kill()
    inbox.status = 200
    inbox.events.clear()

    psp = start_psp("--state", state, "--webhook", inbox.url)
    nothing_yet = list(inbox.events)
    psp.control("POST", "/clock/advance", seconds=DAY_S)
    events = until(lambda: psp.control("GET", "/health")["idle"] and inbox.events)

    assert pending["status"] == "processing"
    assert nothing_yet == []
    told = {(event["type"], event["data"]["object"]["id"]) for event in events}
    assert {("payment_intent.succeeded", refused["id"]), ("payment_intent.succeeded", pending["id"])} <= told
    (row,) = [row for row in all_rows(psp, "/books/payments") if row["id"] == pending["id"]]
    assert row["status"] == "captured"
    assert row["captured_at_us"] - row["created_at_us"] == pytest.approx(600e6, rel=0.01)


def _is_sending(psp):
    return any(row["state"] == "sending" for row in psp.control("GET", "/webhooks")["data"])


def test_the_clock_stays_where_it_was_moved_to(start_psp, tmp_path):
    psp = start_psp("--state", tmp_path / "state")
    psp.control("POST", "/clock/advance", seconds=30 * DAY_S)
    frozen = psp.control("POST", "/clock/freeze")
    psp.kill()

    psp = start_psp("--state", tmp_path / "state")

    assert psp.control("GET", "/clock") == frozen
    assert frozen["frozen"]
    assert "its clock stands still" in psp.welcome
    assert psp.control("POST", "/clock/resume")["now_us"] >= frozen["now_us"]


def test_faults_that_were_switched_on_are_on_again(start_psp, tmp_path):
    state = tmp_path / "state"
    psp = start_psp("--state", state, "--preset", "lost-webhooks")
    psp.control("POST", "/faults", id="by-hand", where="reply", kind="slow", nth=[1_000])
    before = [fault["id"] for fault in psp.control("GET", "/faults")["data"]]
    psp.kill()

    psp = start_psp("--state", state, "--preset", "lost-webhooks")
    after = [fault["id"] for fault in psp.control("GET", "/faults")["data"]]

    assert "by-hand" in before
    assert sorted(after) == sorted(before)
