import pytest

from engine.lifecycle import PaymentState, RefundState, Source
from engine.money import Money
from engine.payment import Cause, Payment, captured, failed, given_back, opened, processing
from engine.refund import Refund, Refusal, refundable, refusal

CAUSE = Cause(reason="why", source=Source.API, at_us=5)


def _payment(state=PaymentState.CREATED, **changes):
    values = {
        "id": "pay",
        "merchant_id": "shop",
        "order_id": "order",
        "amount": Money(amount_minor=1000, currency="EUR"),
        "payment_method": "pm",
        "description": None,
        "metadata": {},
        "state": state,
        "failure_reason": None,
        "captured_minor": 0,
        "refunded_minor": 0,
        "created_at_us": 1,
        "updated_at_us": 1,
    }
    return Payment(**(values | changes))


def test_a_payment_moves_with_its_transition():
    move = processing(_payment(), CAUSE)

    assert move.payment == _payment(PaymentState.PROCESSING, updated_at_us=5)
    assert move.transition is not None
    assert (move.transition.from_state, move.transition.to_state) == ("CREATED", "PROCESSING")


def test_a_new_payment_has_a_transition_from_nothing():
    assert opened(_payment(), CAUSE).transition.from_state is None


@pytest.mark.parametrize("move", [captured, failed])
@pytest.mark.parametrize("state", [one for one in PaymentState if one is not PaymentState.PROCESSING])
def test_only_what_is_processing_can_be_decided(move, state):
    with pytest.raises(AssertionError, match="may not become"):
        move(_payment(state), CAUSE)


def test_refunds_may_not_exceed_the_capture():
    payment = _payment(PaymentState.SUCCESS, captured_minor=1000, refunded_minor=600)

    with pytest.raises(AssertionError, match="exceed"):
        given_back(payment, amount_minor=401, cause=CAUSE)


def test_what_is_left_excludes_what_is_promised():
    payment = _payment(PaymentState.SUCCESS, captured_minor=1000, refunded_minor=300)

    assert refundable(payment, reserved_minor=200) == Money(amount_minor=500, currency="EUR")


@pytest.mark.parametrize(
    ("state", "left", "asked", "why"),
    [
        ("CREATED", 0, None, Refusal.NOT_CAPTURED),
        ("PROCESSING", 0, 5, Refusal.NOT_CAPTURED),
        ("FAILED", 0, 5, Refusal.NOT_CAPTURED),
        ("SUCCESS", 0, None, Refusal.NOTHING_LEFT),
        ("SUCCESS", 10, 11, Refusal.TOO_MUCH),
        ("SUCCESS", 10, 10, None),
        ("SUCCESS", 10, None, None),
        ("REFUNDED", 0, None, Refusal.NOTHING_LEFT),
        ("REFUNDED", 10, 10, None),  # a refund failed late, so the money is ours to give again
    ],
)
def test_a_refund_is_refused_for_a_reason(state, left, asked, why):
    payment = _payment(PaymentState(state))

    assert refusal(payment, left=Money(amount_minor=left, currency="EUR"), asked_minor=asked) is why


@pytest.mark.parametrize(
    ("asked", "why"), [(15, Refusal.NO_MULTIPLE), (20, None), (None, None), (35, Refusal.TOO_MUCH)]
)
def test_cards_know_no_thousandths(asked, why):
    payment = _payment(PaymentState.SUCCESS)

    assert refusal(payment, left=Money(amount_minor=30, currency="KWD"), asked_minor=asked) is why


def test_a_settled_refund_keeps_the_psp_id_that_it_knew():
    refund = Refund(
        id="ref",
        payment_id="pay",
        amount=Money(amount_minor=1, currency="EUR"),
        reason=None,
        state=RefundState.SUCCEEDED,
        psp_refund_id="re_1",
        created_at_us=1,
        settled_at_us=2,
    )

    assert refund.settled(state=RefundState.FAILED, psp_refund_id=None, at_us=3).psp_refund_id == "re_1"
