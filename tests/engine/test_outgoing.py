"""Every state has its event, and every echo its consequence."""

from random import Random

import pytest

from engine.lifecycle import PaymentState, RefundState
from engine.outgoing import (
    JITTER,
    PAYMENT_EVENTS,
    REFUND_EVENTS,
    DeliveryState,
    Echo,
    EchoKind,
    Endpoint,
    EndpointState,
    EventType,
    consequence,
)

SCHEDULE_US = (5, 300, 1800)
ENDPOINT = Endpoint(
    id="end_1",
    merchant_id="shop",
    url="https://shop.example",
    state=EndpointState.ENABLED,
    secret="whsec_new",
    created_at_us=0,
)


def after(kind, *, tries=1, seed=1):
    return consequence(Echo(kind=kind), tries=tries, schedule_us=SCHEDULE_US, random=Random(seed), at_us=1_000)


def test_every_state_and_every_final_refund_has_an_event_of_its_own():
    assert set(PAYMENT_EVENTS) == set(PaymentState)
    assert set(REFUND_EVENTS) == set(RefundState) - {RefundState.PENDING}
    assert sorted([*PAYMENT_EVENTS.values(), *REFUND_EVENTS.values()]) == sorted(EventType)


@pytest.mark.parametrize("kind", EchoKind)
def test_only_a_yes_delivers_and_what_is_over_is_due_no_more(kind):
    found = after(kind)

    assert (found.state is DeliveryState.DELIVERED) == (kind is EchoKind.ACCEPTED)
    assert (found.due_at_us is None) == (found.state is not DeliveryState.PENDING)
    assert found.disables == (kind is EchoKind.GONE)


@pytest.mark.parametrize("kind", [EchoKind.REFUSED, EchoKind.UNANSWERED, EchoKind.BARRED])
@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_try_is_followed_by_another_one_after_the_wait_of_the_schedule_more_or_less(kind, tries):
    waits_us = [after(kind, tries=tries, seed=seed).due_at_us - 1_000 for seed in range(200)]
    wait_us = SCHEDULE_US[tries - 1]

    assert min(waits_us) >= (1 - JITTER) * wait_us - 1
    assert max(waits_us) <= (1 + JITTER) * wait_us + 1
    assert len(set(waits_us)) > 1


@pytest.mark.parametrize("kind", [EchoKind.REFUSED, EchoKind.UNANSWERED, EchoKind.BARRED])
def test_after_the_whole_schedule_a_delivery_is_dead(kind):
    assert after(kind, tries=4).state is DeliveryState.DEAD


def test_a_secret_that_was_replaced_signs_for_a_while_beside_the_new_one():
    rotated = ENDPOINT.rotated("whsec_newer", until_us=100)

    assert ENDPOINT.secrets(now_us=0) == ("whsec_new",)
    assert rotated.secrets(now_us=99) == ("whsec_newer", "whsec_new")
    assert rotated.secrets(now_us=100) == ("whsec_newer",)
    assert rotated.rotated("whsec_newest", until_us=300).secrets(now_us=0) == ("whsec_newest", "whsec_newer")


def test_nothing_but_the_name_is_left_of_what_is_deleted():
    deleted = ENDPOINT.rotated("whsec_newer", until_us=100).disabled("gone").deleted()

    assert (deleted.id, deleted.state) == ("end_1", EndpointState.DELETED)
    assert (deleted.url, deleted.secret, deleted.old_secret, deleted.old_secret_until_us) == (None,) * 4


def test_a_secret_is_not_printed():
    assert "whsec" not in repr(ENDPOINT.rotated("whsec_newer", until_us=100))
