"""What crosses the network, and what may become of it on the way.

A message stands for everything that goes in one direction at one time. TCP is between it and the programs: what gets
lost is transmitted again, and what the programs see of it is that it comes late, or a broken connection.
"""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from scenarios.virtual.asgi import Answer, Request
from scenarios.virtual.errors import ConnectionFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Who asks whom; what comes back crosses the same link."""

    source: str  # a party, such as `customer/7`
    target: str  # a host
    kind: str  # of the source: its name up to the first slash
    random: Random  # of this link alone

    def __str__(self) -> str:
        return f"{self.source}->{self.target}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One crossing of the network."""

    link: Link
    request: Request  # the one on its way or the one that is answered
    content: Request | Answer | ConnectionFailed  # the last: the server's end of the connection is closed
    sent_at_s: float
    transmission: int = 1  # counts how often it was sent
    is_connecting: bool = False  # a request that waits for its connection to be opened


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """This transmission does not arrive; the next one follows."""

    again_after_ns: int  # after the first transmission; twice as long after each further one
    is_connecting: bool = False  # what was lost was an attempt to open the connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Reset:
    """The message does not arrive, and the asker's connection is reset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncated:
    """The connection is closed when this much of the answer's body has arrived."""

    kept_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicated:
    """The request arrives, and once more; whatever comes of the second arrival is thrown away."""

    again_after_ns: int


type Fate = Lost | Reset | Truncated | Duplicated


class Rule(Protocol):
    """Says how long messages take; the first that knows decides."""

    def delay_ns(self, message: Message) -> int | None:
        """Return how long this message takes, or nothing to leave that to the next rule."""


class Trouble(Protocol):
    """Decides what happens to messages besides taking time; the first that has an opinion wins."""

    def judge(self, message: Message) -> Fate | None:
        """Say what happens to a message, or nothing to leave that to the next."""
