"""What the PSP said about one object of its own, in our words.

There are three ends and two ways of not knowing. A timeout, a dropped connection, a 5xx, a 409, a 429 and an
unreadable answer are all *unknown*: the money may have moved, so nobody may call it failed.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.money import Money


class OutcomeKind(StrEnum):
    """The PSP's word, reduced to what can be acted on."""

    SUCCEEDED = "succeeded"  # the money moved
    FAILED = "failed"  # it will not move
    PENDING = "pending"  # the PSP knows the object and has not decided
    REFUSED = "refused"  # this request was not even tried; an earlier one may have been
    UNKNOWN = "unknown"  # no word, or none that can be trusted


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One answer, or one event, of the PSP."""

    kind: OutcomeKind
    psp_id: str | None = None  # the PSP's id of the payment or refund
    money: Money | None = None  # what the PSP says the object is worth
    reason: str | None = None  # why it failed, or why nothing is known
    retry_after_s: int | None = None  # the PSP asked to be left alone for so long

    def __post_init__(self) -> None:
        """Refuse a success without proof: it must name the object and the money."""
        if self.kind is OutcomeKind.SUCCEEDED:
            assert self.psp_id is not None
            assert self.money is not None

    def judged(self, *, first_try: bool) -> "Outcome":
        """Turn a refusal into what it proves.

        A request that was refused before it was tried settles the attempt only if no other request went before it:
        after a lost answer, the earlier request may have moved the money.
        """
        if self.kind is not OutcomeKind.REFUSED:
            return self
        return replace(self, kind=OutcomeKind.FAILED if first_try else OutcomeKind.UNKNOWN)

    @property
    def is_final(self) -> bool:
        """Tell whether the PSP has decided."""
        return self.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.FAILED)


def unknown(reason: str, *, retry_after_s: int | None = None) -> Outcome:
    """Return the outcome of which nothing is known."""
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=reason, retry_after_s=retry_after_s)
