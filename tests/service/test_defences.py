"""What concerns several rows, or a row and what it was before, is refused by the database as well."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError


@pytest.fixture
async def books(bench):
    """A payment of 1250 that was captured, of which 500 went back and 250 are promised; another that is unsent."""
    paid = (await bench.pay(key="paid")).json()["id"]
    await bench.refund(paid, key="back", amount=500)
    bench.psp.script("create_refund", "pending")
    await bench.refund(paid, key="promised", amount=250)
    bench.psp.script("create_payment", "timeout_before")
    await bench.pay(key="unknown", amount=900)
    bench.psp.script("create_payment", "decline")
    await bench.pay(key="declined", amount=800)
    bench.psp.script("create_payment", "pending")
    await bench.cancel((await bench.pay(key="to be canceled", amount=700)).json()["id"])
    return bench


PAID = "state = 'SUCCESS'"
CAPTURED_ALONE = """
UPDATE attempts SET state = 'SUCCEEDED', settled_at_us = 5, due_at_us = NULL WHERE state = 'SENT' AND kind = 'capture'
"""
BORN_PAID = """
INSERT INTO payments SELECT 'pay_x', merchant_id, NULL, 5, 'EUR', 'x', NULL, metadata, state, NULL, 5, 0, 0, 0
FROM payments WHERE state = 'SUCCESS'
"""
A_REFUND = "INSERT INTO refunds SELECT 'ref_x', id, {}, NULL, '{}', NULL, 0, NULL FROM payments WHERE state = '{}'"


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE payments SET amount_minor = amount_minor + 1 WHERE {PAID}",
        f"UPDATE payments SET currency = 'USD' WHERE {PAID}",
        f"UPDATE payments SET id = 'pay_x' WHERE {PAID}",
        "UPDATE payments SET state = 'SUCCESS', failure_reason = NULL, captured_minor = 800 WHERE state = 'FAILED'",
        "UPDATE payments SET state = 'PROCESSING', failure_reason = NULL WHERE state = 'FAILED'",
        f"UPDATE payments SET state = 'FAILED', failure_reason = 'x', captured_minor = 0 WHERE {PAID}",
        f"UPDATE payments SET state = 'PROCESSING', captured_minor = 0, refunded_minor = 0 WHERE {PAID}",
        "UPDATE payments SET state = 'CREATED' WHERE state = 'PROCESSING'",
        "UPDATE payments SET state = 'SUCCESS', captured_minor = 900 WHERE state = 'PROCESSING'",  # without its attempt
        f"UPDATE payments SET refunded_minor = 501 WHERE {PAID}",
        f"UPDATE payments SET refunded_minor = 0 WHERE {PAID}",
        f"UPDATE payments SET captured_minor = 1249 WHERE {PAID}",
        "UPDATE payments SET cancel_requested_at_us = NULL WHERE cancel_requested_at_us IS NOT NULL",
        "UPDATE payments SET cancel_requested_at_us = 1 WHERE cancel_requested_at_us IS NOT NULL",
        "UPDATE attempts SET payment_id = 'pay_000001' WHERE state = 'SENT' AND kind = 'capture'",
        "UPDATE attempts SET psp_key = 'another' WHERE state = 'SENT'",
        "UPDATE attempts SET state = 'SUCCEEDED' WHERE state = 'FAILED'",
        CAPTURED_ALONE,
        "UPDATE refunds SET amount_minor = 1",
        "UPDATE refunds SET state = 'SUCCEEDED' WHERE state = 'PENDING'",  # without its payment
        "UPDATE refunds SET state = 'FAILED' WHERE state = 'SUCCEEDED'",  # the same
        "UPDATE refunds SET state = 'PENDING' WHERE state = 'SUCCEEDED'",
        A_REFUND.format(501, "PENDING", "SUCCESS"),
        A_REFUND.format(1, "SUCCEEDED", "SUCCESS"),
        A_REFUND.format(1, "PENDING", "FAILED"),
        BORN_PAID,
    ],
)
async def test_the_database_refuses_what_the_code_must_never_do(books, statement):
    before = await books.books()

    with pytest.raises(IntegrityError):
        await books.run_sql(statement)

    assert await books.books() == before


@pytest.mark.parametrize("merchant", ["other", "nobody"])
async def test_a_payment_never_changes_hands(books, merchant):
    await books.run_sql("INSERT INTO merchants VALUES ('other', 'Other')")

    with pytest.raises(IntegrityError):
        await books.run_sql(f"UPDATE payments SET merchant_id = '{merchant}'")


async def test_what_is_left_can_be_refunded_to_the_last_cent(books):
    await books.run_sql(A_REFUND.format(500, "PENDING", "SUCCESS"))


async def test_two_refunds_that_do_not_lock_the_payment_cannot_both_have_the_rest(books):
    insert = text(
        "INSERT INTO refunds SELECT :id, id, 300, NULL, 'PENDING', NULL, 0, NULL FROM payments WHERE captured_minor > 0"
    )

    async def refund(name, may_commit):
        async with books.database.begin() as connection:
            await connection.execute(insert, {"id": name})
            await may_commit.wait()

    may_commit = asyncio.Event()
    both = [asyncio.create_task(refund(name, may_commit)) for name in ("ref_x", "ref_y")]
    await asyncio.sleep(0.1)
    may_commit.set()
    results = await asyncio.gather(*both, return_exceptions=True)

    (refused,) = [one for one in results if one is not None]
    assert isinstance(refused, DBAPIError)
    assert sum(one["amount_minor"] for one in (await books.books())["refunds"] if one["state"] != "FAILED") == 1050


async def test_a_refund_that_fails_late_is_lawful(books):
    refund = next(one for one in (await books.books())["refunds"] if one["state"] == "SUCCEEDED")

    await books.tell(
        "refund.failed",
        {
            "id": refund["psp_refund_id"],
            "object": "refund",
            "status": "failed",
            "amount": 500,
            "currency": "eur",
            "failure_reason": "expired_or_canceled_card",
            "metadata": {},
        },
    )

    assert (await books.read(refund["payment_id"]))["amount_refunded"] == 0
