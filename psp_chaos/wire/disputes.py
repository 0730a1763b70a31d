"""Disputes: retrieve, list, answer and give up."""

from typing import ClassVar

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.records import Dispute
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.evidence import Evidence
from psp_chaos.wire.fields import NO_METADATA, Flag, MetadataChange, Name, merged
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/disputes"


class UpdateDispute(Parameters):
    """`POST /v1/disputes/{id}`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"intended_submission_method"})
    unsets: ClassVar[bool] = True

    evidence: Evidence = Evidence()
    metadata: MetadataChange = NO_METADATA
    submit: Flag = True


class ListDisputes(Page):
    """`GET /v1/disputes`."""

    charge: Name | None = None
    payment_intent: Name | None = None


class DisputesCounter(Counter[Dispute]):
    """What a merchant can do about disputes."""

    kind = "dispute"
    noun = "dispute"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._disputes = realm.disputes
        self._show = self._presenter.dispute
        self._pages = Pages(realm.disputes.disputes, url=URL, show=self._show, clock=realm.clock)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a dispute."""
        return self._shown(call, self._named(self._disputes.disputes, call.object_id), self._show)

    def update(self, call: Call[UpdateDispute]) -> Answer:
        """Say something about a dispute and, unless it is only a draft, hand it in."""
        wanted = call.parameters
        dispute = self._named(self._disputes.disputes, call.object_id)
        said = wanted.evidence.model_dump(exclude_unset=True)
        evidence = {name: text for name, text in {**dispute.evidence, **said}.items() if text}
        updated = self._disputes.update(
            dispute.id,
            evidence=evidence,
            metadata=merged(dispute.metadata, wanted.metadata),
            is_submitted=wanted.submit,
            cause=call.cause,
        )
        return self._answer(call, updated, self._show)

    def close(self, call: Call[Parameters]) -> Answer:
        """Give up a dispute."""
        dispute = self._named(self._disputes.disputes, call.object_id)
        return self._answer(call, self._disputes.give_up(dispute.id, cause=call.cause), self._show)

    def listed(self, call: Call[ListDisputes]) -> Answer:
        """Show a page of disputes, about everything or about one payment or charge."""
        payment_id, charge_id = call.parameters.payment_intent, call.parameters.charge
        return self._page(
            call,
            self._pages,
            among=None if payment_id is None else self._disputes.of(payment_id),
            where=None if charge_id is None else lambda dispute: dispute.charge_id == charge_id,
        )


DISPUTE_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.RETRIEVE_DISPUTE,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=DisputesCounter,
        perform=DisputesCounter.retrieve,
        shows="dispute",
    ),
    Offer(
        operation=Operation.UPDATE_DISPUTE,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdateDispute,
        retrieved_by=Operation.RETRIEVE_DISPUTE,
        counter=DisputesCounter,
        perform=DisputesCounter.update,
        shows="dispute",
    ),
    Offer(
        operation=Operation.CLOSE_DISPUTE,
        method="POST",
        path=URL + "/{id}/close",
        parameters=Parameters,
        retrieved_by=Operation.RETRIEVE_DISPUTE,
        counter=DisputesCounter,
        perform=DisputesCounter.close,
        shows="dispute",
    ),
    Offer(
        operation=Operation.LIST_DISPUTES,
        method="GET",
        path=URL,
        parameters=ListDisputes,
        counter=DisputesCounter,
        perform=DisputesCounter.listed,
        shows="disputes",
    ),
)
