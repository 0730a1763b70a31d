"""The engine's `Presenter` and `OutgoingPresenter`: the answers that are remembered, as JSON text."""

from engine.cancellation import CancelRefusal
from engine.idempotency import Answer
from engine.money import Money, step_minor
from engine.outgoing import ENDPOINTS_MAX, Endpoint
from engine.payment import Payment
from engine.refund import Refund, Refusal
from service.outgoing_schemas import NewEndpointView
from service.problems import Problem
from service.schemas import PaymentView, RefundView

CREATED, ACCEPTED = 201, 202


class JsonPresenter:
    """Renders what the use cases decide."""

    def payment_accepted(self, payment: Payment) -> Answer:
        """Return the answer to a payment that was stored."""
        return Answer(status=ACCEPTED, body=PaymentView.of(payment).model_dump_json())

    def order_taken(self, *, order_id: str, payment_id: str) -> Answer:
        """Return the answer to a second payment for one order; it names the first one."""
        detail = f"Order {order_id} is being paid, or has been paid, by {payment_id}."
        return Problem.ORDER_TAKEN.answer(detail, order_id=order_id, payment_id=payment_id)

    def refund_accepted(self, refund: Refund) -> Answer:
        """Return the answer to a refund that was stored."""
        return Answer(status=ACCEPTED, body=RefundView.of(refund).model_dump_json())

    def refund_refused(self, payment: Payment, *, why: Refusal, left: Money) -> Answer:
        """Return the answer to a refund that cannot be."""
        match why:
            case Refusal.NOT_CAPTURED:
                detail = f"The payment is {payment.state}; only captured money can be refunded."
                return Problem.NOT_REFUNDABLE.answer(detail, reason=why)
            case Refusal.NOTHING_LEFT:
                detail = "All of it has been refunded, or is about to be."
                return Problem.NOT_REFUNDABLE.answer(detail, reason=why)
            case Refusal.TOO_MUCH:
                detail = f"At most {left} can still be refunded."
                return Problem.REFUND_TOO_MUCH.answer(detail, reason=why, amount_refundable=left.amount_minor)
            case Refusal.NO_MULTIPLE:
                what = f"amounts in {left.currency} are multiples of {step_minor(left.currency)}"
                detail = "This answer is remembered: ask for another amount with a new key."
                return Problem.INVALID_REQUEST.answer(detail, errors=[{"where": "body.amount", "what": what}])

    def cancel_accepted(self, payment: Payment) -> Answer:
        """Return the answer to a cancel that is on record, or that has nothing left to do."""
        return Answer(status=ACCEPTED, body=PaymentView.of(payment).model_dump_json())

    def cancel_refused(self, payment: Payment, *, why: CancelRefusal) -> Answer:
        """Return the answer to a cancel that cannot be."""
        match why:
            case CancelRefusal.CAPTURED:
                detail = f"The payment is {payment.state}; money that was taken can be refunded."
            case CancelRefusal.FAILED:
                detail = f"The payment is {payment.state}; no money was taken, and none will be."
        return Problem.NOT_CANCELABLE.answer(detail, reason=why, payment_id=payment.id)

    def payment_missing(self) -> Answer:
        """Return the answer about a payment that this merchant does not have."""
        return Problem.PAYMENT_NOT_FOUND.answer(Problem.PAYMENT_NOT_FOUND.title)

    def endpoint_created(self, endpoint: Endpoint) -> Answer:
        """Return the answer to a new endpoint; it shows the secret."""
        return Answer(status=CREATED, body=NewEndpointView.new(endpoint).model_dump_json())

    def secret_rotated(self, endpoint: Endpoint) -> Answer:
        """Return the answer to a change of the secret; it shows the new one."""
        return self.endpoint_created(endpoint)

    def target_refused(self, why: str) -> Answer:
        """Return the answer to an address to which nothing may be sent."""
        return Problem.TARGET_REFUSED.answer(f"Nothing is sent to this address: {why}.")

    def too_many_endpoints(self) -> Answer:
        """Return the answer to one endpoint more than a merchant may have."""
        return Problem.TOO_MANY_ENDPOINTS.answer(f"A merchant has {ENDPOINTS_MAX} endpoints at most.")

    def endpoint_missing(self) -> Answer:
        """Return the answer about an endpoint that this merchant does not have."""
        return Problem.ENDPOINT_NOT_FOUND.answer(Problem.ENDPOINT_NOT_FOUND.title)
