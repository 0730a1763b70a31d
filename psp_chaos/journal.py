"""The journal: every request that came in and every webhook that went out.

A line is written when the exchange begins and filled in when it ends, so what never ended shows as such.
"""

from dataclasses import dataclass
from typing import Literal, cast

from psp_chaos.keeping.archive import Archive, Log
from psp_chaos.operations import Operation


@dataclass(kw_only=True, slots=True)
class RequestLine:
    """One request of a merchant."""

    kind: Literal["request"] = "request"
    number: int = -1  # in the journal
    account: str | None = None  # None: the request had no key of anybody
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

    kind: Literal["webhook"] = "webhook"
    number: int = -1
    account: str | None = None
    at_us: int
    ended_at_us: int | None = None
    event_id: str
    event_type: str
    object_id: str
    attempt: int  # 1 is the first try
    endpoint: str
    status: int | None = None  # None: no answer
    fault: str | None = None
    lies: tuple[str, ...] = ()  # what was not true about this very try
    signed_at_us: int | None = None  # when its signature says that it was made


type Line = RequestLine | DeliveryLine


class Journal:
    """What the PSP did, in the order in which it began."""

    def __init__(self, archive: Archive) -> None:
        self._log: Log[Line] = archive.log("journal", cast("type[Line]", Line.__value__))

    @property
    def lines(self) -> list[Line]:
        """Every line, oldest first."""
        return [line for _, line in self._log.read()]

    def read(self, *, after: int, limit: int) -> list[Line]:
        """Return some lines, oldest first, beginning behind a number."""
        return [line for _, line in self._log.read(after=after, limit=limit)]

    def __len__(self) -> int:
        """Tell how many lines there are."""
        return len(self._log)

    def begin[L: (RequestLine, DeliveryLine)](self, line: L) -> L:
        """Write a line and hand it back to be filled in."""
        line.number = len(self._log)
        self._log.append(line)
        return line

    def end(self, line: Line, *, at_us: int) -> None:
        """Write down what has become of a line."""
        line.ended_at_us = at_us
        self._log.amend(line.number, line)
