"""The PSP's statement: what it reports about the movements of money, line by line.

A statement is a report and not the truth. Its lines come late, twice, altered or never, so a line is a reason to ask
and never a word that settles anything. The PSP counts in whole seconds, UTC; a window of the statement takes in its
first second and leaves out its last, so that two windows that touch have no second in common and miss none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.attempt import AttemptKind
from engine.money import Money
from engine.retries import SECOND_US

CLOCK_SLACK_US = 3600 * SECOND_US  # how far clocks may be apart: ours among each other, and ours and the PSP's


class LineKind(StrEnum):
    """Why a line says that money moved; the first words of captures and refunds are those of `AttemptKind`."""

    CAPTURE = "capture"
    CAPTURE_REVERSAL = "capture_reversal"  # the bank took a capture back
    REFUND = "refund"
    REFUND_REVERSAL = "refund_reversal"  # a refund did not arrive, so its money came back
    OTHER = "other"  # a payout, a dispute, a fee: nothing that an attempt of ours did


_SPEAKS_OF = {
    LineKind.CAPTURE: AttemptKind.CAPTURE,
    LineKind.CAPTURE_REVERSAL: AttemptKind.CAPTURE,
    LineKind.REFUND: AttemptKind.REFUND,
    LineKind.REFUND_REVERSAL: AttemptKind.REFUND,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """One line, in our words."""

    id: str
    kind: LineKind
    psp_id: str | None  # the PSP's payment or refund whose money moved; None: neither
    capture_psp_id: str | None  # of a refund: the PSP's payment that it gives back
    attempt_id: str | None  # our reference, from that object's metadata
    money: Money  # signed as the PSP signs it: what leaves the balance is negative
    fee_minor: int
    reported_s: int  # when the PSP says that it happened, in seconds since the epoch

    @property
    def speaks_of(self) -> AttemptKind | None:
        """Return what kind of object of the PSP it is about, or None if it is none of our business."""
        return None if self.psp_id is None else _SPEAKS_OF.get(self.kind)

    def is_same_as(self, other: "StatementLine") -> bool:
        """Tell whether both say the same about the money; our reference may be added to an object later."""
        return replace(self, attempt_id=None) == replace(other, attempt_id=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A part of the statement, in whole seconds since the epoch."""

    from_s: int  # inclusive
    until_s: int  # exclusive


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementPage:
    """Some lines of a window, newest first; how many is the PSP's choice."""

    lines: Sequence[StatementLine]
    next_after: str | None  # the line after which the next page begins; None: the window has been read to its end


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """How often the statement is read and what is waited for."""

    period_us: int  # between two readings
    lookback_us: int  # how much of the past is read again; at least `delay_max_us`
    delay_max_us: int  # how late a line may come; after that it is missing
    orphan_after_us: int  # how long a line may be nobody's before a person is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the statement has been read and compared; one row, held by one reader at a time."""

    covered_until_us: int  # everything that the PSP reported before was read
    compared_until_us: int  # everything that our books settled before had its line, or was put on record
    due_at_us: int
    lease_until_us: int | None
    tries: int  # how often it was claimed; also the fencing token
    failures: int  # readings that broke off since the last one that did not

    def is_due(self, *, now_us: int) -> bool:
        """Tell whether it is time to read."""
        return self.due_at_us <= now_us

    def is_free(self, *, now_us: int) -> bool:
        """Tell whether nobody is reading."""
        return self.lease_until_us is None or self.lease_until_us <= now_us

    def claimed(self, *, now_us: int, lease_us: int) -> "Progress":
        """Return it as it must be stored before the PSP is asked."""
        return replace(self, tries=self.tries + 1, lease_until_us=now_us + lease_us)

    def renewed(self, *, now_us: int, lease_us: int) -> "Progress":
        """Return it with a lease that begins now, still in the same hands."""
        return replace(self, lease_until_us=now_us + lease_us)

    def window(self, rhythm: Rhythm, *, now_us: int, since_us: int | None = None) -> Window:
        """Return what to read now: from the mark, less the look-back, until the second that is not over yet."""
        from_us = self.covered_until_us - rhythm.lookback_us if since_us is None else since_us
        return Window(from_s=max(0, from_us // SECOND_US), until_s=max(0, now_us // SECOND_US))

    def read(self, window: Window) -> "Progress":
        """Return it after a window was read to its end; a slow clock does not move the mark back."""
        return replace(self, covered_until_us=max(self.covered_until_us, window.until_s * SECOND_US))

    def compared(self, *, until_us: int) -> "Progress":
        """Return it after our books were held against the lines up to here."""
        return replace(self, compared_until_us=max(self.compared_until_us, until_us))

    def released(self, *, due_at_us: int, has_failed: bool) -> "Progress":
        """Return it until the next reading."""
        failures = self.failures + 1 if has_failed else 0
        return replace(self, due_at_us=due_at_us, lease_until_us=None, failures=failures)


def beginning(*, at_us: int) -> Progress:
    """Return the progress of books whose first attempt was settled then: what was before is not our business."""
    return Progress(
        covered_until_us=at_us, compared_until_us=at_us, due_at_us=at_us, lease_until_us=None, tries=0, failures=0
    )
