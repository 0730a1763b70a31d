"""What a fault can answer when it is asked. A verdict says what to do; others do it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerError:
    """Answer with this error instead of the truth."""

    status: int
    retry_after_s: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Cut the connection without a word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hang:
    """Say nothing for so long, then cut the connection."""

    hang_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncate:
    """Send the first half of the body as if it were all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerHtml:
    """Send a web page with status 200 in place of the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Work for so much longer."""

    delay_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Postpone:
    """Let the money move so much later, and tell the merchant nothing useful now."""

    answer: Literal["error", "drop", "hang"]
    delay_s: float
    hang_s: float  # for `hang`: how long until the connection is cut


@dataclass(frozen=True, kw_only=True, slots=True)
class Lose:
    """Never deliver the event, not even as a retry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """Deliver the event so much later."""

    delay_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Overtake:
    """Hold the event back until a later one of the same payment was delivered, or for so long at most."""

    delay_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """Deliver the event again after each of these pauses."""

    gaps_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Precede:
    """Deliver the event first and answer the request that caused it so much later."""

    hold_s: float


type ArrivalVerdict = AnswerError | Drop | Hang
type ExecutionVerdict = AnswerError | Postpone
type DepartureVerdict = Drop | Hang | Truncate | AnswerHtml
type DeliveryVerdict = Lose | Delay | Overtake | Repeat | Precede
type Verdict = ArrivalVerdict | Stretch | ExecutionVerdict | DepartureVerdict | DeliveryVerdict
