"""The PSP does what was asked and answers an error."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault
from psp_chaos.faults.verdicts import AnswerError


class ErrorAfter(ExecutionFault):
    """Answer an error after the effect; the error is remembered under the key and replayed."""

    kind: ClassVar[str] = "error-after"
    entitlement: ClassVar[str] = (
        "The effect is visible when the object is retrieved or listed, and its webhook is sent; "
        "repeating the request only repeats the error until the key is forgotten."
    )

    status: Literal[500, 503] = 500
    """The status of the answer."""

    def verdict(self, _random: Random, /) -> AnswerError:
        """Answer the error."""
        return AnswerError(status=self.status)
