"""Events may come twice, late, early, reordered, altered or forged; the books stay true."""

import asyncio

import httpx


async def _processing(bench, **body):
    """Return the id of a payment whose outcome is unknown, and the PSP's object for it."""
    bench.psp.script("create_payment", "timeout_after")
    payment_id = (await bench.pay(**body)).json()["id"]
    assert (await bench.read(payment_id))["status"] == "PROCESSING"
    return payment_id, bench.psp.captured()[-1]


async def test_an_event_settles_a_payment_whose_answer_was_lost(bench):
    payment_id, spoken_of = await _processing(bench)

    answer = await bench.tell("payment_intent.succeeded", spoken_of)

    books = await bench.books()
    assert answer.status_code == 200
    assert (await bench.read(payment_id))["amount_captured"] == 1250
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "dispatch"), ("SUCCESS", "webhook")]
    assert books["inbox"][0]["state"] == "applied"
    assert books["attempts"][0]["psp_id"] == spoken_of["id"]
    assert books["attempts"][0]["state"] == "SUCCEEDED"
    assert books["attempts"][0]["due_at_us"] is None


async def test_duplicates_at_once_in_two_processes_are_applied_once(bench):
    payment_id, spoken_of = await _processing(bench)
    other = await bench.another()

    answers = await asyncio.gather(
        *(one.tell("payment_intent.succeeded", spoken_of, event_id="evt_same") for one in (bench, other, bench))
    )

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(await bench.history(payment_id)) == 3
    assert len((await bench.books())["inbox"]) == 1


async def test_one_change_told_by_two_events_is_applied_once(bench):
    payment_id, spoken_of = await _processing(bench)

    for _ in range(2):
        await bench.tell("payment_intent.succeeded", spoken_of)

    assert len(await bench.history(payment_id)) == 3
    assert (await bench.books())["discrepancies"] == []


async def test_a_late_failure_does_not_undo_a_success(bench):
    _, spoken_of = await _processing(bench)
    await bench.tell("payment_intent.succeeded", spoken_of)

    failed = spoken_of | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
    answer = await bench.tell("payment_intent.payment_failed", failed)

    books = await bench.books()
    assert answer.status_code == 200
    assert books["payments"][0]["state"] == "SUCCESS"
    assert [one["state"] for one in books["inbox"]] == ["applied", "ignored"]


async def test_a_failure_settles_a_payment(bench):
    payment_id, spoken_of = await _processing(bench)

    failed = spoken_of | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
    await bench.tell("payment_intent.payment_failed", failed)

    payment = await bench.read(payment_id)
    assert payment["status"] == "FAILED"
    assert payment["failure_reason"] == "card_declined"


async def test_money_that_moves_after_a_failure_is_recorded_and_the_failure_stands(bench):
    bench.psp.script("create_payment", "decline")
    payment_id = (await bench.pay()).json()["id"]
    spoken_of = next(iter(bench.psp.objects.values())) | {"status": "succeeded"}

    for _ in range(2):
        await bench.tell("payment_intent.succeeded", spoken_of)

    books = await bench.books()
    assert (await bench.read(payment_id))["status"] == "FAILED"
    assert [(one["kind"], one["state"], one["amount_minor"]) for one in books["discrepancies"]] == [
        ("late-capture", "open", 1250)
    ]


async def test_a_second_capture_of_one_attempt_is_recorded(bench):
    await bench.pay()
    spoken_of = bench.psp.captured()[0] | {"id": "pi_other"}

    await bench.tell("payment_intent.succeeded", spoken_of)

    books = await bench.books()
    assert books["payments"][0]["captured_minor"] == 1250
    assert [(one["kind"], one["evidence"]["subject"]) for one in books["discrepancies"]] == [
        ("double-capture", "pi_other")
    ]


async def test_an_event_that_overtakes_the_answer_is_applied_and_the_answer_changes_nothing(bench):
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(bench.pay())
    gate = await bench.psp.held.get()
    attempt = (await bench.books())["attempts"][0]
    metadata = {"attempt_id": attempt["id"]}
    spoken_of = {"id": "pi_1", "status": "succeeded", "amount": 1250, "currency": "eur", "metadata": metadata}

    early = await bench.tell("payment_intent.succeeded", spoken_of)
    gate.set()
    payment_id = (await paying).json()["id"]

    assert early.status_code == 200
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "dispatch"), ("SUCCESS", "webhook")]
    assert (await bench.books())["discrepancies"] == []


async def test_a_pending_answer_does_not_overwrite_what_an_event_said(bench):
    bench.psp.script("create_payment", "pending")
    payment_id = (await bench.pay()).json()["id"]
    spoken_of = next(iter(bench.psp.objects.values()))

    await bench.tell("payment_intent.succeeded", spoken_of | {"status": "succeeded"})
    await bench.tell("payment_intent.processing", spoken_of)

    assert (await bench.read(payment_id))["status"] == "SUCCESS"


async def test_an_altered_amount_or_currency_is_not_believed(bench):
    payment_id, spoken_of = await _processing(bench)

    answers = [
        await bench.tell("payment_intent.succeeded", spoken_of | {"amount": 1, "amount_received": 1}),
        await bench.tell("payment_intent.succeeded", spoken_of | {"amount_received": 1}),
        await bench.tell("payment_intent.succeeded", spoken_of | {"currency": "usd"}),
    ]

    books = await bench.books()
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (await bench.read(payment_id))["status"] == "PROCESSING"
    assert [one["state"] for one in books["inbox"]] == ["rejected"] * 3
    assert [one["kind"] for one in books["discrepancies"]] == ["amount-mismatch"]


async def test_events_of_another_account_or_mode_change_nothing(bench):
    payment_id, spoken_of = await _processing(bench)

    answers = [
        await bench.tell("payment_intent.succeeded", spoken_of, livemode=True),
        await bench.tell("payment_intent.succeeded", spoken_of, account="acct_other"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await bench.read(payment_id))["status"] == "PROCESSING"
    assert [one["state"] for one in (await bench.books())["inbox"]] == ["rejected"] * 2


async def test_forged_stale_and_future_events_are_refused_and_not_stored(bench):
    payment_id, spoken_of = await _processing(bench)
    now_s = bench.clock.now_us() // 1_000_000

    answers = [
        await bench.tell("payment_intent.succeeded", spoken_of, secret="whsec_wrong"),
        await bench.tell("payment_intent.succeeded", spoken_of, signed_at_s=now_s - 301),
        await bench.tell("payment_intent.succeeded", spoken_of, signed_at_s=now_s + 302),
        await bench.client.post("/webhooks/psp", content=b"{}"),
        await bench.client.post("/webhooks/psp", content=b"{}", headers={"Stripe-Signature": "t=1,v1=x"}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 5
    assert (await bench.read(payment_id))["status"] == "PROCESSING"
    assert (await bench.books())["inbox"] == []


async def test_events_that_say_nothing_about_money_are_stored_with_one_statement(bench):
    statements = bench.count_statements()

    for _ in range(2):
        answer = await bench.tell("charge.succeeded", {"id": "ch_1"}, event_id="evt_same")
        assert answer.status_code == 200

    assert len([one for one in statements if "inbox" in one]) == len(statements) == 2
    assert [one["state"] for one in (await bench.books())["inbox"]] == ["ignored"]


async def test_an_event_is_not_acknowledged_if_it_could_not_be_stored(bench):
    _, spoken_of = await _processing(bench)
    await bench.run_sql("ALTER TABLE inbox ADD CONSTRAINT broken CHECK (type = 'never')")
    bench.client = _not_raising(bench)

    refused = await bench.tell("payment_intent.succeeded", spoken_of, event_id="evt_same")
    await bench.run_sql("ALTER TABLE inbox DROP CONSTRAINT broken")
    accepted = await bench.tell("payment_intent.succeeded", spoken_of, event_id="evt_same")

    books = await bench.books()
    assert refused.status_code == 500
    assert accepted.status_code == 200
    assert books["payments"][0]["state"] == "SUCCESS"


async def test_an_event_about_something_unknown_waits_and_is_applied_when_it_is_known(bench):
    bench.psp.script("create_payment", "timeout_after")
    payment_id = (await bench.pay()).json()["id"]
    # The PSP stripped our reference, and its answer was lost: nothing connects the event with our attempt yet.
    spoken_of = bench.psp.captured()[0] | {"metadata": {}}

    answer = await bench.tell("payment_intent.succeeded", spoken_of)
    parked = (await bench.books())["inbox"][0]
    await bench.heal()

    applied = (await bench.books())["inbox"][0]
    assert answer.status_code == 200
    assert (parked["state"], parked["applied_at_us"]) == ("parked", None)
    assert (applied["state"], applied["due_at_us"]) == ("applied", None)
    assert (await bench.read(payment_id))["status"] == "SUCCESS"


async def test_an_event_that_nothing_ever_explains_becomes_an_orphan(bench):
    bench = await bench.another(retry_tries_max=3)
    orphan = {"id": "pi_alien", "status": "succeeded", "amount": 77, "currency": "eur", "metadata": {}}
    await bench.tell("payment_intent.succeeded", orphan)

    for _ in range(5):
        bench.clock.advance(1000)
        await bench.service.worker.tick()

    books = await bench.books()
    assert (books["inbox"][0]["state"], books["inbox"][0]["due_at_us"]) == ("rejected", None)
    assert [(one["kind"], one["state"], one["amount_minor"]) for one in books["discrepancies"]] == [
        ("orphan-event", "needs_person", 77)
    ]


async def test_an_event_that_makes_no_sense_is_refused(bench):
    answers = [
        await bench.tell("payment_intent.succeeded", {"id": "pi_1"}),
        await bench.tell("payment_intent.succeeded", {"id": "pi_1", "amount": "12", "currency": "eur", "status": "x"}),
        await bench.tell("charge.succeeded", {}, event_id="evt \x00"),
        await bench.tell("charge.succeeded", {}, livemode="maybe"),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert answers[0].json()["type"] == "/problems/unreadable-event"
    assert (await bench.books())["inbox"] == []


async def test_a_payload_with_an_escaped_nul_is_stored_as_it_came(bench):
    answer = await bench.tell("charge.succeeded", {"id": "ch_1", "description": "\x00"})

    assert answer.status_code == 200
    assert "\\u0000" in (await bench.books())["inbox"][0]["payload"]


def _not_raising(bench):
    """Return a client that sees a 500 as the PSP would."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(bench.service.app, raise_app_exceptions=False),
        base_url="http://service",
        headers=bench.client.headers,
    )
