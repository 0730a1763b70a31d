"""Customers: create, retrieve, list, search, update and delete."""

from dataclasses import replace

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.records import Customer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.customer_parameters import (
    CreateCustomer,
    ListCustomers,
    UpdateCustomer,
    customer_particulars,
    is_given,
)
from psp_chaos.wire.fields import merged
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Parameters
from psp_chaos.wire.queries import Language, Searchable
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.search import Search, Searcher
from psp_chaos.wire.wallet import Wallet

URL = "/v1/customers"

SEARCHED: Language[Customer] = Language(
    fields={
        "created": Searchable(kind="number", get=lambda customer: seconds(customer.created_at_us)),
        "email": Searchable(kind="text", get=lambda customer: customer.email),
        "name": Searchable(kind="text", get=lambda customer: customer.name),
        "phone": Searchable(kind="text", get=lambda customer: customer.phone),
    },
    metadata=lambda customer: customer.metadata,
)


class CustomersCounter(Counter[Customer]):
    """What a merchant can do with customers."""

    kind = "customer"
    noun = "customer"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._customers = realm.customers
        self._wallet = Wallet(realm.customers)
        self._show = self._presenter.customer
        rows = realm.customers.customers
        self._pages = Pages(rows, url=URL, show=self._show, clock=realm.clock)
        self._searcher = Searcher(rows, SEARCHED, url=f"{URL}/search", show=self._show, clock=realm.clock)

    def create(self, call: Call[CreateCustomer]) -> Answer:
        """Write down a customer and, if it comes with one, its payment method."""
        wanted = call.parameters
        method = None if wanted.payment_method is None else self._wallet.attachable(wanted.payment_method)
        customer = self._customers.create(
            email=wanted.email,
            name=wanted.name,
            phone=wanted.phone,
            description=wanted.description,
            metadata=wanted.metadata,
            particulars=customer_particulars(wanted),
            cause=call.cause,
        )
        if method is not None:
            self._customers.attach(method, customer_id=customer.id)
        return self._answer(call, customer, self._show)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a customer, or what is left of it."""
        return self._shown(call, self._named(self._customers.customers, call.object_id), self._show)

    def update(self, call: Call[UpdateCustomer]) -> Answer:
        """Change a customer."""
        wanted = call.parameters
        customer = self._present(call.object_id)
        changed = replace(
            customer,
            **{
                name: getattr(wanted, name)
                for name in ("description", "email", "name", "phone")
                if is_given(wanted, name)
            },
            metadata=merged(customer.metadata, wanted.metadata),
            particulars={**customer.particulars, **customer_particulars(wanted)},
        )
        return self._answer(call, self._customers.update(changed, cause=call.cause), self._show)

    def delete(self, call: Call[Parameters]) -> Answer:
        """Forget a customer."""
        customer = self._present(call.object_id)
        return self._answer(call, self._customers.delete(customer.id, cause=call.cause), self._show)

    def listed(self, call: Call[ListCustomers]) -> Answer:
        """Show a page of the customers that are still there, of all or of those with an address."""
        email = call.parameters.email
        return self._page(
            call,
            self._pages,
            where=lambda customer: not customer.is_deleted and (email is None or customer.email == email),
        )

    def search(self, call: Call[Search]) -> Answer:
        """Show a page of the customers that a query describes."""
        return self._found(call, self._searcher)

    def _present(self, customer_id: str) -> Customer:
        """Return a customer that is still there."""
        customer = self._named(self._customers.customers, customer_id)
        if customer.is_deleted:
            raise self._missing(customer_id)
        return customer


CUSTOMER_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_CUSTOMER,
        method="POST",
        path=URL,
        parameters=CreateCustomer,
        retrieved_by=Operation.RETRIEVE_CUSTOMER,
        counter=CustomersCounter,
        perform=CustomersCounter.create,
        shows="customer",
    ),
    Offer(
        operation=Operation.SEARCH_CUSTOMERS,
        method="GET",
        path=URL + "/search",
        parameters=Search,
        counter=CustomersCounter,
        perform=CustomersCounter.search,
        shows="customers",
    ),
    Offer(
        operation=Operation.RETRIEVE_CUSTOMER,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=CustomersCounter,
        perform=CustomersCounter.retrieve,
        shows="customer",
    ),
    Offer(
        operation=Operation.UPDATE_CUSTOMER,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdateCustomer,
        retrieved_by=Operation.RETRIEVE_CUSTOMER,
        counter=CustomersCounter,
        perform=CustomersCounter.update,
        shows="customer",
    ),
    Offer(
        operation=Operation.DELETE_CUSTOMER,
        method="DELETE",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=CustomersCounter,
        perform=CustomersCounter.delete,
    ),
    Offer(
        operation=Operation.LIST_CUSTOMERS,
        method="GET",
        path=URL,
        parameters=ListCustomers,
        counter=CustomersCounter,
        perform=CustomersCounter.listed,
        shows="customers",
    ),
)
