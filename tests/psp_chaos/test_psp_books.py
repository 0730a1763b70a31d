"""The books alone: where money is, and what is refused."""

import itertools

import pytest

from psp_chaos.errors import AlreadyRefunded, NoSuchPayment, NoSuchRefund, RefundTooLarge, WrongState
from psp_chaos.keeping.archive import MemoryArchive
from psp_chaos.money.books import Books
from psp_chaos.money.ledger import Ledger
from psp_chaos.records import Happening, Instrument, MovementKind, PaymentStatus, Refund, RefundStatus
from psp_chaos.settings import PspSettings
from psp_chaos.wire.names import StripeNames

CARD = Instrument(name="card")


class Ids:
    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}_{next(self._numbers)}"


class Clock:
    at_us = 5_000_000

    def now_us(self):
        return self.at_us


@pytest.fixture
def changes():
    return []


@pytest.fixture
def books(changes):
    names, archive = StripeNames(Ids()), MemoryArchive()
    ledger = Ledger(clock=Clock(), names=names, archive=archive, settings=PspSettings(), report=lambda _: None)
    return Books(clock=Clock(), names=names, archive=archive, ledger=ledger, announce=changes.append)


def movements(books):
    return list(books._ledger.movements.values())


def open_payment(books, **rest):
    defaults = {"amount_minor": 1000, "currency": "EUR", "instrument": CARD, "description": None, "metadata": {}}
    return books.open_payment(**{**defaults, **rest}, cause=None)


def captured_payment(books):
    payment = open_payment(books)
    books.confirm(payment.id, instrument=CARD)
    return books.capture(payment.id, cause=None)


def refund(books, payment, amount_minor=None, *, settled=True):
    return books.open_refund(
        payment_id=payment.id, amount_minor=amount_minor, settled=settled, reason=None, metadata={}, cause=None
    )


def balance_minor(books):
    return sum(movement.amount_minor for movement in movements(books))


def test_an_opened_payment_moves_no_money(books):
    payment = open_payment(books)

    assert payment.status is PaymentStatus.PENDING
    assert movements(books) == []


def test_a_capture_moves_the_whole_amount_once(books):
    payment = captured_payment(books)

    assert payment.captured_minor == 1000
    assert [(movement.kind, movement.amount_minor) for movement in movements(books)] == [(MovementKind.CAPTURE, 1000)]


def test_a_captured_payment_cannot_be_confirmed_again(books):
    payment = captured_payment(books)

    with pytest.raises(WrongState):
        books.confirm(payment.id, instrument=CARD)

    assert balance_minor(books) == 1000


def test_a_payment_in_the_banks_hands_cannot_be_confirmed_or_canceled(books):
    payment = open_payment(books)
    books.confirm(payment.id, instrument=CARD)

    with pytest.raises(WrongState):
        books.confirm(payment.id, instrument=CARD)
    with pytest.raises(WrongState):
        books.cancel(payment.id, reason=None, cause=None)


def test_a_declined_payment_may_be_confirmed_with_another_instrument(books):
    payment = open_payment(books)
    books.confirm(payment.id, instrument=CARD)
    books.decline(payment.id, decline_code="insufficient_funds", cause=None)

    confirmed = books.confirm(payment.id, instrument=Instrument(name="another"))

    assert (confirmed.status, confirmed.confirmed) == (PaymentStatus.PENDING, True)
    assert confirmed.decline_code is None


@pytest.mark.parametrize("spoil", ["capture", "cancel"])
def test_only_an_open_payment_can_be_canceled(books, spoil):
    payment = captured_payment(books) if spoil == "capture" else open_payment(books)
    if spoil == "cancel":
        books.cancel(payment.id, reason="abandoned", cause=None)

    with pytest.raises(WrongState):
        books.cancel(payment.id, reason=None, cause=None)


def test_refunds_take_their_money_when_they_are_accepted(books):
    payment = captured_payment(books)

    refund(books, payment, 300, settled=False)

    assert balance_minor(books) == 700
    assert books.payment(payment.id).refundable_minor == 700


def test_refunds_never_exceed_the_capture(books):
    payment = captured_payment(books)
    refund(books, payment, 300)
    refund(books, payment, 700)

    with pytest.raises(AlreadyRefunded):
        refund(books, payment, 1)

    assert balance_minor(books) == 0


def test_a_refund_larger_than_what_is_left_is_refused_whole(books):
    payment = captured_payment(books)
    refund(books, payment, 300)

    with pytest.raises(RefundTooLarge):
        refund(books, payment, 701)

    assert balance_minor(books) == 700


def test_a_refund_without_an_amount_takes_what_is_left(books):
    payment = captured_payment(books)
    refund(books, payment, 300)

    rest = refund(books, payment)

    assert rest.amount_minor == 700


def test_a_failed_refund_gives_its_money_back_and_it_can_be_refunded_again(books):
    payment = captured_payment(books)
    first = refund(books, payment)

    books.fail_refund(first.id, failure_reason="declined")

    assert balance_minor(books) == 1000
    assert refund(books, payment).amount_minor == 1000


def test_a_pending_refund_settles_without_moving_money_again(books):
    payment = captured_payment(books)
    pending = refund(books, payment, 400, settled=False)

    settled = books.settle_refund(pending.id)

    assert settled.status is RefundStatus.SUCCEEDED
    assert balance_minor(books) == 600


def test_money_that_was_not_captured_cannot_be_refunded(books):
    payment = open_payment(books)

    with pytest.raises(WrongState):
        refund(books, payment, 1)


def test_what_does_not_exist_is_refused_by_name(books):
    with pytest.raises(NoSuchPayment, match="pi_none"):
        books.payment("pi_none")
    with pytest.raises(NoSuchRefund, match="re_none"):
        books.refund("re_none")


def test_every_change_is_announced_with_the_rows_as_they_are_then(books, changes):
    payment = captured_payment(books)
    pending = refund(books, payment, 400, settled=False)
    books.settle_refund(pending.id)
    books.fail_refund(pending.id, failure_reason="declined")

    assert [change.happening for change in changes] == [
        Happening.PAYMENT_CREATED,
        Happening.PAYMENT_CAPTURED,
        Happening.REFUND_CREATED,
        Happening.REFUND_SUCCEEDED,
        Happening.REFUND_FAILED,
    ]
    assert [change.payment.refunded_minor for change in changes] == [0, 0, 400, 400, 0]
    assert [change.subject.status for change in changes if isinstance(change.subject, Refund)] == [
        "pending",
        "succeeded",
        "failed",
    ]


def test_all_rows_of_one_change_carry_one_time(books, changes):
    payment = captured_payment(books)

    assert payment.captured_at_us == movements(books)[0].at_us == changes[-1].at_us
