"""What the PSP takes from outside: the time, identifiers and randomness.

Nothing else in this package asks a wall clock or a global random source, so a
run is decided by these three and by the order in which requests arrive.
"""

from collections.abc import Callable
from random import Random
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC."""
        ...


class Ids(Protocol):
    """A source of identifiers that never repeat."""

    def new(self, prefix: str) -> str:
        """Return a new identifier of the form `<prefix>_<something unique>`."""
        ...


class Names(Protocol):
    """Identifiers by what they identify; only the wire knows how they are spelled."""

    def payment(self) -> str:
        """Name a payment."""
        ...

    def charge(self) -> str:
        """Name a try to charge a payment."""
        ...

    def refund(self) -> str:
        """Name a refund."""
        ...

    def movement(self) -> str:
        """Name a movement of money."""
        ...

    def dispute(self) -> str:
        """Name a dispute."""
        ...

    def payout(self) -> str:
        """Name a payout."""
        ...

    def customer(self) -> str:
        """Name a customer."""
        ...

    def payment_method(self) -> str:
        """Name a payment method."""
        ...

    def event(self) -> str:
        """Name an event."""
        ...

    def delivery(self) -> str:
        """Name the delivery of an event to an endpoint."""
        ...

    def endpoint(self) -> str:
        """Name a webhook endpoint."""
        ...

    def endpoint_secret(self) -> str:
        """Make the secret that signs what a webhook endpoint is sent."""
        ...

    def request(self) -> str:
        """Name a request."""
        ...


type Randomness = Callable[[str], Random]
"""Gives the stream of that name; draws from one stream never move another."""
