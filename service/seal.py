"""What makes a delivery believable: the headers of Standard Webhooks (https://www.standardwebhooks.com).

The signed text is `<id>.<unix seconds>.<body>`, the key is what the secret spells in base64 after `whsec_`. While a
secret is being changed there are two signatures, either of which is enough.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from engine.retries import SECOND_US

_PREFIX = "whsec_"


def seal(body: bytes, *, event_id: str, secrets: Sequence[str], at_us: int) -> dict[str, str]:
    """Return the headers that prove who sends this body, and when; a repetition has the id of the first time."""
    at_s = at_us // SECOND_US
    signed = f"{event_id}.{at_s}.".encode("ascii") + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(_signature(signed, secret) for secret in secrets),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode('ascii')}"
