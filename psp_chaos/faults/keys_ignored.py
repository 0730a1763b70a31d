"""The PSP does not look at idempotency keys."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import RecallFault, Unsurvivable
from psp_chaos.faults.verdicts import Forget


class KeysIgnored(RecallFault):
    """Execute a repetition as if nobody had used its key before, even while the first request is under way."""

    kind: ClassVar[str] = "keys-ignored"
    entitlement: ClassVar[str] = (
        "None for whoever repeats: a request that was executed is executed again, and whoever got no answer cannot "
        "know whether it was. Every object that was made is listed, with the metadata of its request, so that whoever "
        "looks instead of repeating pays once."
    )
    unsurvivable: ClassVar[Unsurvivable | None] = Unsurvivable.REPEATED_EFFECT

    def verdict(self, _random: Random, /) -> Forget:
        """Forget the key, however young."""
        return Forget(older_than_s=0)
