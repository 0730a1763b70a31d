"""PaymentMethods: create, retrieve, list, update, attach and detach."""

from dataclasses import replace
from http import HTTPStatus
from typing import ClassVar

from psp_chaos.answers import Answer
from psp_chaos.errors import NoSuchCustomer
from psp_chaos.operations import Operation
from psp_chaos.records import PaymentMethod
from psp_chaos.wire.answers import answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.cards import CARDS
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import NO_METADATA, BillingDetails, MetadataChange, Name, merged
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.payment_parameters import PaymentMethodData
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.wallet import Wallet

URL = "/v1/payment_methods"


class CreatePaymentMethod(Parameters, PaymentMethodData):
    """`POST /v1/payment_methods`."""


class UpdatePaymentMethod(Parameters):
    """`POST /v1/payment_methods/{id}`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"allow_redisplay", "card"})
    unsets: ClassVar[bool] = True

    billing_details: BillingDetails | None = None
    metadata: MetadataChange = NO_METADATA


class AttachPaymentMethod(Parameters):
    """`POST /v1/payment_methods/{id}/attach`."""

    customer: Name


class ListPaymentMethods(Page):
    """`GET /v1/payment_methods`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"allow_redisplay", "customer_account"})

    customer: Name | None = None
    type: Name | None = None


class PaymentMethods(Counter[PaymentMethod]):
    """What a merchant can do with payment methods."""

    kind = "payment_method"
    noun = "PaymentMethod"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._customers = realm.customers
        self._wallet = Wallet(realm.customers)
        self._show = self._presenter.payment_method
        self._pages = self._pages_at(URL)

    def create(self, call: Call[CreatePaymentMethod]) -> Answer:
        """Make a payment method of a card's token."""
        return self._answer(call, self._wallet.keep(call.parameters, param="card[token]"), self._show)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a payment method; every test card is one."""
        if call.object_id in CARDS:
            shown = self._presenter.find(self.kind, call.object_id)
            assert shown is not None, call.object_id
            return answer(shown, object_id=call.object_id)
        return self._shown(call, self._named(self._customers.payment_methods, call.object_id), self._show)

    def update(self, call: Call[UpdatePaymentMethod]) -> Answer:
        """Change what is said about a payment method."""
        wanted = call.parameters
        method = self._named(self._customers.payment_methods, call.object_id)
        said = {} if wanted.billing_details is None else wanted.billing_details.model_dump(exclude_unset=True)
        changed = replace(
            method,
            billing_details={**method.billing_details, **said},
            metadata=merged(method.metadata, wanted.metadata),
        )
        return self._answer(call, self._customers.update_method(changed), self._show)

    def attach(self, call: Call[AttachPaymentMethod]) -> Answer:
        """Give a payment method to a customer; a test card becomes a method of its own."""
        customer = self._wallet.customer(call.parameters.customer)
        assert customer is not None, "this parameter is required"
        method = self._wallet.attachable(call.object_id, customer_id=customer.id, status=HTTPStatus.NOT_FOUND)
        return self._answer(call, self._customers.attach(method, customer_id=customer.id), self._show)

    def detach(self, call: Call[Parameters]) -> Answer:
        """Take a payment method from its customer, for good."""
        method = self._named(self._customers.payment_methods, call.object_id)
        if method.customer_id is None:
            raise WireError("This payment method belongs to no customer.")
        return self._answer(call, self._customers.detach(method), self._show)

    def listed(self, call: Call[ListPaymentMethods]) -> Answer:
        """Show a page of the payment methods of a customer; without one there are none to show."""
        return self._of(call, call.parameters.customer or "", self._pages)

    def listed_of_customer(self, call: Call[ListPaymentMethods]) -> Answer:
        """Show a page of the payment methods of the customer that the path names."""
        if call.object_id not in self._customers.customers:
            raise NoSuchCustomer(f"No such customer: '{call.object_id}'")
        return self._of(call, call.object_id, self._pages_at(f"/v1/customers/{call.object_id}/payment_methods"))

    def _of(self, call: Call[ListPaymentMethods], customer_id: str, pages: Pages[PaymentMethod]) -> Answer:
        is_of_cards = call.parameters.type in (None, "card")
        methods = self._customers.payment_methods_of(customer_id) if customer_id and is_of_cards else []
        return self._page(call, pages, among={method.id: method for method in methods})

    def _pages_at(self, url: str) -> Pages[PaymentMethod]:
        return Pages(self._customers.payment_methods, url=url, show=self._show, clock=self._realm.clock)


PAYMENT_METHOD_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_PAYMENT_METHOD,
        method="POST",
        path=URL,
        parameters=CreatePaymentMethod,
        retrieved_by=Operation.RETRIEVE_PAYMENT_METHOD,
        counter=PaymentMethods,
        perform=PaymentMethods.create,
        shows="payment_method",
    ),
    Offer(
        operation=Operation.RETRIEVE_PAYMENT_METHOD,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=PaymentMethods,
        perform=PaymentMethods.retrieve,
        shows="payment_method",
    ),
    Offer(
        operation=Operation.UPDATE_PAYMENT_METHOD,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdatePaymentMethod,
        retrieved_by=Operation.RETRIEVE_PAYMENT_METHOD,
        counter=PaymentMethods,
        perform=PaymentMethods.update,
        shows="payment_method",
    ),
    Offer(
        operation=Operation.ATTACH_PAYMENT_METHOD,
        method="POST",
        path=URL + "/{id}/attach",
        parameters=AttachPaymentMethod,
        retrieved_by=Operation.RETRIEVE_PAYMENT_METHOD,
        counter=PaymentMethods,
        perform=PaymentMethods.attach,
        shows="payment_method",
    ),
    Offer(
        operation=Operation.DETACH_PAYMENT_METHOD,
        method="POST",
        path=URL + "/{id}/detach",
        parameters=Parameters,
        retrieved_by=Operation.RETRIEVE_PAYMENT_METHOD,
        counter=PaymentMethods,
        perform=PaymentMethods.detach,
        shows="payment_method",
    ),
    Offer(
        operation=Operation.LIST_PAYMENT_METHODS,
        method="GET",
        path=URL,
        parameters=ListPaymentMethods,
        counter=PaymentMethods,
        perform=PaymentMethods.listed,
        shows="payment_methods",
    ),
    Offer(
        operation=Operation.LIST_PAYMENT_METHODS_OF_CUSTOMER,
        method="GET",
        path="/v1/customers/{id}/payment_methods",
        parameters=ListPaymentMethods,
        counter=PaymentMethods,
        perform=PaymentMethods.listed_of_customer,
        shows="payment_methods",
    ),
)
