"""The page of the control plane over HTTP: who gets in, what a form needs, and that strangers' text stays text."""

import re
from html.parser import HTMLParser

import httpx
import pytest

TOKEN = "control_for_tests"
UI = "/_chaos/ui"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e'
PAGES = ["", "/faults", "/payments", "/webhooks", "/journal"]
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.text = ""
        self.open = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def word(self):
        """What every form of this visitor has to carry."""
        return next(field["value"] for field in self.all("input") if field.get("name") == "word")


@pytest.fixture(scope="module")
def psp(start_psp):
    """A PSP with something to show: a hostile payment, a refund, a fault that bit."""
    psp = start_psp("--key", "sk_test_paystorm", "--key", "sk_live_paystorm")
    psp.control("POST", "/faults", id="late", where="webhook", kind="late")
    psp.control("POST", "/faults", id="err", where="reply", kind="error-after", nth=[2])
    payment = psp.pay(key=HOSTILE.encode("ascii", "ignore").decode(), description=HOSTILE, **{"metadata[x]": HOSTILE})
    psp.pay()
    with psp.merchant() as merchant:
        merchant.post("/v1/refunds", data={"payment_intent": payment.json()["id"], "amount": 400})
    psp.hostile = payment.json()["id"]
    return psp


@pytest.fixture
def stranger(psp):
    with httpx.Client(base_url=psp.url) as client:
        yield client


@pytest.fixture
def operator(psp):
    """Somebody who is logged in."""
    with httpx.Client(base_url=psp.url) as client:
        assert client.post(f"{UI}/login", data={"token": TOKEN}).headers["location"] == UI
        yield client


@pytest.mark.parametrize("path", [*PAGES, "/payments/pi_1"])
def test_a_stranger_is_shown_to_the_door(stranger, path):
    answer = stranger.get(UI + path)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{UI}/login")


@pytest.mark.parametrize("path", ["/faults/install", "/faults/clear", "/reset", "/clock/freeze", "/logout"])
def test_a_strangers_form_is_not_taken(psp, stranger, path):
    before = psp.control("GET", "/faults")

    answer = stranger.post(UI + path, data={"word": ""})

    assert answer.headers["location"] == f"{UI}/login"
    assert psp.control("GET", "/faults") == before


@pytest.mark.parametrize("token", ["", "control_for_test", "control_for_testsx", "\u00e4"])
def test_another_token_opens_nothing(stranger, token):
    answer = stranger.post(f"{UI}/login", data={"token": token})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "This is not the control token." in answer.text


def test_the_cookie_is_for_the_page_alone_and_no_script_reads_it(stranger):
    cookie = stranger.post(f"{UI}/login", data={"token": TOKEN}).headers["set-cookie"]

    assert {"HttpOnly", "SameSite=strict", f"Path={UI}"} <= {part.strip() for part in cookie.split(";")}
    assert TOKEN not in cookie


def test_the_cookie_does_not_open_the_control_plane_for_programs(operator):
    assert operator.get("/_chaos/faults").status_code == 401


@pytest.mark.parametrize("word", [None, "", "word_of_somebody_else"])
def test_a_form_of_another_site_is_not_taken(psp, operator, word):
    before = psp.control("GET", "/faults")

    answer = operator.post(f"{UI}/faults/clear", data={} if word is None else {"word": word})

    assert answer.status_code == 403
    assert psp.control("GET", "/faults") == before


def test_who_logs_out_is_a_stranger_again(operator):
    word = Outline(operator.get(UI).text).word
    cookie = dict(operator.cookies)

    operator.post(f"{UI}/logout", data={"word": word})

    assert operator.get(UI, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookie.items())}).status_code == 303


@pytest.mark.parametrize("path", [*PAGES, "/payments/{hostile}", "/login"])
def test_strangers_text_is_shown_and_never_obeyed(psp, operator, path):
    answer = operator.get(UI + path.format(hostile=psp.hostile))

    outline = Outline(answer.text)
    policy = answer.headers["content-security-policy"]
    assert outline.open == []
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert [script.get("src") for script in outline.all("script")] in ([], [f"{UI}/page.js"])
    assert outline.all("img") == []
    assert not [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
    assert "\u202e" not in answer.text
    assert ("alert(1)" in outline.text) == (path in ("", "/payments", "/payments/{hostile}"))


@pytest.mark.parametrize("path", [*PAGES, "/payments/{hostile}"])
def test_tables_have_captions_fields_have_labels_and_every_id_is_used_once(psp, operator, path):
    outline = Outline(operator.get(UI + path.format(hostile=psp.hostile)).text)

    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(outline.all("table")) == len(outline.all("caption"))
    assert all(header.get("scope") in ("col", "row") for header in outline.all("th"))
    assert len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("nav")) == 1
    assert [link for link in outline.all("a") if link.get("aria-current") == "page"]


def test_one_payments_story_is_told_in_order(psp, operator):
    text = Outline(operator.get(f"{UI}/payments/{psp.hostile}").text).text

    told = [
        "create_payment: answered 200",
        "capture 10.00 EUR",
        "payment_intent.succeeded",
        "create_refund: answered 200",
    ]
    story = text[text.index("Its story") :]
    places = [story.index(words) for words in told]
    assert places == sorted(places)


def test_the_other_mode_has_pages_of_its_own(psp, operator):
    word = Outline(operator.get(UI).text).word

    operator.post(f"{UI}/realm", data={"word": word, "realm": "1"})

    page = operator.get(f"{UI}/payments").text
    assert psp.hostile not in page
    assert operator.get(f"{UI}/payments/{psp.hostile}").status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/faults/install", {"kind": "explode"}, "there is no kind of fault"),
        ("/faults/install", {"kind": "slow", "parameter.delay_s.0": "9", "parameter.delay_s.1": "1"}, "low to high"),
        ("/faults/install", {"kind": "slow", "probability": "7"}, "probability"),
        ("/faults/install", {"kind": "slow", "nth": "one"}, "nth"),
        ("/faults/remove", {"id": "nope"}, "No fault with the id"),
        ("/faults/remove", {}, "id is missing"),
        ("/clock/advance", {"amount": "-1", "unit": "hours"}, "moves forward"),
        ("/clock/advance", {"amount": "nan", "unit": "hours"}, "moves forward"),
        ("/webhooks/delivery", {"delivery": "dlv_1", "do": "eat"}, "nobody can eat"),
        ("/webhooks/delivery", {"delivery": "dlv_1", "do": "drop"}, "dlv_1"),
        ("/payments/dispute", {"payment": "pi_1"}, "No such payment"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page_one_was_on(operator, path, form, words):
    word = Outline(operator.get(UI).text).word

    answer = operator.post(UI + path, data={**form, "word": word, "back": f"{UI}/faults"})

    assert answer.headers["location"] == f"{UI}/faults"
    page = operator.get(f"{UI}/faults").text
    assert words in Outline(re.search(r'<p class="notice alarm".*?</p>', page, re.DOTALL)[0]).text
    assert "notice" not in operator.get(f"{UI}/journal").text  # it is said once


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", f"{UI}x", "/v1/payment_intents", ""])
def test_a_form_leads_nowhere_else(operator, back):
    word = Outline(operator.get(UI).text).word

    answer = operator.post(f"{UI}/clock/resume", data={"word": word, "back": back})

    assert answer.headers["location"] == UI


@pytest.mark.parametrize("body", [b"x" * 100_000, b"\xff=1", b"a" * 50])
def test_what_is_no_form_is_refused(operator, body):
    answer = operator.post(f"{UI}/faults/clear", content=body)

    assert answer.status_code in (413, 422)


def test_every_kind_of_fault_can_be_switched_on_as_its_form_proposes(psp, operator):
    page = operator.get(f"{UI}/faults").text
    forms = re.findall(r'<form class="fault".*?</form>', page, re.DOTALL)

    refused = {}
    for form in forms:
        outline = Outline(form)
        filled = {field["name"]: field.get("value") or "" for field in outline.all("input")}
        chosen = re.findall(r'<select name="([^"]+)">.*?<option selected>(.*?)</option>', form, re.DOTALL)
        operator.post(f"{UI}/faults/install", data={**filled, **dict(chosen)})
        if notice := re.search(r'<p class="notice alarm".*?</p>', operator.get(f"{UI}/webhooks").text, re.DOTALL):
            refused[filled["kind"]] = notice[0]

    installed = psp.control("GET", "/faults")["data"][2:]
    assert refused == {}
    assert [fault["kind"] for fault in installed] == [kind["name"] for kind in psp.control("GET", "/kinds")["data"]]
    for fault in installed:
        psp.control("DELETE", f"/faults/{fault['id']}")
