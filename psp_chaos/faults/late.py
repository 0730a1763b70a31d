"""A webhook arrives late."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Delay
from psp_chaos.spans import Span, draw_s


class Late(DeliveryFault):
    """Send the event after a delay, signed at that time."""

    kind: ClassVar[str] = "late"
    entitlement: ClassVar[str] = "The signature is fresh when the event arrives; only its content is old."

    delay_s: Span = (60, 3_600)
    """How long the event waits; a month is longer than events can be retrieved."""

    def verdict(self, random: Random, /) -> Delay:
        """Delay the event."""
        return Delay(delay_s=draw_s(self.delay_s, random))
