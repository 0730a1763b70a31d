"""What must never be false is refused by the database itself, whoever asks."""

import pytest
from sqlalchemy.exc import IntegrityError


async def _refuses(bench, statement):
    with pytest.raises(IntegrityError):
        await bench.run_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET state = 'DONE'",
        "UPDATE payments SET refunded_minor = captured_minor + 1",
        "UPDATE payments SET refunded_minor = -1",
        "UPDATE payments SET captured_minor = amount_minor + 1",
        "UPDATE payments SET captured_minor = 0",
        "UPDATE payments SET state = 'FAILED'",
        "INSERT INTO transitions VALUES ('pay_000001', 4, 'SUCCESS', 'FAILED', 'x', 'api', 0)",
        "INSERT INTO transitions VALUES ('pay_000001', 4, 'FAILED', 'SUCCESS', 'x', 'api', 0)",
        "INSERT INTO transitions VALUES ('pay_000001', 4, NULL, 'SUCCESS', 'x', 'api', 0)",
        "INSERT INTO transitions VALUES ('pay_000001', 3, 'SUCCESS', 'REFUNDED', 'x', 'api', 0)",
        "INSERT INTO transitions VALUES ('pay_000001', 4, 'SUCCESS', 'REFUNDED', 'x', 'cron', 0)",
        "UPDATE attempts SET kind = 'refund'",
        "UPDATE attempts SET due_at_us = 5",
        "UPDATE attempts SET state = 'SENT'",
    ],
)
async def test_the_database_refuses_what_must_not_be(bench, statement):
    await bench.pay()

    await _refuses(bench, statement)


async def test_a_payment_has_one_capture_attempt(bench):
    await bench.pay()

    await _refuses(
        bench,
        "INSERT INTO attempts SELECT 'att_2', payment_id, NULL, 'capture', 'key_2', NULL, 'UNSENT', 0, 0, NULL, NULL, 0"
        " FROM attempts",
    )


async def test_the_export_is_complete_and_in_order(bench):
    for number in range(3):
        await bench.pay(key=f"key-{number}")

    books = await bench.books()

    assert list(books) == [
        "payments",
        "transitions",
        "attempts",
        "refunds",
        "inbox",
        "idempotency_keys",
        "discrepancies",
    ]
    assert [(one["payment_id"], one["sequence"]) for one in books["transitions"]] == sorted(
        (one["payment_id"], one["sequence"]) for one in books["transitions"]
    )
    assert "body" not in books["idempotency_keys"][0]
    assert books["payments"][0]["metadata"] == {}
