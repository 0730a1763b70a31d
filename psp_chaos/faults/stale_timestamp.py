"""A webhook carries a signature that is too old."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Distort, Distortion
from psp_chaos.spans import Span, draw_s


class StaleTimestamp(DeliveryFault):
    """Send the event with a signature that was made long ago, as somebody would who replays what was overheard."""

    kind: ClassVar[str] = "stale-timestamp"
    entitlement: ClassVar[str] = (
        "Whoever refuses it gets it again, freshly signed once the tries that are not are over."
    )

    age_s: Span = (301, 86_400)
    """How old the signature is; the official libraries refuse what is older than 300 seconds."""

    tries: Annotated[int, Field(ge=1)] | None = 1
    """How many tries are signed so; null: all."""

    def verdict(self, random: Random, /) -> Distort:
        """Sign it in the past."""
        return Distort(distortion=Distortion(signature_age_s=draw_s(self.age_s, random), tries=self.tries))
