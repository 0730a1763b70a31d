"""What the PSP can be told when it starts.

The model is plain: it reads no environment, so that a simulated PSP is what its
creator said and nothing else. `main` derives the variant that reads variables.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from psp_chaos.spans import Seconds, Span

RETRY_SCHEDULE_S = tuple(60.0 * 2**retry for retry in range(12))
"""Stripe retries for up to three days with exponential back-off: twelve doublings of a minute last 68 hours."""


class PresetEndpoint(BaseModel):
    """A webhook endpoint that exists from the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    secret: str = Field(min_length=1)
    enabled_events: tuple[str, ...] = ("*",)


class PspSettings(BaseModel):
    """One merchant's account with the provider, and how the provider works when nothing is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_key: str = Field(default="sk_test_paystorm", min_length=1)
    control_token: str = Field(default="control_paystorm", min_length=1)
    webhook_endpoints: tuple[PresetEndpoint, ...] = ()
    webhook_retry_schedule_s: tuple[Seconds, ...] = RETRY_SCHEDULE_S  # pauses between one try and the next
    webhook_timeout_s: Annotated[float, Field(gt=0)] = 20  # for the whole exchange
    idempotency_retention_s: Seconds = 86_400  # Stripe may forget a key after 24 hours
    latency_s: Span = (0, 0)  # how long the PSP thinks about a request
    asynchronous_share: Annotated[float, Field(ge=0, le=1)] = 0  # of the payments, decided after the answer
    asynchronous_s: Span = (5, 60)  # how long such a payment stays pending
    refund_settlement_s: Span = (5, 60)  # how long a refund that is not settled at once takes
    strict_parameters: bool = False  # refuse parameters that this PSP does not know, as Stripe does
    body_bytes_max: Annotated[int, Field(gt=0)] = 65_536
