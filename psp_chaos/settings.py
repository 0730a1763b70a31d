"""What the PSP can be told when it starts.

The model is plain: it reads no environment, so that a simulated PSP is what its
creator said and nothing else. `main` derives the variant that reads variables.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from psp_chaos.spans import Seconds, Span

DAY_S = 86_400
ACCOUNT = "acct_paystorm"

type ProfileName = Literal["stripe-v1", "adyen", "checkout", "paypal", "none"]

RETRY_SCHEDULE_S = tuple(60.0 * 2**retry for retry in range(12))
"""Stripe retries for up to three days with exponential back-off: twelve doublings of a minute last 68 hours."""


class PresetEndpoint(BaseModel):
    """A webhook endpoint that exists from the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    secret: str = Field(min_length=1)
    enabled_events: tuple[str, ...] = ("*",)


class ApiKey(BaseModel):
    """A secret key of an account; its prefix tells the mode, as in `sk_live_…` or `rk_test_…`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: str = Field(min_length=1)
    account: str = Field(default=ACCOUNT, min_length=1)
    permissions: Mapping[str, Literal["read", "write"]] | None = None  # by resource; None: everything

    @property
    def is_live(self) -> bool:
        """Tell whether this key is for real money, as far as a fake has any."""
        return "_live_" in self.secret


class PspSettings(BaseModel):
    """The accounts with the provider, and how the provider works when nothing is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_key: str = Field(default="sk_test_paystorm", min_length=1)
    api_keys: tuple[ApiKey, ...] = ()  # further ones; `secret_key` opens the first account
    control_token: str = Field(default="control_paystorm", min_length=1)
    webhook_endpoints: tuple[PresetEndpoint, ...] = ()
    webhook_retry_schedule_s: tuple[Seconds, ...] = RETRY_SCHEDULE_S  # pauses between one try and the next
    webhook_retry_jitter: Annotated[float, Field(ge=0, le=1)] = 0  # how much of a pause chance may add or take away
    webhook_timeout_s: Annotated[float, Field(gt=0)] = 20  # for the whole exchange
    webhook_hosts: tuple[str, ...] = ()  # where webhooks may go besides this machine
    endpoint_disabled_after_s: Seconds | None = 3 * DAY_S  # in which every try failed; None: never
    endpoint_failures_min: Annotated[int, Field(ge=1)] = 10  # and there were at least so many
    idempotency_profile: ProfileName = "stripe-v1"
    idempotency_retention_s: Seconds | None = None  # None: as long as the profile says
    latency_s: Span = (0, 0)  # how long the PSP thinks about a request
    asynchronous_share: Annotated[float, Field(ge=0, le=1)] = 0  # of the payments, decided after the answer
    asynchronous_s: Span = (5, 60)  # how long such a payment stays pending
    refund_settlement_s: Span = (5, 60)  # how long a refund that is not settled at once takes
    fee_basis_points: Annotated[int, Field(ge=0, le=10_000)] = 290  # of a capture
    fee_fixed_minor: Annotated[int, Field(ge=0)] = 30
    dispute_fee_minor: Annotated[int, Field(ge=0)] = 1_500
    available_after_s: Seconds = 2 * DAY_S  # from when on captured money can be paid out
    payout_every_s: Annotated[float, Field(gt=0)] | None = None  # None: only by hand
    payout_travels_s: Seconds = DAY_S
    event_retention_s: Seconds = 30 * DAY_S
    strict_parameters: bool = False  # refuse parameters that this PSP does not know, as Stripe does
    body_bytes_max: Annotated[int, Field(gt=0)] = 65_536
