"""Who is asking: a bearer key per merchant, of which only the hash is stored.

A key that was found is trusted for a while without asking the database again, so a replay costs no SQL; a key that
was not found is looked up every time.
"""

import hashlib
import re
from collections.abc import Sequence

from engine.ports import Clock
from engine.retries import SECOND_US
from service.cache import ExpiringCache
from service.problems import Problem, ProblemError
from service.store import PostgresReads

CACHED_KEYS_MAX = 1000  # a merchant has one or two keys; the rest are looked up again
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE | re.ASCII)  # RFC 6750, section 2.1


class Authenticator:
    """Finds the merchant behind an `Authorization` header."""

    def __init__(self, *, reads: PostgresReads, clock: Clock, cache_s: float) -> None:
        """Trust a key for `cache_s` after it was found."""
        self._reads = reads
        self._clock = clock
        self._cache_us = round(cache_s * SECOND_US)
        self._known: ExpiringCache[str, str] = ExpiringCache(size_max=CACHED_KEYS_MAX)

    async def merchant_id(self, authorization: Sequence[str]) -> str:
        """Return the merchant behind the `Authorization` headers, of which there must be one.

        Raises:
            ProblemError: there is no such key.
        """
        bearer = _BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
        if bearer is None:
            raise ProblemError(Problem.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        key_sha256 = key_hash(bearer[1])
        merchant_id = self._known.get(key_sha256, now_us=self._clock.now_us())
        return merchant_id or await self._looked_up(key_sha256)

    async def _looked_up(self, key_sha256: str) -> str:
        merchant_id = await self._reads.merchant_id(key_sha256=key_sha256)
        if merchant_id is None:
            raise ProblemError(Problem.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        self._known.put(key_sha256, merchant_id, expires_at_us=self._clock.now_us() + self._cache_us)
        return merchant_id


def key_hash(api_key: str) -> str:
    """Return what is stored of an API key. Keys are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()
