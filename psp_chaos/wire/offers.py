"""Everything that the wire offers, the same for every realm."""

from collections.abc import Mapping

from psp_chaos.operations import Operation
from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.endpoints import ENDPOINT_OFFERS
from psp_chaos.wire.events import EVENT_OFFERS
from psp_chaos.wire.payments import PAYMENT_OFFERS
from psp_chaos.wire.refunds import REFUND_OFFERS

OFFERS: Mapping[Operation, AnyOffer] = {
    offer.operation: offer for offer in (*PAYMENT_OFFERS, *REFUND_OFFERS, *EVENT_OFFERS, *ENDPOINT_OFFERS)
}
