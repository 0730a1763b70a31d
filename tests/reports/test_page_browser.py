"""The page in a real browser: nothing hostile runs, all is there without scripts, and with them it sorts and finds."""

import itertools
import shutil

import pytest

from reports.report import write_report

CHROMIUM = shutil.which("chromium")
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script></details></table><svg/onload=alert(3)>{{7*7}}'
JUNK = "javascript:alert(4)//'\"</style></title><iframe srcdoc='<script>alert(5)</script>'>"

pytestmark = [
    pytest.mark.slow,
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


@pytest.fixture
def complaints():
    return []


@pytest.fixture
def open_page(browser, complaints):
    """Open a file in a window of its own; dialogs, errors and requests are kept."""
    contexts = []

    def opened(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url == path.as_uri() or complaints.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def report(run):
    """A run in which three purchases disagree, one with a double capture that the service gave back."""
    run.refunded("a", 300, seconds=100)
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.record("double-capture", "pi_again", seconds=500, state="repaired")
    run.psp_payment("pay_c", "c", seconds=32, amount_minor=50, currency="EUR", psp_id="pi_again_too")
    run.click("lost", seconds=50, took_s=None)
    run.psp_payment("pay_lost", "lost", seconds=51, amount_minor=700, currency="EUR")
    run.evidence()
    return write_report(run.folder)


@pytest.fixture
def hostile_report(run):
    """A run in which everything that a stranger may name has a name that attacks."""
    names = {"scenario": HOSTILE, "story": JUNK, "command": HOSTILE, "commit": JUNK}
    run.manifest |= names | {"plan": {HOSTILE: JUNK}, "counts": {JUNK: 1}, "versions": {HOSTILE: JUNK}}
    payment_id = run.paid(HOSTILE, seconds=60, currency=JUNK, healed_by=HOSTILE)
    run.click(HOSTILE, seconds=70, key=JUNK, error=JUNK, took_s=None)
    run.psp_payment(payment_id, HOSTILE, seconds=62, amount_minor=9_999, currency=JUNK, psp_id=JUNK)
    run.record(HOSTILE, JUNK, seconds=400, state=JUNK, description=HOSTILE)
    run.service["transitions"][-1] |= {"reason": JUNK, "to_state": HOSTILE}
    run.payment_row(payment_id)["failure_reason"] = HOSTILE
    run.receive(JUNK, seconds=90, state=HOSTILE, psp_object_id=JUNK)
    run.deliver(HOSTILE, JUNK, seconds=91, fault=HOSTILE, event_type=JUNK)
    run.journal("request", seconds=92, operation=HOSTILE, object=JUNK, status=200, fault=JUNK)
    run.bite(HOSTILE, JUNK, seconds=61, where=HOSTILE, object=JUNK, target=HOSTILE)
    run.evidence()
    return write_report(run.folder)


@pytest.mark.parametrize("scripts", [True, False])
def test_hostile_names_run_nothing_fetch_nothing_and_become_no_element(hostile_report, open_page, complaints, scripts):
    page = open_page(hostile_report, java_script_enabled=scripts)
    for summary in page.locator("summary").all():
        if summary.is_visible():
            summary.click()
    page.wait_for_timeout(300)

    foreign = page.locator(
        "img, iframe, object, embed, form, link, base, script ~ script, [onerror], [onload], [srcdoc]"
    )
    assert foreign.count() == 0
    assert page.locator("script").count() == 1
    assert (
        page.locator("a").evaluate_all("links => links.every(link => link.getAttribute('href').startsWith('#'))")
        if scripts
        else True
    )
    assert page.locator("main").text_content().count(HOSTILE) > 10
    assert complaints == []


def test_without_scripts_everything_is_there_and_unfolds(report, open_page, complaints):
    page = open_page(report, java_script_enabled=False)

    assert page.get_by_role("button").count() == 0
    behind = page.locator(".behind details").first
    behind.locator("summary").click()
    assert behind.get_by_text("What the customer was told").is_visible()
    assert behind.get_by_text("How it came").is_visible()
    page.get_by_text("The same as a table").first.click()
    assert page.locator("table.lanes").first.is_visible()
    assert complaints == []


def test_with_scripts_a_table_is_sorted_by_keyboard_searched_and_unfolded(report, open_page, complaints):
    page = open_page(report)
    table = page.locator("table.tooled").first
    orders = table.locator("> tbody > tr > th")

    table.get_by_role("button", name="Purchase").focus()
    page.keyboard.press("Enter")
    rising = orders.all_inner_texts()
    page.keyboard.press("Enter")
    falling = orders.all_inner_texts()
    heading = table.get_by_role("columnheader", name="Purchase").get_attribute("aria-sort")
    page.get_by_label("Find in this table").first.fill("double-capture (repaired)")

    assert rising == sorted(rising) == falling[::-1] == ["a", "c", "lost"]
    assert heading == "descending"
    assert [one.inner_text() for one in orders.all() if one.is_visible()] == ["a"]
    assert page.get_by_role("status").first.inner_text() == "1 of 3"
    page.locator("section[aria-labelledby=views]").get_by_role("button", name="Unfold all").click()
    assert table.get_by_text("How it came").last.is_visible()
    assert complaints == []


def test_what_was_sorted_by_number_is_in_the_order_of_numbers(run, open_page):
    for number, times in enumerate((2, 11, 1)):
        for _ in range(times):
            run.bite(f"fault-{number}", "lost", seconds=100 + number)
    run.evidence()
    page = open_page(write_report(run.folder))
    faults = page.locator("section[aria-labelledby=faults]")

    faults.get_by_role("button", name="Bites").click()

    assert faults.locator("td[data-label=Bites]").all_inner_texts() == ["1", "1", "2", "11"]


@pytest.mark.parametrize("scripts", [True, False])
def test_in_print_everything_is_unfolded_and_no_table_is_cut(report, open_page, scripts):
    page = open_page(report, java_script_enabled=scripts, viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")

    assert page.locator(".behind").get_by_text("How it came").first.is_visible()
    assert page.locator("table.lanes").first.is_visible()
    assert not page.locator("nav").first.is_visible()
    assert not page.locator(".narrow").first.is_visible()
    assert page.locator("table").evaluate_all(
        "tables => tables.every(table => table.getBoundingClientRect().right <= innerWidth + 1)"
    )


def test_the_outline_is_in_order_and_the_first_tab_skips_to_the_report(report, open_page):
    page = open_page(report)

    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert page.evaluate("document.activeElement.id") == "main"
    assert [page.get_by_role(role).count() for role in ("banner", "navigation", "main", "contentinfo")] == [1, 1, 1, 1]
