from random import Random

import pytest

from engine.retries import Patience, retry_wait_us

PATIENCE = Patience(
    dispatch_grace_us=0,
    lease_us=0,
    zombie_after_us=0,
    retry_base_us=5_000_000,
    retry_cap_us=900_000_000,
    retry_tries_max=50,
    psp_key_retention_us=0,
    idempotency_retention_us=0,
)


@pytest.mark.parametrize(("tries", "full_s"), [(1, 5), (2, 10), (8, 640), (9, 900), (50, 900), (10_000, 900)])
def test_waits_double_up_to_the_cap_and_jitter_takes_at_most_half(tries, full_s):
    waits = [retry_wait_us(PATIENCE, tries=tries, random=Random(seed)) for seed in range(200)]

    assert min(waits) >= full_s * 500_000
    assert max(waits) <= full_s * 1_000_000
    assert len({*waits}) > 100


def test_the_same_randomness_gives_the_same_wait():
    first, second = (retry_wait_us(PATIENCE, tries=3, random=Random(1)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(("asked_s", "wait_s"), [(33, 33), (10**9, 900), (0, None), (None, None)])
def test_what_the_psp_asks_for_is_honoured_up_to_the_cap(asked_s, wait_s):
    wait_us = retry_wait_us(PATIENCE, tries=1, random=Random(1), retry_after_s=asked_s)

    assert wait_us <= 5_000_000 if wait_s is None else wait_us == wait_s * 1_000_000
