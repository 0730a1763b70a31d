"""What happens to the network.

A link is named by who asks and who is asked; its answers travel on it as well. Where TCP stands between a fault and a
program, the program sees what TCP makes of it: late, broken or never, but neither garbled nor out of order.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from scenarios.faults.spans import Share, Span, ordered
from scenarios.faults.world_fault import WorldFault

type Asker = Literal["customer", "service", "worker", "psp"]
type Asked = Literal["service", "psp"]
type Rate = Annotated[float, Field(gt=0, le=1e9)]
type Direction = Literal["both", "there", "back"]

LINKS: tuple[tuple[Asker, Asked], ...] = (
    ("customer", "service"),
    ("service", "psp"),
    ("worker", "psp"),
    ("psp", "service"),
)


class NetworkFault(WorldFault):
    """Something that happens to a link."""

    where: Literal["network"] = "network"
    source: Asker | None = None  # who asks; anybody if it is left out
    target: Asked | None = None  # who is asked

    def covers(self, source: str, target: str) -> bool:
        """Tell whether the link between parties of these kinds is hit."""
        return self.source in (None, source) and self.target in (None, target)

    @property
    def link(self) -> str:
        """The link in words."""
        return f"{self.source or 'any'}->{self.target or 'any'}"

    @model_validator(mode="after")
    def _can_ever_bite(self) -> Self:
        if not any(self.covers(*link) for link in LINKS):
            known = ", ".join(f"{source}->{target}" for source, target in LINKS)
            raise ValueError(f"nothing is ever asked on {self.link}; choose from {known}")
        return self


class Latency(NetworkFault):
    """Messages take long, in both directions.

    Entitlement: everything happens as it should, only later. Whoever has stopped waiting knows nothing.
    """

    kind: Literal["latency"] = "latency"
    delay_s: Span  # one way


class Loss(NetworkFault):
    """Packets are lost and sent again: a message arrives late, and much later if its repetition is lost as well.

    Entitlement: as for latency.
    """

    kind: Literal["loss"] = "loss"
    probability: Share  # of each transmission, the repeated ones too
    retransmit_s: Span = (0.2, 1)  # until the first repetition; twice as long until each further one


class ResetBefore(NetworkFault):
    """The connection is reset before the request has arrived: nothing has happened.

    Entitlement: the asker cannot tell this from a reset after the request arrived, and must take it as unknown. A
    repetition with the same key is executed as if it were the first request.
    """

    kind: Literal["reset-before"] = "reset-before"
    probability: Share  # of each request


class ResetAfter(NetworkFault):
    """The connection is reset in place of the answer: what was asked has happened.

    Entitlement: the asker takes it as unknown. A repetition with the same key gets the answer that was lost.
    """

    kind: Literal["reset-after"] = "reset-after"
    probability: Share  # of each answer


class Truncated(NetworkFault):
    """The connection ends within the answer's body, which is shorter than its Content-Length says.

    Every HTTP client reports this as an error of the connection, whatever status it has read before.

    Entitlement: as for a reset after the request arrived.
    """

    kind: Literal["truncated"] = "truncated"
    probability: Share  # of each answer that has a body


class Partition(NetworkFault):
    """Again and again, nothing crosses for a while: both ways, or only there, or only back.

    An answer, or a request on an open connection, is transmitted again until it crosses or the sender's kernel gives
    it up, which may be long after the asker has hung up. A connection that has to be opened first is not opened; if
    the asker hangs up before the partition is over, the request never arrives. One way is enough for that, as opening
    takes a message each way.

    Entitlement: whoever waits in vain knows nothing. A request may take its effect when its asker does not listen any
    more. What was acknowledged stays; what was left undone is done after the partition.
    """

    kind: Literal["partition"] = "partition"
    every_s: Span  # between the end of one and the beginning of the next
    for_s: Span
    direction: Direction = "both"
    open_share: Share = 0.5  # of the requests, sent on a connection that was open before


class Flapping(NetworkFault):
    """The link goes down and up in short turns: messages are late, and some askers hang up between two turns.

    Entitlement: as for a partition.
    """

    kind: Literal["flapping"] = "flapping"
    up_s: Span
    down_s: Span
    open_share: Share = 0.5  # of the requests, sent on a connection that was open before


class Duplicate(NetworkFault):
    """A request is delivered twice, as by a proxy that tries again on its own; the second answer is thrown away.

    Entitlement: the request takes its effect once, whether the second one comes during the first or after it.
    """

    kind: Literal["duplicate"] = "duplicate"
    probability: Share  # of each request
    delay_s: Span = (0, 2)  # between the two


class HalfOpen(NetworkFault):
    """The other end of a connection is gone and nobody was told: the request never arrives, and nothing comes back.

    Entitlement: only time tells. The asker hangs up when its patience is over and must take the outcome as unknown; a
    repetition on another connection is executed as if it were the first request.
    """

    kind: Literal["half-open"] = "half-open"
    probability: Share  # of each request


class Narrow(NetworkFault):
    """The link carries few bytes in a second, in both directions.

    Entitlement: as for latency; the longer a message, the later.
    """

    kind: Literal["narrow"] = "narrow"
    rate: Annotated[tuple[Rate, Rate], AfterValidator(ordered)]  # in bytes a second, drawn once for each message


NETWORK_FAULTS = (
    Latency,
    Loss,
    ResetBefore,
    ResetAfter,
    Truncated,
    Partition,
    Flapping,
    Duplicate,
    HalfOpen,
    Narrow,
)
