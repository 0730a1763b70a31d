"""The journal: every request that came in and every webhook that went out.

A line is written when the exchange begins and filled in when it ends, so what never ended shows as such.
"""

from dataclasses import dataclass, field

from psp_chaos.operations import Operation


@dataclass(kw_only=True, slots=True)
class RequestLine:
    """One request of a merchant."""

    at_us: int
    ended_at_us: int | None = None
    request_id: str
    operation: Operation
    idempotency_key: str | None
    object_id: str | None = None  # the payment, refund or other object it was about
    status: int | None = None  # None: never answered
    replayed: bool = False
    fault: str | None = None  # the one that shaped the answer


@dataclass(kw_only=True, slots=True)
class DeliveryLine:
    """One try to deliver an event to an endpoint."""

    at_us: int
    ended_at_us: int | None = None
    event_id: str
    event_type: str
    object_id: str
    attempt: int  # 1 is the first try
    endpoint: str
    status: int | None = None  # None: no answer
    fault: str | None = None


@dataclass(kw_only=True, slots=True)
class Journal:
    """What the PSP did, in the order in which it began."""

    lines: list[RequestLine | DeliveryLine] = field(default_factory=list)

    def begin[L: (RequestLine, DeliveryLine)](self, line: L) -> L:
        """Write a line and hand it back to be filled in."""
        self.lines.append(line)
        return line
