"""Payouts: create, retrieve, list, update and cancel."""

from dataclasses import replace
from typing import ClassVar, Literal

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.records import Payout
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.fields import EVER, NO_METADATA, Amount, Currency, Metadata, MetadataChange, Text, When, merged
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/payouts"


class CreatePayout(Parameters):
    """`POST /v1/payouts`."""

    harmless: ClassVar[frozenset[str]] = frozenset(
        {"destination", "method", "payout_method", "source_type", "statement_descriptor"}
    )

    amount: Amount
    currency: Currency
    description: Text | None = None
    metadata: Metadata = NO_METADATA


class UpdatePayout(Parameters):
    """`POST /v1/payouts/{id}`."""

    unsets: ClassVar[bool] = True

    metadata: MetadataChange = NO_METADATA


class ListPayouts(Page):
    """`GET /v1/payouts`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"destination"})

    arrival_date: When = EVER
    status: Literal["pending", "in_transit", "paid", "failed", "canceled"] | None = None


class PayoutsCounter(Counter[Payout]):
    """What a merchant can do with payouts."""

    kind = "payout"
    noun = "payout"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._payouts = realm.payouts
        self._show = self._presenter.payout
        self._pages = Pages(realm.payouts.payouts, url=URL, show=self._show, clock=realm.clock)

    def create(self, call: Call[CreatePayout]) -> Answer:
        """Pay out of what is available."""
        wanted = call.parameters
        payout = self._payouts.create(
            amount_minor=wanted.amount,
            currency=wanted.currency,
            description=wanted.description,
            metadata=wanted.metadata,
            cause=call.cause,
        )
        return self._answer(call, payout, self._show)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a payout."""
        return self._shown(call, self._named(self._payouts.payouts, call.object_id), self._show)

    def update(self, call: Call[UpdatePayout]) -> Answer:
        """Change what is said about a payout."""
        payout = self._named(self._payouts.payouts, call.object_id)
        changed = replace(payout, metadata=merged(payout.metadata, call.parameters.metadata))
        return self._answer(call, self._payouts.update(changed), self._show)

    def cancel(self, call: Call[Parameters]) -> Answer:
        """Call a payout back that is not on its way yet."""
        payout = self._named(self._payouts.payouts, call.object_id)
        return self._answer(call, self._payouts.cancel(payout.id, cause=call.cause), self._show)

    def listed(self, call: Call[ListPayouts]) -> Answer:
        """Show a page of payouts, of all or of those with one status or time of arrival."""
        wanted = call.parameters
        return self._page(
            call,
            self._pages,
            where=lambda payout: (
                wanted.status in (None, payout.status.value)
                and wanted.arrival_date.includes(seconds(payout.arrives_at_us))
            ),
        )


PAYOUT_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_PAYOUT,
        method="POST",
        path=URL,
        parameters=CreatePayout,
        retrieved_by=Operation.RETRIEVE_PAYOUT,
        counter=PayoutsCounter,
        perform=PayoutsCounter.create,
        shows="payout",
    ),
    Offer(
        operation=Operation.RETRIEVE_PAYOUT,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=PayoutsCounter,
        perform=PayoutsCounter.retrieve,
        shows="payout",
    ),
    Offer(
        operation=Operation.UPDATE_PAYOUT,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdatePayout,
        retrieved_by=Operation.RETRIEVE_PAYOUT,
        counter=PayoutsCounter,
        perform=PayoutsCounter.update,
        shows="payout",
    ),
    Offer(
        operation=Operation.CANCEL_PAYOUT,
        method="POST",
        path=URL + "/{id}/cancel",
        parameters=Parameters,
        retrieved_by=Operation.RETRIEVE_PAYOUT,
        counter=PayoutsCounter,
        perform=PayoutsCounter.cancel,
        shows="payout",
    ),
    Offer(
        operation=Operation.LIST_PAYOUTS,
        method="GET",
        path=URL,
        parameters=ListPayouts,
        counter=PayoutsCounter,
        perform=PayoutsCounter.listed,
        shows="payouts",
    ),
)
