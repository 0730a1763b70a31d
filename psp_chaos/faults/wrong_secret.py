"""A webhook is signed with a secret that is not the endpoint's."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.secret import stranger_secret
from psp_chaos.faults.verdicts import Distort, Distortion


class WrongSecret(DeliveryFault):
    """Sign the true event with another secret, as after a rotation that one side has not heard of."""

    kind: ClassVar[str] = "wrong-secret"
    entitlement: ClassVar[str] = (
        "Whoever refuses it gets it again, rightly signed once the tries that are not are over; "
        "the object tells the truth when it is retrieved."
    )

    tries: Annotated[int, Field(ge=1)] | None = 1
    """How many tries are signed wrongly; null: all."""

    def verdict(self, random: Random, /) -> Distort:
        """Sign it wrongly."""
        return Distort(distortion=Distortion(secret=stranger_secret(random), tries=self.tries))
