"""What a story is made of: steps, each a line to read and, where something was sent, messages to draw."""

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Whose line it is."""

    CUSTOMER = "customer"
    SERVICE = "service"
    WORKER = "worker"
    PSP = "PSP"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that happened."""

    at_us: int
    who: Who
    what: str
    is_fault: bool = False  # something was broken on purpose here


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What one sent to another in a step."""

    source: Who
    target: Who
    label: str
    is_reply: bool = False
    is_lost: bool = False  # it never arrived
    is_late: bool = False  # it was on its way for long


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A line of the story, with what there is to draw of it; without messages it happened where it stands."""

    line: Line
    messages: tuple[Message, ...] = ()
    payment_id: str | None = None  # the payment that moved here,
    state: str | None = None  # and what it became
    opens: str | None = None  # the exchange that begins here, by a name of its own
    ends: str | None = None  # the exchange that ends here
    result: str = ""  # how it ended, in the words that follow a colon
