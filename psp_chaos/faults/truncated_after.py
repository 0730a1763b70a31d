"""Half of the answer is missing."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DepartureFault
from psp_chaos.faults.verdicts import Truncate


class TruncatedAfter(DepartureFault):
    """Send the first half of the body, declared as the whole."""

    kind: ClassVar[str] = "truncated-after"
    entitlement: ClassVar[str] = "The body is not JSON, and a repetition with the same key gets the whole answer."

    def verdict(self, _random: Random, /) -> Truncate:
        """Cut the body."""
        return Truncate()
