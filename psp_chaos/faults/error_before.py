"""The PSP answers an error and has done nothing."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from psp_chaos.faults.fault import ArrivalFault
from psp_chaos.faults.verdicts import AnswerError


class ErrorBefore(ArrivalFault):
    """Answer 500, 503 or 429; nothing has happened and nothing is remembered."""

    kind: ClassVar[str] = "error-before"
    entitlement: ClassVar[str] = "A repetition with the same key is executed as if it were the first request."

    status: Literal[429, 500, 503] = 503
    """The status of the answer."""

    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    """What `Retry-After` says; without it, there is no such header."""

    should_retry: bool | None = None
    """What `Stripe-Should-Retry` says; without it, there is no such header."""

    def verdict(self, _random: Random, /) -> AnswerError:
        """Answer the error."""
        return AnswerError(status=self.status, retry_after_s=self.retry_after_s, should_retry=self.should_retry)
