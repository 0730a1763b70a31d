"""The PSP has had enough of us for the moment."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from psp_chaos.faults.fault import ArrivalFault
from psp_chaos.faults.verdicts import AnswerError


class RateLimit(ArrivalFault):
    """Answer 429; nothing has happened and nothing is remembered.

    Stripe's SDK does not repeat a 429 by itself, unless `Stripe-Should-Retry` tells it to.
    """

    kind: ClassVar[str] = "rate-limit"
    entitlement: ClassVar[str] = "A repetition with the same key is executed as if it were the first request."

    code: Literal["rate_limit", "lock_timeout"] = "rate_limit"
    """What is said to be the matter: too many requests, or another request that holds the same object."""

    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    """What `Retry-After` says; without it, there is no such header."""

    should_retry: bool | None = None
    """What `Stripe-Should-Retry` says; without it, there is no such header."""

    def verdict(self, _random: Random, /) -> AnswerError:
        """Answer the error."""
        return AnswerError(status=429, code=self.code, retry_after_s=self.retry_after_s, should_retry=self.should_retry)
