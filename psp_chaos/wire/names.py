"""Identifiers as Stripe spells them."""

from psp_chaos.ports import Ids


class StripeNames:
    """Identifiers with Stripe's prefixes."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def payment(self) -> str:
        """Name a PaymentIntent."""
        return self._ids.new("pi")

    def capture(self) -> str:
        """Name a Charge."""
        return self._ids.new("ch")

    def refund(self) -> str:
        """Name a Refund."""
        return self._ids.new("re")

    def movement(self) -> str:
        """Name a BalanceTransaction."""
        return self._ids.new("txn")

    def event(self) -> str:
        """Name an Event."""
        return self._ids.new("evt")

    def endpoint(self) -> str:
        """Name a WebhookEndpoint."""
        return self._ids.new("we")

    def endpoint_secret(self) -> str:
        """Make a signing secret; its prefix is part of it."""
        return self._ids.new("whsec")

    def request(self) -> str:
        """Name a request."""
        return self._ids.new("req")
