"""A refund is refused for a reason that is not ours."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Refuse

type Code = Literal["balance_insufficient", "charge_disputed"]

MESSAGES: Mapping[Code, str] = {
    "balance_insufficient": "Your balance does not cover this refund.",
    "charge_disputed": "The customer disputes this charge, so it cannot be refunded.",
}


class RefundRefused(ExecutionFault):
    """Answer 400; nothing has happened, and the refusal is remembered under the key."""

    kind: ClassVar[str] = "refund-refused"
    entitlement: ClassVar[str] = "No refund exists, and none will come of this request; another key may try again."

    code: Code = "balance_insufficient"
    """What is said to be the matter."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only refunds."""
        return occasion.is_refund

    def verdict(self, _random: Random, /) -> Refuse:
        """Refuse it."""
        return Refuse(message=MESSAGES[self.code], code=self.code)
