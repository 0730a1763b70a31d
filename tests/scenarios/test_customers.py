"""Customers' scripts, performed by hand: what they ask, given what they see."""

import random
from collections.abc import Mapping

import pytest

from scenarios.customers.actions import (
    Action,
    Cancel,
    Create,
    Outcome,
    Read,
    Refund,
    Request,
    Script,
    Seen,
    Together,
    Wait,
)
from scenarios.customers.cast import CAST
from scenarios.customers.purchase import DECLINED, NEVER_AUTHENTICATES, PAYS, Purchase, draw_purchase
from scenarios.customers.second_thoughts import script_of

PURCHASE = Purchase(intent="order-1", amount_minor=1000, currency="EUR", payment_method=PAYS)
ACCEPTED = Seen(outcome=Outcome.SUCCEEDED, http_status=202, payment_id="pay_1", status="CREATED")
SUCCESS = Seen(outcome=Outcome.SUCCEEDED, http_status=200, payment_id="pay_1", status="SUCCESS")
SILENCE = Seen(outcome=Outcome.UNKNOWN, error="timeout")
IN_FLIGHT = Seen(outcome=Outcome.FAILED, http_status=409, retry_after_s=1)


def answer_kindly(action: Action) -> Mapping[int, Seen]:
    """A service on which everything works."""
    match action:
        case Wait():
            return {}
        case Together(parts=parts):
            return {position: answer_kindly(request)[0] for position, (_, request) in enumerate(parts)}
        case Create() | Cancel():
            return {0: ACCEPTED}
        case Read():
            return {0: SUCCESS}
        case Refund():
            return {0: Seen(outcome=Outcome.SUCCEEDED, http_status=202, payment_id="pay_1", refund_id="ref_1")}


def perform(script: Script, answer=answer_kindly, *, actions_max: int = 500) -> list[Action]:
    actions: list[Action] = []
    action = next(script)
    while len(actions) < actions_max:
        actions.append(action)
        try:
            action = script.send(answer(action))
        except StopIteration:
            return actions
    pytest.fail("the script never ends")


def requests(actions: list[Action]) -> list[Request]:
    flat: list[Request] = []
    for action in actions:
        match action:
            case Together(parts=parts):
                flat += [request for _, request in parts]
            case Create() | Read() | Refund() | Cancel():
                flat.append(action)
    return flat


@pytest.mark.parametrize("name", sorted(CAST.keys() - {"changed-order"}))
@pytest.mark.parametrize("seed", range(20))
def test_every_customer_pays_once_however_often_it_clicks(name, seed):
    actions = perform(CAST[name](PURCHASE, random.Random(seed)))

    creates = [request for request in requests(actions) if isinstance(request, Create)]
    assert creates
    assert {(create.intent, create.amount_minor, create.currency) for create in creates} == {("order-1", 1000, "EUR")}


@pytest.mark.parametrize("name", CAST)
@pytest.mark.parametrize("seed", range(5))
def test_every_customer_gives_up_on_a_service_that_never_answers(name, seed):
    def ignore(action: Action) -> Mapping[int, Seen]:
        positions = range(len(action.parts)) if isinstance(action, Together) else range(1)
        return {} if isinstance(action, Wait) else dict.fromkeys(positions, SILENCE)

    actions = perform(CAST[name](PURCHASE, random.Random(seed)), ignore)

    assert all(isinstance(request, Create) for request in requests(actions))


@pytest.mark.parametrize(("name", "keys"), [("double-clicker", 1), ("patient", 1), ("impatient", 1), ("two-tabs", 2)])
def test_only_tabs_make_keys_of_their_own(name, keys):
    seen = {
        request.key
        for seed in range(20)
        for request in requests(perform(CAST[name](PURCHASE, random.Random(seed))))
        if isinstance(request, Create)
    }

    assert len(seen) == keys


def test_the_double_clicker_clicks_before_any_answer():
    first = next(CAST["double-clicker"](PURCHASE, random.Random(1)))

    assert isinstance(first, Together)
    assert len(first.parts) >= 2
    assert all(delay_s <= 0.25 for delay_s, _ in first.parts)


def test_the_impatient_customer_hangs_up_before_a_slow_answer_could_come():
    first = next(CAST["impatient"](PURCHASE, random.Random(1)))

    assert isinstance(first, Create)
    assert first.timeout_s < 2


def test_a_request_in_flight_is_asked_again_with_the_same_key_after_the_pause_that_was_asked_for():
    answers = iter([IN_FLIGHT, ACCEPTED, SUCCESS])

    def busy_at_first(action: Action) -> Mapping[int, Seen]:
        return {} if isinstance(action, Wait) else {0: next(answers)}

    first, pause, second, *_ = perform(CAST["patient"](PURCHASE, random.Random(1)), busy_at_first)

    assert first == second
    assert isinstance(pause, Wait)
    assert 0.8 <= pause.seconds <= 1.5


def test_the_refunder_asks_for_every_refund_under_its_own_key_and_only_after_success():
    for seed in range(30):
        asked = requests(perform(CAST["refunder"](PURCHASE, random.Random(seed))))
        first_refund = next(position for position, request in enumerate(asked) if isinstance(request, Refund))
        assert any(isinstance(request, Read) for request in asked[:first_refund])
        by_key: dict[str, set[Refund]] = {}
        for request in asked:
            if isinstance(request, Refund):
                by_key.setdefault(request.key, set()).add(request)
        assert all(len(same) == 1 for same in by_key.values())


def test_no_refund_is_wanted_of_a_payment_that_failed():
    failed = Seen(outcome=Outcome.SUCCEEDED, http_status=200, payment_id="pay_1", status="FAILED")

    def decline(action: Action) -> Mapping[int, Seen]:
        return {0: failed} if isinstance(action, Read) else answer_kindly(action)

    asked = requests(perform(CAST["refunder"](PURCHASE, random.Random(3)), decline))

    assert not [request for request in asked if isinstance(request, Refund)]


def test_purchases_cover_currencies_with_zero_two_and_three_decimals_and_the_share_of_declines():
    draw = random.Random(1)
    purchases = [draw_purchase(draw, intent=f"order-{n}", declined_share=0.2) for n in range(1000)]

    assert {purchase.currency for purchase in purchases} == {"EUR", "USD", "JPY", "KWD"}
    assert 150 < sum(purchase.payment_method == DECLINED for purchase in purchases) < 250
    assert all(purchase.amount_minor > 0 for purchase in purchases)


FAILED = Seen(outcome=Outcome.SUCCEEDED, http_status=200, payment_id="pay_1", status="FAILED")


def test_changed_order_change_the_amount_and_not_the_key():
    first, second = (
        request
        for request in requests(perform(CAST["changed-order"](PURCHASE, random.Random(1))))
        if isinstance(request, Create)
    )

    assert (first.key, first.intent) == (second.key, second.intent)
    assert first.amount_minor == PURCHASE.amount_minor < second.amount_minor


@pytest.mark.parametrize(("sight", "cards"), [(FAILED, [DECLINED, PAYS]), (SUCCESS, [DECLINED])])
def test_a_second_card_is_taken_only_when_the_first_was_declined(sight, cards):
    def decline(action: Action) -> Mapping[int, Seen]:
        return {0: sight} if isinstance(action, Read) else answer_kindly(action)

    asked = requests(perform(CAST["second-card"](PURCHASE, random.Random(1)), decline))

    creates = [request for request in asked if isinstance(request, Create)]
    assert [create.payment_method for create in creates] == cards
    assert len({create.key for create in creates}) == len(cards)


def test_forms_are_numbered_by_route_so_that_a_refund_has_the_key_of_somebody_elses_payment():
    def keys(number: int, kind: type[Create | Refund]) -> set[str]:
        purchase = Purchase(intent=f"order-{number}", amount_minor=1000, currency="EUR", payment_method=PAYS)
        asked = requests(perform(CAST["numbered"](purchase, random.Random(1))))
        return {request.key for request in asked if isinstance(request, kind)}

    assert keys(5, Refund) == keys(4, Create)
    assert not keys(5, Refund) & keys(5, Create)


def test_the_customer_with_a_closed_account_pays_with_a_card_that_takes_nothing_back():
    asked = requests(perform(CAST["closed-account"](PURCHASE, random.Random(1))))

    assert {request.payment_method for request in asked if isinstance(request, Create)} == {"pm_card_refundFail"}
    assert any(isinstance(request, Refund) for request in asked)


def reconsider(name, seed, answer=answer_kindly):
    return requests(
        perform(script_of(CAST[name], PURCHASE, random.Random(seed), regrets=random.Random(f"regrets {seed}")), answer)
    )


@pytest.mark.parametrize("name", CAST)
def test_any_customer_may_have_second_thoughts_about_a_payment_that_is_known(name):
    for seed in range(20):
        asked = reconsider(name, seed)
        cancels = [request for request in asked if isinstance(request, Cancel)]
        keys = {cancel.intent: cancel.key for cancel in cancels}
        assert 1 <= len(cancels) <= 2
        assert {cancel.payment_id for cancel in cancels} == {"pay_1"}
        assert len(set(keys.values())) == len(keys)
        assert isinstance(asked[0], Create)
        assert isinstance(asked[-1], Read)  # the customer goes on with what it came for


def test_second_thoughts_change_nothing_but_the_card():
    cards = set()
    for seed in range(20):
        kept = [one for one in reconsider("two-tabs", seed) if isinstance(one, Create)]
        plain = requests(perform(CAST["two-tabs"](PURCHASE, random.Random(seed))))
        cards |= {create.payment_method for create in kept}
        assert [create.key for create in kept] == [one.key for one in plain if isinstance(one, Create)]

    assert cards == {PAYS, NEVER_AUTHENTICATES}


def test_a_cancel_that_nobody_answers_is_repeated_with_its_key_and_given_up():
    def silent_about_cancels(action: Action) -> Mapping[int, Seen]:
        match action:
            case Together(parts=parts):
                return {position: silent_about_cancels(request)[0] for position, (_, request) in enumerate(parts)}
            case Cancel():
                return {0: SILENCE}
            case _:
                return answer_kindly(action)

    for seed in range(5):
        asked = reconsider("patient", seed, silent_about_cancels)
        cancels = [request for request in asked if isinstance(request, Cancel)]
        assert len(cancels) > 8
        assert len({cancel.key for cancel in cancels}) <= 2
        assert isinstance(asked[-1], Read)
