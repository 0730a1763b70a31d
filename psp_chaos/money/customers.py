"""Customers and the payment methods they have left with the merchant."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import JsonValue

from psp_chaos.errors import NoSuchCustomer, NoSuchPaymentMethod
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Cause, Change, Customer, Happening, Instrument, PaymentMethod


class Customers:
    """The customers and payment methods of one realm, each in order of creation."""

    def __init__(self, *, clock: Clock, names: Names, archive: Archive, announce: Callable[[Change], None]) -> None:
        self._clock = clock
        self._names = names
        self._announce = announce
        self.customers = archive.shelf("customers", Customer)
        self.payment_methods = archive.shelf("payment_methods", PaymentMethod)

    def customer(self, customer_id: str) -> Customer:
        """Return the customer of this identifier, deleted or not, or raise `NoSuchCustomer`."""
        if customer_id not in self.customers:
            raise NoSuchCustomer(f"No such customer: '{customer_id}'")
        return self.customers[customer_id]

    def payment_method(self, method_id: str) -> PaymentMethod:
        """Return the payment method of this identifier, or raise `NoSuchPaymentMethod`."""
        if method_id not in self.payment_methods:
            raise NoSuchPaymentMethod(f"No such PaymentMethod: '{method_id}'")
        return self.payment_methods[method_id]

    def create(
        self,
        *,
        email: str | None,
        name: str | None,
        phone: str | None,
        description: str | None,
        metadata: Mapping[str, str],
        particulars: Mapping[str, JsonValue],
        cause: Cause | None,
    ) -> Customer:
        """Write down a customer."""
        customer = Customer(
            id=self._names.customer(),
            email=email,
            name=name,
            phone=phone,
            description=description,
            metadata=dict(metadata),
            particulars=dict(particulars),
            is_deleted=False,
            created_at_us=self._clock.now_us(),
        )
        return self._write(customer, Happening.CUSTOMER_CREATED, cause)

    def update(self, customer: Customer, *, cause: Cause | None) -> Customer:
        """Write down what has changed of a customer."""
        return self._write(customer, Happening.CUSTOMER_UPDATED, cause)

    def delete(self, customer_id: str, *, cause: Cause | None) -> Customer:
        """Forget a customer but for its identifier; its payment methods are nobody's then."""
        deleted = replace(self.customer(customer_id), is_deleted=True)
        for method in self.payment_methods_of(customer_id):
            self.detach(method)
        return self._write(deleted, Happening.CUSTOMER_DELETED, cause)

    def keep(
        self,
        instrument: Instrument,
        *,
        customer_id: str | None,
        billing_details: Mapping[str, JsonValue],
        metadata: Mapping[str, str],
    ) -> PaymentMethod:
        """Keep an instrument under an identifier of its own, which is its name from then on."""
        method_id = self._names.payment_method()
        method = PaymentMethod(
            id=method_id,
            instrument=replace(instrument, name=method_id),
            customer_id=customer_id,
            is_detached=False,
            billing_details=dict(billing_details),
            metadata=dict(metadata),
            created_at_us=self._clock.now_us(),
        )
        self.payment_methods[method.id] = method
        return method

    def attach(self, method: PaymentMethod, *, customer_id: str) -> PaymentMethod:
        """Give a payment method to a customer."""
        return self.update_method(replace(method, customer_id=customer_id))

    def detach(self, method: PaymentMethod) -> PaymentMethod:
        """Take a payment method from its customer; nobody can have it again."""
        return self.update_method(replace(method, customer_id=None, is_detached=True))

    def update_method(self, method: PaymentMethod) -> PaymentMethod:
        """Write down what has changed of a payment method; no event tells of it."""
        self.payment_methods[method.id] = method
        return method

    def payment_methods_of(self, customer_id: str) -> list[PaymentMethod]:
        """Return what a customer can pay with, oldest first."""
        return [method for method in self.payment_methods.values() if method.customer_id == customer_id]

    def _write(self, customer: Customer, happening: Happening, cause: Cause | None) -> Customer:
        before = self.customers.get(customer.id)
        self.customers[customer.id] = customer
        self._announce(
            Change(happening=happening, subject=customer, before=before, cause=cause, at_us=self._clock.now_us())
        )
        return customer
