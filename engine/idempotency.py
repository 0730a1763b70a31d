"""One key, one effect, one answer (IETF draft-ietf-httpapi-idempotency-key-header-07).

The first request with a key does the work and its answer is remembered in the same transaction; every later one
with the same key and the same meaning gets that answer, and one with another meaning gets an error. A key lives in
the scope of one merchant and one route. The meaning is compared by a fingerprint of the validated request, so white
space, the order of members and spelled-out defaults do not matter.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import KeyMalformed, KeyReused

_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')
KEY_LENGTH_MAX = 255  # as at Stripe; long enough for two UUIDs and a reason


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyScope:
    """Where a key is unique."""

    merchant_id: str
    route: str  # method and path template, for example "POST /v1/payments"
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedRequest:
    """A request that must have its effect once."""

    scope: KeyScope
    fingerprint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer as it is sent and remembered, byte by byte."""

    status: int
    body: str  # JSON


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """The answer that the first request got."""

    fingerprint: str
    answer: Answer
    expires_at_us: int

    def replayed(self, fingerprint: str) -> Answer:
        """Return the first answer, if this is the same request.

        Raises:
            KeyReused: the key came with another payload.
        """
        if fingerprint != self.fingerprint:
            raise KeyReused
        return self.answer


def parse_key(header: str) -> str:
    """Return the key of an `Idempotency-Key` header; the quoted and the bare form are one key.

    The draft asks for a structured-field string (RFC 9651, section 3.3.3), most clients send the bare text.

    Raises:
        KeyMalformed: empty, too long, or not plain visible ASCII.
    """
    key = header.strip(" \t")  # what HTTP calls white space; other blanks are not ASCII and no part of a key
    quoted = _QUOTED.fullmatch(key)
    if quoted is not None:
        key = _ESCAPED.sub(r"\1", quoted["text"])
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not all("\x20" <= letter <= "\x7e" for letter in key):
        raise KeyMalformed
    return key


def fingerprint(parameters: Mapping[str, object]) -> str:
    """Return the canonical hash of a validated request: its path parameters and its body."""
    canonical = json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
