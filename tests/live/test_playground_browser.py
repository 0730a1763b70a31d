"""The playground in a real browser, as somebody uses it who has just started it."""

import re
import shutil
import signal
import subprocess
from urllib.parse import urlsplit

import pytest

from scenarios.cli.exit_codes import ExitCode

CHROMIUM = shutil.which("chromium")
LAST_LINE = "Ctrl-C stops everything."

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


@pytest.fixture
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def test_somebody_pays_breaks_something_and_finds_everything_else(paystorm, browser, is_taken):
    ports = ("--port", "0", "--psp-port", "0", "--page-port", "0", "--load-port", "0")
    serve = paystorm("serve", *ports)
    addresses = dict(re.findall(r"^(open|service|PSP|Locust) +(\S+)$", serve.output_until(LAST_LINE), re.MULTILINE))
    context = browser.new_context()
    complaints = []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(addresses["open"])
    _pay_by_the_printed_command(page)
    _break_something(page)
    _follow_the_links(page, addresses)
    serve.signal(signal.SIGTERM)
    page.get_by_role("alert").wait_for()  # that nobody answers any more

    assert [text for text in complaints if "ERR_CONNECTION_REFUSED" not in text] == []
    assert serve.wait() == ExitCode.HOLDS
    assert serve.survivors() == []
    assert not any(is_taken(urlsplit(address).port) for address in addresses.values())


def test_it_works_without_scripts_and_on_a_telephone_and_shows_who_is_missing(paystorm, browser):
    ports = ("--port", "0", "--psp-port", "0", "--page-port", "0")
    serve = paystorm("serve", "--no-load", *ports, "--faults", "lost-webhooks")
    link = re.search(r"^open +(\S+)$", serve.output_until(LAST_LINE), re.MULTILINE)[1]
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()

    page.goto(link)
    page.get_by_role("button", name="Click 5 times at once").click()

    assert "5 clicks, 1 payment" in page.get_by_role("status").inner_text()
    assert page.get_by_role("link", name="Locust").count() == 0
    assert page.get_by_role("button", name="Copy").count() == 0
    assert page.get_by_text("webhook-lost").count() == 1
    assert page.locator("body").bounding_box()["width"] <= 390
    page.get_by_role("button", name="Switch all faults off").click()
    page.get_by_text("Fair weather").wait_for()


def _pay_by_the_printed_command(page):
    """Run the first command as it stands there, and see the payment come without loading the page again."""
    line = page.locator("pre").first.inner_text()
    order = re.search(r"order-\w{6}", line)[0]

    answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30).stdout

    assert "HTTP/1.1 202" in answer
    row = page.get_by_role("row").filter(has_text=order)
    row.get_by_text("SUCCESS").first.wait_for()


def _break_something(page):
    page.get_by_role("button", name="Switch Lost webhooks on").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text() == "Lost webhooks is on."
    for _ in range(6):
        page.get_by_role("button", name="Pay 19.99 EUR").click()
        page.get_by_role("status").wait_for()
    page.get_by_text(re.compile(r"^webhook-lost has bitten [1-9]")).wait_for()
    page.get_by_role("button", name="Switch Lost webhooks off").click()
    page.get_by_text("Fair weather").wait_for()


def _follow_the_links(page, addresses):
    with page.expect_popup() as opened:
        page.get_by_role("button", name=re.compile("^The PSP.s page")).click()
    opened.value.get_by_role("heading", name="Overview").wait_for()
    for name, found in (("Metrics", "paystorm_payments"), ("OpenAPI", '"openapi"')):
        with page.expect_popup() as opened:
            page.get_by_role("link", name=name).click()
        opened.value.get_by_text(found).first.wait_for()
    page.get_by_role("row").filter(has_text="locust").get_by_text("answers").wait_for()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Locust").click()
    opened.value.get_by_role("button", name="Start").wait_for()
    assert opened.value.url.startswith(addresses["Locust"])
