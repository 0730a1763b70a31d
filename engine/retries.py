"""How long we wait for what: back-off with jitter, leases and retentions, all in microseconds.

Jitter keeps a crowd that failed together from coming back together; it is drawn from the randomness handed in.
"""

from dataclasses import dataclass
from random import Random

SECOND_US = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Every span of time that the engine knows."""

    dispatch_grace_us: int  # how long the fast path has before the worker sends an attempt
    lease_us: int  # how long one try may hold an attempt
    zombie_after_us: int  # when to ask about an attempt that the PSP called pending
    retry_base_us: int  # the wait after the first try
    retry_cap_us: int  # the longest wait between two tries
    retry_tries_max: int  # after so many a person is told; the tries go on at the cap
    psp_key_retention_us: int  # how long a repeat is safe; less than the PSP's own retention
    idempotency_retention_us: int  # how long our answers are remembered


def retry_wait_us(patience: Patience, *, tries: int, random: Random, retry_after_s: int | None = None) -> int:
    """Return how long to wait after so many tries: doubling, capped, the upper half of it drawn by lot.

    What the PSP asked for (`Retry-After`) is honoured up to the cap: an absurd value must not park a payment.
    """
    assert tries >= 1
    doublings = min(tries - 1, 40)  # more would only make the integer longer, never the wait
    full_us = min(patience.retry_cap_us, patience.retry_base_us << doublings)
    wait_us = full_us - int(random.random() * full_us / 2)
    asked_us = min((retry_after_s or 0) * SECOND_US, patience.retry_cap_us)
    return max(wait_us, asked_us)
