"""Lists and their pages, over 250 objects of an account that has nothing else."""

import httpx
import pytest
import stripe

CROWD = 250
CROWD_KEY = "sk_test_crowd"


@pytest.fixture(scope="session")
def crowd(shared_psp):
    """Two hundred and fifty payments, newest first; made without the SDK, which would take its time."""
    form = {"amount": "700", "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
    headers = {"Authorization": f"Bearer {CROWD_KEY}"}
    with httpx.Client(base_url=shared_psp.url, headers=headers, timeout=20) as http:
        paid = [http.post("/v1/payment_intents", data=form).raise_for_status().json()["id"] for _ in range(CROWD)]
    return paid[::-1]


@pytest.fixture
def crowd_sdk(sdk, crowd):
    return sdk.as_account(CROWD_KEY)


@pytest.mark.parametrize("limit", [7, 100])
def test_all_pages_are_turned_forwards(crowd_sdk, crowd, limit):
    pages = crowd_sdk.payment_intents.list(limit=limit)

    assert [payment.id for payment in crowd_sdk.all_of(pages)] == crowd


def test_all_pages_are_turned_backwards(crowd_sdk, crowd):
    pages = crowd_sdk.payment_intents.list(limit=60, ending_before=crowd[-1])

    assert [payment.id for payment in crowd_sdk.all_of(pages)] == crowd[-2::-1]


def test_all_charges_and_movements_and_events_are_there(crowd_sdk):
    charges = crowd_sdk.all_of(crowd_sdk.charges.list(limit=100))
    movements = crowd_sdk.all_of(crowd_sdk.balance_transactions.list(limit=100, type="charge"))
    events = crowd_sdk.all_of(crowd_sdk.events.list(limit=100, type="payment_intent.succeeded"))

    assert len(charges) == len(movements) == len(events) == CROWD
    assert len({one.id for one in charges}) == len({one.id for one in movements}) == CROWD


def test_a_search_finds_all(crowd_sdk, crowd, until):
    def search():
        return crowd_sdk.payment_intents.search(query="status:'succeeded'", limit=100)

    until(lambda: search().data)

    found = crowd_sdk.all_of(search())

    assert sorted(payment.id for payment in found) == sorted(crowd)


def test_a_page_has_ten_by_default(crowd_sdk, crowd):
    page = crowd_sdk.payment_intents.list()

    assert [payment.id for payment in page.data] == crowd[:10]
    assert (page.object, page.url, page.has_more) == ("list", "/v1/payment_intents", True)


def test_a_page_begins_after_a_payment(crowd_sdk, crowd):
    page = crowd_sdk.payment_intents.list(limit=3, starting_after=crowd[4])

    assert [payment.id for payment in page.data] == crowd[5:8]


def test_a_page_ends_before_a_payment(crowd_sdk, crowd):
    page = crowd_sdk.payment_intents.list(limit=3, ending_before=crowd[8])

    assert [payment.id for payment in page.data] == crowd[5:8]
    assert page.has_more


def test_the_last_page_says_so(crowd_sdk, crowd):
    page = crowd_sdk.payment_intents.list(limit=10, starting_after=crowd[-6])

    assert [payment.id for payment in page.data] == crowd[-5:]
    assert not page.has_more


def test_there_is_nothing_after_the_last(crowd_sdk, crowd):
    page = crowd_sdk.payment_intents.list(starting_after=crowd[-1])

    assert (page.data, page.has_more) == ([], False)


@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_may_be_as_long_as_this(one_sdk, crowd, limit):
    page = one_sdk.as_account(CROWD_KEY).payment_intents.list(limit=limit)

    assert len(page.data) == limit


@pytest.mark.parametrize("limit", [0, -1, 101, 10**30, "ten", "1.5", "1e1"])
def test_a_page_may_not_be_as_long_as_that(one_sdk, limit):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.list(limit=limit)

    assert refusal.value.param == "limit"


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_a_page_cannot_begin_where_nothing_is(one_sdk, cursor):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.list(**{cursor: "pi_none"})

    assert (refusal.value.code, refusal.value.param) == ("resource_missing", cursor)


def test_a_page_has_one_cursor(one_sdk):
    payment = one_sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.list(starting_after=payment.id, ending_before=payment.id)

    assert refusal.value.http_status == 400


@pytest.mark.parametrize(
    ("bounds", "is_included"),  # in seconds from the payment's own
    [
        ({"gte": 0}, True),
        ({"gte": 1}, False),
        ({"gt": -1}, True),
        ({"gt": 0}, False),
        ({"lte": 0}, True),
        ({"lte": -1}, False),
        ({"lt": 1}, True),
        ({"lt": 0}, False),
        ({"gte": 0, "lt": 1}, True),
        ({"gt": 0, "lte": 9}, False),
    ],
)
def test_a_list_is_bounded_by_time(one_sdk, bounds, is_included):
    payment = one_sdk.pay()
    created = {name: payment.created + offset for name, offset in bounds.items()}

    listed = one_sdk.payment_intents.list(limit=100, created=created)

    assert (payment.id in [one.id for one in listed.data]) is is_included


def test_a_list_is_bounded_by_one_second(sdk):
    payment = sdk.pay()

    listed = sdk.payment_intents.list(limit=100, created=payment.created)

    assert payment.id in [one.id for one in listed.data]
    assert {one.created for one in listed.data} == {payment.created}
