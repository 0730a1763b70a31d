"""Idempotency keys: what was first asked with a key, and what was answered.

Stripe's rules (docs.stripe.com/api/idempotent_requests): a key belongs to one request; once execution has begun its
answer is remembered whatever it was, errors included; a request that was refused before that is not remembered. A key
is forgotten after the retention and then starts anew. Other providers differ as their profile says.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psp_chaos.answers import Answer
from psp_chaos.errors import KeyInUse, KeyReused
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock
from psp_chaos.profiles import Profile

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What was answered to the first request with a key."""

    fingerprint: str  # of that request
    claimed_at_us: int
    answer: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A key in use, by one request that executes."""

    key: str | None  # None: nobody can find it
    fingerprint: str  # of the request that claimed the key
    claimed_at_us: int
    keys: "IdempotencyKeys"

    def remember(self, answer: Answer) -> None:
        """Make this the answer to every repetition; call it in the same breath as the effect."""
        self.keys.keep(self, answer)


class IdempotencyKeys:
    """The keys of one realm."""

    def __init__(self, *, clock: Clock, archive: Archive, profile: Profile, retention_s: float | None) -> None:
        """Take the archive's keys; without a retention they last as long as the profile says."""
        self._clock = clock
        self._profile = profile
        self._retention_us = _microseconds(profile.retention_s if retention_s is None else retention_s)
        self._claims: dict[str, Claim] = {}
        self._remembered = archive.shelf("keys", Remembered)

    def recall(self, key: str, *, fingerprint: str) -> Answer | None:
        """Return the remembered answer, or None if the key is free.

        Raises:
            KeyReused: The key was first used with another request.
            KeyInUse: The first request with this key has not been answered yet.
        """
        self._forget_old_answers()
        first = self._claims.get(key) or self._remembered.get(key)
        if first is None:
            return None
        if first.fingerprint != fingerprint:
            raise KeyReused
        if isinstance(first, Claim):
            raise KeyInUse
        return first.answer

    def forget(self, key: str, *, older_than_s: float) -> bool:
        """Forget a key that was first used so long ago, and tell whether there was one."""
        first = self._remembered.get(key)
        if first is None or first.claimed_at_us > self._clock.now_us() - _microseconds(older_than_s):
            return False
        del self._remembered[key]
        return True

    def is_busy(self, key: str) -> bool:
        """Tell whether a request with this key is under way."""
        return key in self._claims

    def is_known(self, key: str) -> bool:
        """Tell whether somebody uses the key or has used it."""
        return key in self._claims or key in self._remembered

    @contextmanager
    def claim(self, key: str | None, *, fingerprint: str) -> Iterator[Claim]:
        """Hold a free key while its request executes; a request that ends without an answer gives it back.

        A request without a key gets a claim that nobody can find.
        """
        claim = Claim(key=key, fingerprint=fingerprint, claimed_at_us=self._clock.now_us(), keys=self)
        if key is not None:
            assert not self.is_known(key), f"{key} is not free"
            self._claims[key] = claim
        try:
            yield claim
        finally:
            if key is not None and self._claims.get(key) is claim:
                del self._claims[key]

    def keep(self, claim: Claim, answer: Answer) -> None:
        """End a claim with its answer, as far as the profile remembers such answers."""
        if claim.key is None:
            return
        assert self._claims.get(claim.key) is claim, "a request has one answer"
        del self._claims[claim.key]
        if not answer.refused or self._profile.remembers == "everything":
            self._remembered[claim.key] = Remembered(
                fingerprint=claim.fingerprint, claimed_at_us=claim.claimed_at_us, answer=answer
            )

    def _forget_old_answers(self) -> None:
        horizon_us = self._clock.now_us() - self._retention_us
        oldest_first = self._remembered.items()
        old = list(itertools.takewhile(lambda item: item[1].claimed_at_us <= horizon_us, oldest_first))
        for key, _ in old:
            del self._remembered[key]


def _microseconds(seconds: float) -> int:
    return round(seconds * MICROSECONDS_PER_SECOND)
