"""Charges: retrieve, list and search; they come about by confirming payments."""

from typing import ClassVar

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.records import Charge
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.fields import Name
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.queries import Language, Searchable
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.search import Search, Searcher

URL = "/v1/charges"


class ListCharges(Page):
    """`GET /v1/charges`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"transfer_group"})

    customer: Name | None = None
    payment_intent: Name | None = None


class Charges(Counter[Charge]):
    """What a merchant can ask about charges."""

    kind = "charge"
    noun = "charge"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._books = realm.books
        self._show = self._presenter.charge
        self._pages = Pages(realm.books.charges, url=URL, show=self._show, clock=realm.clock)
        self._searcher = Searcher(
            realm.books.charges, self._language(), url=f"{URL}/search", show=self._show, clock=realm.clock
        )

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a charge."""
        return self._shown(call, self._named(self._books.charges, call.object_id), self._show)

    def listed(self, call: Call[ListCharges]) -> Answer:
        """Show a page of charges, of everybody or of one payment or customer."""
        payment_id, customer_id = call.parameters.payment_intent, call.parameters.customer
        return self._page(
            call,
            self._pages,
            among=None if payment_id is None else self._books.charges_of(payment_id),
            where=None if customer_id is None else lambda charge: self._customer_id(charge) == customer_id,
        )

    def search(self, call: Call[Search]) -> Answer:
        """Show a page of the charges that a query describes."""
        return self._found(call, self._searcher)

    def _customer_id(self, charge: Charge) -> str | None:
        return self._books.payments[charge.payment_id].customer_id

    def _language(self) -> Language[Charge]:
        return Language(
            fields={
                "amount": Searchable(kind="number", get=lambda charge: charge.amount_minor),
                "created": Searchable(kind="number", get=lambda charge: seconds(charge.created_at_us)),
                "currency": Searchable(kind="token", get=lambda charge: charge.currency),
                "customer": Searchable(kind="token", get=self._customer_id),
                "payment_method_details.card.brand": Searchable(kind="token", get=lambda one: one.instrument.brand),
                "payment_method_details.card.last4": Searchable(kind="token", get=lambda one: one.instrument.last4),
                "status": Searchable(kind="token", get=lambda charge: charge.status.value),
            },
            metadata=lambda charge: self._books.payments[charge.payment_id].metadata,
        )


CHARGE_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.SEARCH_CHARGES,
        method="GET",
        path=URL + "/search",
        parameters=Search,
        counter=Charges,
        perform=Charges.search,
        shows="charges",
    ),
    Offer(
        operation=Operation.RETRIEVE_CHARGE,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=Charges,
        perform=Charges.retrieve,
        shows="charge",
    ),
    Offer(
        operation=Operation.LIST_CHARGES,
        method="GET",
        path=URL,
        parameters=ListCharges,
        counter=Charges,
        perform=Charges.listed,
        shows="charges",
    ),
)
