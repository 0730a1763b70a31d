"""The `Stripe-Signature` header (docs.stripe.com/webhooks, "Verify webhook signatures manually")."""

import hashlib
import hmac


def signature_header(body: bytes, *, secret: str, at_s: int) -> str:
    """Sign a body as of this second; the secret is used as it is spelled, prefix included."""
    signature = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={signature}"
