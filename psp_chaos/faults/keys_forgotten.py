"""The PSP forgets idempotency keys while they are still in use."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import RecallFault, Unsurvivable
from psp_chaos.faults.verdicts import Forget
from psp_chaos.spans import Seconds


class KeysForgotten(RecallFault):
    """Execute a repetition as if nobody had used its key before, if its first use was long enough ago."""

    kind: ClassVar[str] = "keys-forgotten"
    entitlement: ClassVar[str] = (
        "A repetition within the retention gets the first answer. Whoever repeats later has to look first whether the "
        "object is listed, or may pay twice."
    )
    unsurvivable: ClassVar[Unsurvivable | None] = Unsurvivable.REPEATED_EFFECT

    retention_s: Seconds = 3_600
    """How long a key is remembered; Stripe promises a day at least."""

    def verdict(self, _random: Random, /) -> Forget:
        """Forget the key if it is old enough."""
        return Forget(older_than_s=self.retention_s)
