"""A service's books of any size, written by PostgreSQL itself: what a month of business leaves behind.

Triggers and foreign keys are off while the rows are written, so everything here must be right by construction; some are
other than a payment that went well. Ids look like real ones, so their indexes are as scattered.
"""

from string import Template

import asyncpg

MERCHANT = "merchant_1"
MONTH_US = 30 * 86_400 * 1_000_000

# One payment in so many went otherwise, by its number; one in ten thousand is open, and not due for another hour.
_STATE = """
    CASE WHEN n % 10000 = 5 THEN 'PROCESSING' WHEN n % 25 = 2 THEN 'FAILED' WHEN n % 33 = 1 THEN 'REFUNDED'
    ELSE 'SUCCESS' END
"""

_ROWS = """
CREATE TEMPORARY TABLE rows AS
SELECT n, state, amount, $now_us - $month_us + (n * ($month_us.0 / $count))::BIGINT AS at_us,
    CASE WHEN n % 4 = 0 THEN 'merchant_' || 2 + n % 19 ELSE '$merchant' END AS merchant_id,
    'pay_' || substr(md5('pay' || n), 1, 24) AS payment_id, 'att_' || substr(md5('att' || n), 1, 24) AS attempt_id,
    'pi_' || substr(md5('pi' || n), 1, 24) AS psp_id, 'ref_' || substr(md5('ref' || n), 1, 24) AS refund_id,
    CASE WHEN state = 'REFUNDED' THEN amount WHEN state = 'SUCCESS' AND n % 50 = 3 THEN 500 ELSE 0 END AS refunded
FROM (SELECT n, $state AS state, 1000 + n % 5000 AS amount FROM generate_series(1, $count) AS n) AS numbered
"""

_FILLING = (
    "SET session_replication_role = replica",
    """
    INSERT INTO merchants SELECT 'merchant_' || n, 'A shop' FROM generate_series(2, 20) AS n
    """,
    """
    INSERT INTO payments (id, merchant_id, order_id, amount_minor, currency, payment_method, description, metadata,
        state, failure_reason, captured_minor, refunded_minor, created_at_us, updated_at_us)
    SELECT payment_id, merchant_id, 'order-' || n, amount, 'EUR', 'pm_card_visa', NULL, '{}', state,
        CASE WHEN state = 'FAILED' THEN 'card_declined' END,
        CASE WHEN state IN ('SUCCESS', 'REFUNDED') THEN amount ELSE 0 END, refunded, at_us, at_us + 2000000
    FROM rows
    """,
    """
    INSERT INTO transitions (payment_id, sequence, from_state, to_state, reason, source, at_us)
    SELECT payment_id, sequence, from_state, to_state, 'so it went', source, at_us + sequence * 100000
    FROM rows CROSS JOIN LATERAL (VALUES
        (1, NULL, 'CREATED', 'api'), (2, 'CREATED', 'PROCESSING', 'dispatch'),
        (3, 'PROCESSING', CASE WHEN state = 'FAILED' THEN 'FAILED' ELSE 'SUCCESS' END, 'webhook'),
        (4, 'SUCCESS', 'REFUNDED', 'webhook')
    ) AS move(sequence, from_state, to_state, source)
    WHERE sequence <= CASE state WHEN 'PROCESSING' THEN 2 WHEN 'REFUNDED' THEN 4 ELSE 3 END
    """,
    """
    INSERT INTO refunds (id, payment_id, amount_minor, reason, state, psp_refund_id, created_at_us, settled_at_us)
    SELECT refund_id, payment_id, refunded, NULL, 'SUCCEEDED', 're_' || psp_id, at_us + 5000000, at_us + 6000000
    FROM rows WHERE refunded > 0
    """,
    """
    INSERT INTO attempts (id, payment_id, refund_id, kind, psp_key, psp_id, state, tries, created_at_us,
        first_sent_at_us, settled_at_us, due_at_us, lease_until_us)
    SELECT attempt_id, payment_id, NULL, 'capture', 'key_' || substr(md5('key' || n), 1, 24), psp_id,
        CASE state WHEN 'PROCESSING' THEN 'SENT' WHEN 'FAILED' THEN 'FAILED' ELSE 'SUCCEEDED' END, 1, at_us,
        at_us + 100000, CASE WHEN state <> 'PROCESSING' THEN at_us + 2000000 END,
        CASE WHEN state = 'PROCESSING' THEN $now_us + 3600000000 END, NULL::BIGINT
    FROM rows
    UNION ALL
    SELECT 'att_r' || n, payment_id, refund_id, 'refund', 'key_r' || n, 're_' || psp_id, 'SUCCEEDED', 1,
        at_us + 5000000, at_us + 5100000, at_us + 6000000, NULL, NULL
    FROM rows WHERE refunded > 0
    """,
    # As many as if all had come within the last day.
    """
    INSERT INTO idempotency_keys (merchant_id, route, key, fingerprint, status, body, created_at_us, expires_at_us)
    SELECT merchant_id, 'POST /v1/payments', 'click-' || md5('click' || n), md5('one' || n) || md5('two' || n), 202,
        repeat('x', 400), $now_us, $now_us + 86400000000
    FROM rows
    """,
    """
    INSERT INTO inbox (event_id, type, psp_object_id, payload, state, received_at_us, applied_at_us, due_at_us, tries)
    SELECT 'evt_' || substr(md5('evt' || n), 1, 24), 'payment_intent.succeeded', psp_id, repeat('x', 600), 'applied',
        at_us + 2000000, at_us + 2000000, NULL, 0
    FROM rows
    """,
    """
    INSERT INTO statement_lines (id, kind, psp_id, capture_psp_id, attempt_id, amount_minor, currency, fee_minor,
        reported_s, read_at_us, due_at_us)
    SELECT 'txn_' || substr(md5('txn' || n), 1, 24), 'capture', psp_id, NULL, attempt_id, amount, 'EUR', 30,
        at_us / 1000000, at_us + 3600000000, NULL
    FROM rows WHERE state IN ('SUCCESS', 'REFUNDED')
    """,
    """
    INSERT INTO discrepancies (id, kind, payment_id, amount_minor, currency, state, evidence, found_at_us, closed_at_us)
    SELECT 'dis_' || n, 'late-capture', payment_id, amount, 'EUR', 'repaired',
        jsonb_build_object('subject', psp_id, 'attempt_id', attempt_id), at_us, at_us + 60000000
    FROM rows WHERE n % 1000 = 2
    """,
    "DROP TABLE rows",
    "SET session_replication_role = origin",
)

# Attempts whose answers were lost: sent, unanswered, due, and nobody's.
_LOST_ANSWERS = (
    "SET session_replication_role = replica",
    """
    INSERT INTO payments (id, merchant_id, order_id, amount_minor, currency, payment_method, metadata, state,
        captured_minor, refunded_minor, created_at_us, updated_at_us)
    SELECT 'pay_lost${batch}_' || n, '$merchant', 'lost-${batch}_' || n, 1000, 'EUR', 'pm_card_visa', '{}',
        'PROCESSING', 0, 0, $now_us - 60000000, $now_us - 60000000
    FROM generate_series(1, $count) AS n
    """,
    """
    INSERT INTO transitions (payment_id, sequence, from_state, to_state, reason, source, at_us)
    SELECT 'pay_lost${batch}_' || n, sequence, from_state, to_state, 'sent', 'dispatch', $now_us - 60000000
    FROM generate_series(1, $count) AS n
    CROSS JOIN (VALUES (1, NULL, 'CREATED'), (2, 'CREATED', 'PROCESSING')) AS move(sequence, from_state, to_state)
    """,
    """
    INSERT INTO attempts (id, payment_id, kind, psp_key, state, tries, created_at_us, first_sent_at_us, due_at_us,
        lease_until_us)
    SELECT 'att_lost${batch}_' || n, 'pay_lost${batch}_' || n, 'capture', 'key_lost${batch}_' || n,
        'SENT', 1, $now_us - 60000000, $now_us - 60000000, $now_us - 30000000 + n, $now_us - 30000000
    FROM generate_series(1, $count) AS n
    """,
    "SET session_replication_role = origin",
)


async def fill(connection: asyncpg.Connection, *, payments: int, now_us: int) -> None:
    """Write the books of so many payments into an empty schema, and let PostgreSQL look at them."""
    if payments:
        await connection.execute("SET work_mem = '256MB'")
        await _run(connection, (_ROWS, *_FILLING), count=payments, now_us=now_us)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")


async def lose_answers(connection: asyncpg.Connection, *, count: int, now_us: int, batch: int) -> None:
    """Write so many payments about which the PSP has to be asked again; each batch is named apart."""
    await _run(connection, _LOST_ANSWERS, count=count, now_us=now_us, batch=batch)


async def _run(connection: asyncpg.Connection, statements: tuple[str, ...], **numbers: int) -> None:
    words = {**numbers, "state": _STATE, "merchant": MERCHANT, "month_us": MONTH_US}
    for statement in statements:
        await connection.execute(Template(statement).substitute(words))
