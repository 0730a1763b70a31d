"""Identifiers as Stripe spells them."""

from psp_chaos.ports import Ids


class StripeNames:
    """Identifiers with Stripe's prefixes."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def payment(self) -> str:
        """Name a PaymentIntent."""
        return self._ids.new("pi")

    def charge(self) -> str:
        """Name a Charge."""
        return self._ids.new("ch")

    def refund(self) -> str:
        """Name a Refund."""
        return self._ids.new("re")

    def movement(self) -> str:
        """Name a BalanceTransaction."""
        return self._ids.new("txn")

    def dispute(self) -> str:
        """Name a Dispute."""
        return self._ids.new("du")

    def payout(self) -> str:
        """Name a Payout."""
        return self._ids.new("po")

    def customer(self) -> str:
        """Name a Customer."""
        return self._ids.new("cus")

    def payment_method(self) -> str:
        """Name a PaymentMethod."""
        return self._ids.new("pm")

    def event(self) -> str:
        """Name an Event."""
        return self._ids.new("evt")

    def delivery(self) -> str:
        """Name a delivery; Stripe has no name for it."""
        return self._ids.new("dlv")

    def endpoint(self) -> str:
        """Name a WebhookEndpoint."""
        return self._ids.new("we")

    def endpoint_secret(self) -> str:
        """Make a signing secret; its prefix is part of it."""
        return self._ids.new("whsec")

    def request(self) -> str:
        """Name a request."""
        return self._ids.new("req")
