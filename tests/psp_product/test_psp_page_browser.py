"""The page of the control plane in a real browser: by mouse, by keyboard alone, without scripts, and on a telephone."""

import re
import shutil

import pytest

from scenarios.cli.exit_codes import ExitCode

CHROMIUM = shutil.which("chromium")
TOKEN = "control_for_tests"
EVENT = "payment_intent.succeeded"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_psp(start_psp, shared_inbox):
    return start_psp("--webhook", shared_inbox.url)


@pytest.fixture
def inbox(shared_inbox):
    shared_inbox.events.clear()
    return shared_inbox


@pytest.fixture
def psp(shared_psp):
    """A PSP with empty books."""
    shared_psp.control("POST", "/reset")
    shared_psp.control("POST", "/clock/resume")
    return shared_psp


@pytest.fixture
def open_page(browser, shared_psp):
    """Open the page in a window of its own and log in; whatever the browser complains about fails the test."""
    contexts, complaints = [], []

    def open_one(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(shared_psp.url) or complaints.append(request.url))
        page.goto(f"{shared_psp.url}/_chaos")
        page.get_by_label("Control token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [text for text in complaints if not text.startswith("data:")] == []


def test_a_fault_is_switched_on_bites_before_ones_eyes_and_is_switched_off(psp, open_page):
    page = open_page()
    page.get_by_role("link", name="Faults", exact=True).click()
    page.locator("summary", has_text="error-before").click()
    page.locator("#error-before").get_by_label("Status").select_option("500")
    page.get_by_role("button", name="Switch error-before on").click()
    assert page.get_by_role("status").inner_text() == "error-before is on."

    answer = psp.pay()

    assert answer.status_code == 500
    page.locator("tr", has_text="error-before").get_by_text("1", exact=True).last.wait_for()  # without a reload
    page.get_by_role("button", name="Switch error-before off").click()
    page.get_by_role("status").wait_for()
    assert psp.pay().status_code == 200


def test_a_preset_is_switched_on_and_off(psp, open_page):
    page = open_page()
    page.get_by_role("link", name="Faults", exact=True).click()

    page.get_by_role("button", name="Switch Throttled on").click()
    page.get_by_role("status").wait_for()
    on = len(psp.control("GET", "/faults")["data"])
    page.get_by_role("button", name="Switch Throttled off").click()
    page.get_by_role("button", name="Switch Throttled on").wait_for()

    assert on > 0
    assert psp.control("GET", "/faults")["data"] == []


def test_the_queue_is_held_reordered_and_released_by_keyboard_alone(psp, open_page, inbox, until):
    page = open_page()
    _press(page, "Webhooks")
    _press(page, "Hold all")
    page.get_by_text("nothing goes out").wait_for()
    psp.pay()
    psp.pay()
    page.get_by_role("row", name=re.compile(EVENT)).nth(1).wait_for()  # without a reload
    queue = psp.control("GET", "/webhooks")["data"]
    last = [row for row in queue if row["event_type"] == EVENT][-1]

    _press(page, f"First: {EVENT} {last['id']}")
    page.get_by_text(f"{last['id']} goes out before the others.").wait_for()
    before = list(inbox.events)
    _press(page, "Release all")

    until(lambda: len(inbox.events) == len(queue))
    assert before == []
    assert inbox.events[0]["id"] == last["event_id"]


def _press(page, name):
    """Move with the tabulator until this has the focus, see that this shows, and press Enter."""
    for _ in range(200):
        page.keyboard.press("Tab")
        label = page.evaluate("(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()")
        if label == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {name}")


@pytest.mark.slow
def test_the_first_tab_skips_to_the_content(open_page):
    page = open_page()
    page.goto(page.url)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.slow
def test_one_payments_story_is_read_and_its_event_sent_again(psp, open_page, inbox, until):
    psp.control("POST", "/faults", id="twice", where="webhook", kind="doubled", selector={"event_type": EVENT})
    payment = psp.pay(**{"metadata[order_id]": "<b>order</b>"}).json()
    until(lambda: [event["type"] for event in inbox.events].count(EVENT) == 2)
    page = open_page()

    page.get_by_role("link", name=payment["id"]).first.click()
    page.get_by_role("heading", name="Its story").wait_for()
    rows = page.locator("#story-rows tr").all_inner_texts()
    page.get_by_text("<b>order</b>").wait_for()
    page.get_by_role("button", name=f"Send {EVENT} again").click()

    words = [
        "create_payment: answered 200",
        "capture 10.00 EUR",
        f"doubled bit {EVENT}",
        f"{EVENT}, try 1: answered 200",
    ]
    assert [word for word in words if not any(word in row for row in rows)] == []
    until(lambda: [event["type"] for event in inbox.events].count(EVENT) == 3)


@pytest.mark.slow
def test_the_clock_is_frozen_and_moved(psp, open_page):
    page = open_page()

    page.get_by_role("button", name="Freeze").click()
    page.get_by_text("stands still", exact=True).wait_for()
    before = psp.control("GET", "/clock")
    page.get_by_label("Move forward by").fill("2")
    page.get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_text("moved forward by 2.0 d").wait_for()

    after = psp.control("GET", "/clock")
    assert before["frozen"]
    assert after["now_us"] - before["now_us"] == 2 * 86_400_000_000


@pytest.mark.slow
def test_it_works_without_scripts(psp, open_page):
    page = open_page(java_script_enabled=False)

    page.get_by_role("link", name="Faults", exact=True).click()
    page.locator("summary", has_text="drop-before").click()
    page.get_by_role("button", name="Switch drop-before on").click()

    page.get_by_text("drop-before is on.").wait_for()
    assert [fault["id"] for fault in psp.control("GET", "/faults")["data"]] == ["drop-before"]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_however_narrow_and_every_button_can_be_touched(psp, open_page, scheme):
    psp.control("POST", "/faults", id="x" * 100, where="webhook", kind="late", selector={"metadata": {"k": "v" * 90}})
    psp.control("POST", "/webhooks/hold")
    payment = psp.pay(description="w" * 300, **{"metadata[k]": "v" * 200}).json()
    page = open_page(color_scheme=scheme)

    widths = {}
    for path in ("", "/faults", "/payments", f"/payments/{payment['id']}", "/webhooks", "/journal"):
        page.goto(f"{psp.url}/_chaos/ui{path}")
        for width in (360, 390, 600, 840, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            widths[path, width] = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{psp.url}/_chaos/ui/webhooks")
    boxes = [button.bounding_box() for button in page.get_by_role("button").all()]

    assert widths == {(path, width): width for path, width in widths}
    assert len(boxes) > 5
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 24 for box in boxes)


def test_it_ends_while_somebody_looks(shared_psp, open_page):  # the last one: nobody can use it after this
    open_page()

    code = shared_psp.stop()

    assert code == ExitCode.HOLDS
