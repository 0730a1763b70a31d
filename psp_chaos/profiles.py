"""How providers treat idempotency keys, as data: what is remembered, for how long, and what a misuse is answered.

Sources: docs.stripe.com/api/idempotent_requests, docs.adyen.com/development-resources/api-idempotency,
www.checkout.com/docs/payments/manage-payments/idempotency, developer.paypal.com/api/rest/reference/idempotency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

DAY_S = 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One provider's rules."""

    has_keys: bool = True  # False: a key is just a header
    retention_s: float = DAY_S
    remembers: Literal["everything", "successes"] = "everything"  # once execution has begun
    replays: Literal["first", "current"] = "first"  # what a repetition is told: the first answer, or how it stands now
    reused_status: int = HTTPStatus.BAD_REQUEST  # to another request with the same key
    busy_status: int = HTTPStatus.CONFLICT  # while the first request is under way
    busy_code: str = "idempotency_key_in_use"
    busy_headers: Mapping[str, str] | None = None


PROFILES: Mapping[str, Profile] = {
    "stripe-v1": Profile(),
    "adyen": Profile(
        retention_s=7 * DAY_S,
        reused_status=HTTPStatus.UNPROCESSABLE_ENTITY,
        busy_code="704",
        busy_headers={"transient-error": "true"},
    ),
    "checkout": Profile(remembers="successes"),
    "paypal": Profile(retention_s=45 * DAY_S, replays="current", reused_status=HTTPStatus.UNPROCESSABLE_ENTITY),
    "none": Profile(has_keys=False),
}
