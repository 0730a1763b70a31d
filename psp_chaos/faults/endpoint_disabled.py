"""The provider disables the endpoint."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Disable
from psp_chaos.spans import Span, draw_s


class EndpointDisabled(DeliveryFault):
    """Disable the endpoint instead of sending the event; what happens until it is enabled is never sent to it."""

    kind: ClassVar[str] = "endpoint-disabled"
    entitlement: ClassVar[str] = "The endpoint says that it is disabled, the events are listed, and objects are true."

    for_s: Span | None = (600, 3_600)
    """How long until the provider enables it again; null: the merchant must."""

    def verdict(self, random: Random, /) -> Disable:
        """Disable it."""
        return Disable(for_s=None if self.for_s is None else draw_s(self.for_s, random))
