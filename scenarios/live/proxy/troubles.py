"""What may become of the bytes on a link: each trouble is asked, and the first that has an answer decides.

A turn is a request and its reply: it begins when the asker speaks after silence or after a reply. Troubles are asked
once a turn about the request and once about the reply, each at its first bytes.
"""

from dataclasses import dataclass
from enum import Enum


class Way(Enum):
    """In which direction bytes cross a link."""

    THERE = "there"  # from who asks
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset at both ends; what was about to cross is lost."""


@dataclass(frozen=True, slots=True)
class CutReply:
    """The request crosses; in place of its reply the connection is reset."""


@dataclass(frozen=True, slots=True)
class HalfOpened:
    """Nothing crosses this connection any more in either direction, and nobody is told."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """The connection ends within the body of this reply."""

    share: float  # of the body's bytes that are at hand, which still cross


@dataclass(frozen=True, slots=True)
class Duplicated:
    """The request is sent a second time on a connection of its own; that reply is thrown away."""

    after_s: float


type Fate = Cut | CutReply | HalfOpened | Shortened | Duplicated


class Trouble:
    """Does no harm; a subclass overrides what it spoils."""

    def holds(self, way: Way) -> bool:  # noqa: ARG002
        """Whether nothing crosses in this direction now; it crosses later."""
        return False

    def refuses(self) -> bool:
        """Whether whoever comes now is sent away."""
        return False

    def delay_s(self, way: Way) -> float:  # noqa: ARG002
        """Say how much later the first bytes of a request or a reply cross."""
        return 0.0

    def bytes_per_s(self) -> float | None:
        """Say how many bytes cross in a second; None for as many as like."""
        return None

    def at_request(self, data: bytes) -> Fate | None:  # noqa: ARG002
        """Say what becomes of a request that begins with these bytes."""
        return None

    def at_reply(self, data: bytes) -> Fate | None:  # noqa: ARG002
        """Say what becomes of a reply that begins with these bytes."""
        return None
