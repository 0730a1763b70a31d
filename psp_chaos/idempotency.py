"""Idempotency keys: what was first asked with a key, and what was answered.

Stripe's rules (docs.stripe.com/api/idempotent_requests): a key belongs to one request; once execution has begun its
answer is remembered whatever it was, errors included; a request that was refused before that is not remembered. A key
is forgotten after the retention and then starts anew.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psp_chaos.errors import KeyInUse, KeyReused
from psp_chaos.ports import Clock

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(kw_only=True, slots=True)
class Claim[T]:
    """A key in use; it is finished when it holds an answer."""

    fingerprint: str  # of the request that claimed the key
    claimed_at_us: int
    answer: T | None = None

    def remember(self, answer: T) -> None:
        """Make this the answer to every repetition; call it in the same breath as the effect."""
        assert self.answer is None, "a request has one answer"
        self.answer = answer


class IdempotencyKeys[T]:
    """The keys of one account, oldest first."""

    def __init__(self, *, clock: Clock, retention_s: float) -> None:
        self._clock = clock
        self._retention_us = round(retention_s * MICROSECONDS_PER_SECOND)
        self._claims: dict[str, Claim[T]] = {}

    def recall(self, key: str, *, fingerprint: str) -> T | None:
        """Return the remembered answer, or None if the key is free.

        Raises:
            KeyReused: The key was first used with another request.
            KeyInUse: The first request with this key has not been answered yet.
        """
        self._forget_old_claims()
        claim = self._claims.get(key)
        if claim is None:
            return None
        if claim.fingerprint != fingerprint:
            raise KeyReused
        if claim.answer is None:
            raise KeyInUse
        return claim.answer

    @contextmanager
    def claim(self, key: str | None, *, fingerprint: str) -> Iterator[Claim[T]]:
        """Hold a free key while its request executes; a request that ends without an answer gives it back.

        A request without a key gets a claim that nobody can find.
        """
        claim = Claim[T](fingerprint=fingerprint, claimed_at_us=self._clock.now_us())
        if key is not None:
            assert key not in self._claims, f"{key} is not free"
            self._claims[key] = claim
        try:
            yield claim
        finally:
            if key is not None and claim.answer is None:
                del self._claims[key]

    def _forget_old_claims(self) -> None:
        horizon_us = self._clock.now_us() - self._retention_us
        oldest_first = self._claims.items()
        old = list(itertools.takewhile(lambda item: item[1].claimed_at_us <= horizon_us, oldest_first))
        for key, claim in old:
            if claim.answer is not None:  # a key in use is never forgotten
                del self._claims[key]
