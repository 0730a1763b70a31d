"""The signature of a webhook, verified over the raw bytes before anything else looks at them.

The header is `t=<unix seconds>,v1=<hex>[,v1=<hex>…]`; the signed text is `<t>.<body>`, the key is the endpoint's
secret as it is written (https://docs.stripe.com/webhooks/signature). Several v1 appear while a secret is rotated.
Unlike Stripe's SDK, a timestamp from the future is refused too: it would stay valid until that future had passed.
"""

import hashlib
import hmac
from dataclasses import dataclass

from engine.retries import SECOND_US
from service.errors import SignatureRefused


@dataclass(frozen=True, kw_only=True, slots=True)
class SignatureCheck:
    """What a webhook must prove."""

    secret: str
    tolerance_s: float

    def verify(self, header: str | None, body: bytes, *, now_us: int) -> None:
        """Return if the sender knows the secret and signed just now.

        Raises:
            SignatureRefused: for any other reason, without saying which to whom.
        """
        signed_at_s, given = _parsed(header or "")
        if abs(now_us - signed_at_s * SECOND_US) > self.tolerance_s * SECOND_US:
            raise SignatureRefused("the signature is too old or from the future")
        expected = self._expected(signed_at_s, body)
        # Each comparison takes the same time wherever it fails; how many there are is the sender's own choice.
        if not any(hmac.compare_digest(expected, one) for one in given):
            raise SignatureRefused("no signature matches")

    def _expected(self, signed_at_s: int, body: bytes) -> bytes:
        signed = f"{signed_at_s}.".encode("ascii") + body
        return hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest().encode("ascii")


def _parsed(header: str) -> tuple[int, list[bytes]]:
    """Return the time and the v1 signatures of a header."""
    times: list[str] = []
    signatures: list[bytes] = []
    for part in header.split(",", _PARTS_MAX):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value.encode("utf-8", "surrogatepass"))
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or not signatures:
        raise SignatureRefused("the header is not t=…,v1=…")
    if len(times[0]) > _TIME_DIGITS_MAX:
        raise SignatureRefused("the signature is too old or from the future")
    return int(times[0]), signatures


_TIME_DIGITS_MAX = 12  # enough until the year 33658
_PARTS_MAX = 100  # what a secret's rotation adds are a few; the rest is one part that matches nothing
