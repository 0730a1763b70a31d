"""Everything that the wire offers, the same for every realm."""

from collections.abc import Mapping

from psp_chaos.operations import Operation
from psp_chaos.wire.balance import BALANCE_OFFERS
from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.charges import CHARGE_OFFERS
from psp_chaos.wire.customers import CUSTOMER_OFFERS
from psp_chaos.wire.disputes import DISPUTE_OFFERS
from psp_chaos.wire.endpoints import ENDPOINT_OFFERS
from psp_chaos.wire.events import EVENT_OFFERS
from psp_chaos.wire.payment_methods import PAYMENT_METHOD_OFFERS
from psp_chaos.wire.payment_offers import PAYMENT_OFFERS
from psp_chaos.wire.payouts import PAYOUT_OFFERS
from psp_chaos.wire.refunds import REFUND_OFFERS

_OFFERS = (  # what is asked for most often comes first: routes are tried in this order
    *PAYMENT_OFFERS,
    *REFUND_OFFERS,
    *CHARGE_OFFERS,
    *EVENT_OFFERS,
    *BALANCE_OFFERS,
    *CUSTOMER_OFFERS,
    *PAYMENT_METHOD_OFFERS,
    *DISPUTE_OFFERS,
    *PAYOUT_OFFERS,
    *ENDPOINT_OFFERS,
)

OFFERS: Mapping[Operation, AnyOffer] = {offer.operation: offer for offer in _OFFERS}
