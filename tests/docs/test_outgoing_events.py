"""What merchants are told about events is true: the page's code runs, and its numbers are those of the settings."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from engine.outgoing import ENDPOINTS_MAX, EventType
from service.seal import seal
from service.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/outgoing-events.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW_S = 1_700_000_000
BODY = json.dumps({"id": "evt_pay_1_3", "sequence": 3, "data": {"id": "pay_1"}}).encode()


@pytest.fixture(scope="module")
def page():
    """The names that the page's code defines."""
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "docs/outgoing-events.md", "exec"), names)  # the page is ours
    return names


def headers(*secrets, at_s=NOW_S, body=BODY):
    return seal(body, event_id="evt_pay_1_3", secrets=secrets, at_us=at_s * 1_000_000)


def test_the_pages_code_believes_what_we_send_and_what_the_reference_library_signs(page):
    signature = Webhook(SECRET).sign("evt_pay_1_3", datetime.fromtimestamp(NOW_S, tz=UTC), BODY.decode())

    assert headers(SECRET)["webhook-signature"] == signature
    assert page["is_ours"](SECRET, headers(SECRET), BODY, NOW_S + 299)
    assert page["is_ours"](SECRET, headers("whsec_bmV3", SECRET), BODY, NOW_S)


@pytest.mark.parametrize(
    ("spoilt", "body", "now_s"),
    [
        ({}, BODY + b" ", NOW_S),
        ({}, BODY, NOW_S + 301),
        ({}, BODY, NOW_S - 301),
        ({"webhook-id": "evt_pay_1_4"}, BODY, NOW_S),
        ({"webhook-timestamp": str(NOW_S + 1)}, BODY, NOW_S),
        ({"webhook-timestamp": "now"}, BODY, NOW_S),
        ({"webhook-signature": "v1,"}, BODY, NOW_S),
        ({"webhook-signature": ""}, BODY, NOW_S),
    ],
)
def test_it_believes_nothing_else(page, spoilt, body, now_s):
    assert not page["is_ours"](SECRET, headers(SECRET) | spoilt, body, now_s)
    assert not page["is_ours"]("whsec_bmV3", headers(SECRET), BODY, NOW_S)
    assert not page["is_ours"](SECRET, {}, BODY, NOW_S)


def test_it_takes_each_event_once_and_keeps_the_newest(page):
    shop = page["Shop"]()
    events = [{"id": f"evt_pay_1_{number}", "sequence": number, "data": {"id": "pay_1"}} for number in (1, 3, 3, 2, 4)]

    assert [shop.take(event) for event in events] == [True, True, False, False, True]
    assert shop.newest["pay_1"]["sequence"] == 4


def test_the_page_names_every_type_and_no_other():
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)) == set(EventType)


def test_the_numbers_are_those_of_the_settings():
    fields = {name: field.default for name, field in Settings.model_fields.items()}
    schedule_s = fields["event_schedule_s"]

    assert "after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in PAGE
    assert schedule_s == (5, 300, 1800, *(3600 * hours for hours in (2, 5, 10, 14, 20, 24)))
    assert "ten tries" in PAGE
    assert 3 < sum(schedule_s) / 86_400 < 3.5
    assert (fields["event_timeout_s"], fields["event_rest_s"], ENDPOINTS_MAX) == (10, 30, 16)
    assert (fields["event_retention_s"], fields["event_secret_overlap_s"]) == (30 * 86_400, 86_400)
