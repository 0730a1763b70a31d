"""The wallet: what a merchant means by a payment method, a token or a customer."""

from http import HTTPStatus

from psp_chaos.money.customers import Customers
from psp_chaos.records import Customer, Instrument, PaymentMethod
from psp_chaos.wire.cards import CARDS, TOKENS
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import plain
from psp_chaos.wire.payment_parameters import CardData, PaymentMethodData


class Wallet:
    """Finds what to pay with among the test cards and what customers have left."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    def customer(self, customer_id: str | None) -> Customer | None:
        """Return a customer that is still there; None for none."""
        if customer_id is None:
            return None
        customer = self._customers.customers.get(customer_id)
        if customer is None or customer.is_deleted:
            raise WireError.missing("customer", customer_id, param="customer")
        return customer

    def instrument(
        self, name: str | None, data: PaymentMethodData | None, *, customer_id: str | None, is_kept: bool
    ) -> Instrument | None:
        """Return what to pay with, if anything is named; a test card that is to be kept becomes a method of its own."""
        if name is not None and data is not None:
            raise WireError("Give payment_method or payment_method_data, not both.", param="payment_method")
        if data is not None:
            return self.keep(data, param="payment_method_data[card][token]").instrument
        if name is None:
            return None
        if name in CARDS:
            return self._own(CARDS[name]).instrument if is_kept else CARDS[name]
        return self._usable(self.method(name), customer_id=customer_id).instrument

    def method(self, name: str, *, status: int = HTTPStatus.BAD_REQUEST) -> PaymentMethod:
        """Return a method that somebody has left."""
        method = self._customers.payment_methods.get(name)
        if method is None:
            raise WireError.missing("PaymentMethod", name, param="payment_method", status=status)
        return method

    def keep(self, data: PaymentMethodData, *, param: str) -> PaymentMethod:
        """Make a method of a card's token."""
        return self._customers.keep(
            _card(data.card, param=param),
            customer_id=None,
            billing_details=plain(data.billing_details) or {},
            metadata=data.metadata,
        )

    def attachable(
        self, name: str, *, customer_id: str | None = None, status: int = HTTPStatus.BAD_REQUEST
    ) -> PaymentMethod:
        """Return a method that is nobody's, or already this customer's; a test card becomes one."""
        if name in CARDS:
            return self._own(CARDS[name])
        method = self.method(name, status=status)
        if method.is_detached:
            raise _used_up()
        if method.customer_id not in (None, customer_id):
            raise WireError("The payment method belongs to another customer already.")
        return method

    def leave(self, name: str, *, customer_id: str) -> None:
        """Give the method that has just paid to its customer."""
        method = self._customers.payment_methods.get(name)
        if method is not None and method.customer_id is None and not method.is_detached:
            self._customers.attach(method, customer_id=customer_id)

    def _own(self, card: Instrument) -> PaymentMethod:
        return self._customers.keep(card, customer_id=None, billing_details={}, metadata={})

    def _usable(self, method: PaymentMethod, *, customer_id: str | None) -> PaymentMethod:
        if method.is_detached:
            raise _used_up()
        if method.customer_id is not None and method.customer_id != customer_id:
            raise WireError(
                f"The payment method {method.id} belongs to a customer, which must be given as customer.",
                param="payment_method",
            )
        return method


def _card(data: CardData, *, param: str) -> Instrument:
    if data.number is not None:
        raise WireError(
            "Sending card numbers is unsafe, and this provider does not take them; give a token such as tok_visa.",
            status=HTTPStatus.PAYMENT_REQUIRED,
        )
    if data.token is None:
        raise WireError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    card = TOKENS.get(data.token)
    if card is None:
        raise WireError.missing("token", data.token, param=param)
    return card


def _used_up() -> WireError:
    return WireError(
        "The payment method was detached from its customer and cannot be used again.", param="payment_method"
    )
