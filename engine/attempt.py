"""An attempt is one try at the PSP with a PSP idempotency key of its own, for a capture or for a refund.

The row with its key is committed before the PSP is called, and the key never changes, so a repeat can never move
money twice while the PSP remembers the key. Whoever works on an attempt holds its lease; `tries` grows with every
claim and so tells a late writer that somebody else has taken over (a fencing token).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.lifecycle import AttemptState


class AttemptKind(StrEnum):
    """What an attempt asks of the PSP."""

    CAPTURE = "capture"
    REFUND = "refund"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try at the PSP, however many requests it takes to learn its outcome."""

    id: str
    payment_id: str
    refund_id: str | None  # set exactly when kind is refund
    kind: AttemptKind
    psp_key: str  # the Idempotency-Key of every create request of this attempt
    psp_id: str | None  # the PSP's id of what it created, once we have heard it
    state: AttemptState
    tries: int  # how often it was claimed; also the fencing token
    created_at_us: int
    first_sent_at_us: int | None  # the PSP remembers the key from about here on
    settled_at_us: int | None
    due_at_us: int | None  # when the worker looks at it; None once settled
    lease_until_us: int | None  # nobody else touches it before

    @property
    def is_settled(self) -> bool:
        """Tell whether the PSP has decided this attempt."""
        return self.state in (AttemptState.SUCCEEDED, AttemptState.FAILED)

    def is_free(self, *, now_us: int) -> bool:
        """Tell whether nobody works on it."""
        return self.lease_until_us is None or self.lease_until_us <= now_us

    def is_due(self, *, now_us: int) -> bool:
        """Tell whether the worker shall look at it now."""
        return not self.is_settled and self.due_at_us is not None and self.due_at_us <= now_us

    def claimed(self, *, now_us: int, lease_us: int) -> "Attempt":
        """Return it as it must be stored before the PSP is called."""
        assert not self.is_settled
        first_sent_at_us = now_us if self.first_sent_at_us is None else self.first_sent_at_us
        return replace(
            self,
            state=AttemptState.SENT,
            tries=self.tries + 1,
            first_sent_at_us=first_sent_at_us,
            lease_until_us=now_us + lease_us,
        )

    def postponed(self, *, due_at_us: int) -> "Attempt":
        """Release it until later."""
        assert not self.is_settled
        return replace(self, due_at_us=due_at_us, lease_until_us=None)

    def settled(self, *, state: AttemptState, psp_id: str | None, at_us: int) -> "Attempt":
        """Close it with the PSP's word."""
        assert not self.is_settled
        return replace(
            self, state=state, psp_id=psp_id or self.psp_id, settled_at_us=at_us, due_at_us=None, lease_until_us=None
        )


def unsent(
    attempt_id: str, *, payment_id: str, refund_id: str | None, psp_key: str, created_at_us: int, due_at_us: int
) -> Attempt:
    """Return a new attempt: for the refund if there is one, else for the capture."""
    return Attempt(
        id=attempt_id,
        payment_id=payment_id,
        refund_id=refund_id,
        kind=AttemptKind.CAPTURE if refund_id is None else AttemptKind.REFUND,
        psp_key=psp_key,
        psp_id=None,
        state=AttemptState.UNSENT,
        tries=0,
        created_at_us=created_at_us,
        first_sent_at_us=None,
        settled_at_us=None,
        due_at_us=due_at_us,
        lease_until_us=None,
    )
