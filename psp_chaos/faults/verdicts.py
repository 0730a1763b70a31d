"""What a fault can answer when it is asked. A verdict says what to do; others do it."""

from dataclasses import dataclass
from typing import Literal

from psp_chaos.records import RefundCourse


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerError:
    """Answer with this error instead of the truth."""

    status: int
    code: str | None = None
    retry_after_s: int | None = None  # what Retry-After says; None: no such header
    should_retry: bool | None = None  # what Stripe-Should-Retry says; None: no such header


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Cut the connection without a word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hang:
    """Say nothing for so long, then cut the connection."""

    hang_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Linger:
    """Keep the finished answer back for so long."""

    delay_s: float


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

    answer: Literal["error", "drop", "hang", "truth"]
    delay_s: float
    hang_s: float = 0  # for `hang`: how long until the connection is cut
    is_rolled_back: bool = False  # the money never moves; the payment is given up then


@dataclass(frozen=True, kw_only=True, slots=True)
class Misdirect:
    """Let a refund take another course than its instrument's."""

    course: RefundCourse
    delay_s: float
    pending_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """Refuse the request in the provider's own words; nothing has happened, and the refusal is remembered."""

    message: str
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Forget:
    """Treat an idempotency key that was first used so long ago as if nobody had ever used it."""

    older_than_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortenPage:
    """Show fewer rows on a page than were asked for."""

    rows_max: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HideNewest:
    """Leave out of lists and searches what was created less than so long ago."""

    younger_than_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowPast:
    """Show an object as it was so long ago."""

    age_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OmitLine:
    """Leave a movement out of the settlement report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DoubleLine:
    """Report a movement twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlterLine:
    """Report a movement with an amount that is so much larger."""

    by_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DelayLine:
    """Report a movement so much later."""

    delay_s: float


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Distortion:
    """How a delivery differs from what it should be; what is left out is as it should be."""

    tries: int | None = None  # so many of them are distorted; None: all
    secret: str | None = None  # signs in place of the endpoint's
    signature_age_s: float = 0
    account: str | None = None  # whose event it claims to be
    is_other_mode: bool = False  # live where it should be test, or the reverse
    by_minor: int = 0  # what is added to its amounts
    claims_success: bool = False  # it says that the money has moved, whatever the truth is


UNDISTORTED = Distortion()


@dataclass(frozen=True, kw_only=True, slots=True)
class Distort:
    """Deliver the event distorted."""

    distortion: Distortion


@dataclass(frozen=True, kw_only=True, slots=True)
class Insert:
    """Deliver the event, and besides it an invented one, once."""

    distortion: Distortion
    about_unknown: bool  # a payment that nobody knows; so it is too where the claim would be true


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    """Deliver the event, and so much later a second one about the same change."""

    gap_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PileUp:
    """Let the event wait until an outage has ended, and then deliver it so many times together with all others."""

    outage_s: float  # how long the outage lasts, if none is going on
    copies: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Disable:
    """Disable the endpoint instead of delivering the event."""

    for_s: float | None  # None: until somebody enables it


type ContactVerdict = Drop
type ArrivalVerdict = AnswerError | Drop | Hang
type RecallVerdict = Forget
type ExecutionVerdict = AnswerError | Postpone | Misdirect | Refuse
type DepartureVerdict = Drop | Hang | Linger | Truncate | AnswerHtml
type DeliveryVerdict = Lose | Delay | Overtake | Repeat | Precede | Distort | Insert | Twin | PileUp | Disable
type ReadingVerdict = ShortenPage | HideNewest | ShowPast
type SettlementVerdict = OmitLine | DoubleLine | AlterLine | DelayLine
type Verdict = (
    ContactVerdict
    | ArrivalVerdict
    | RecallVerdict
    | Stretch
    | ExecutionVerdict
    | DepartureVerdict
    | DeliveryVerdict
    | ReadingVerdict
    | SettlementVerdict
)
