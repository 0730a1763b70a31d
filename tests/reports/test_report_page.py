"""The page: complete, accessible, harmless whatever the evidence contains, and the same every time."""

import base64
import hashlib
import re
import shutil

import pytest

from reports import judge
from reports.checks import CHECKS
from reports.page import render_page
from reports.report import write_report

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&lt;$x$'


@pytest.fixture
def render():
    def page_of(run):
        evidence = run.evidence()
        return render_page(evidence, judge(evidence))

    return page_of


@pytest.fixture
def broken_run(run):
    """Everything that a page can show: findings, refunds, faults, replays."""
    return broken(run)


@pytest.fixture(scope="module")
def broken_page(tmp_path_factory, sound_run):
    """The page of such a run, drawn once for all who only look at it."""
    evidence = broken(sound_run(tmp_path_factory.mktemp("broken") / "run")).evidence()
    return render_page(evidence, judge(evidence))


def broken(run):
    run.refunded("a", 300, seconds=100)
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.click("lost", seconds=50, took_s=None)
    run.psp_payment("pay_lost", "lost", seconds=51, amount_minor=700, currency="EUR")
    return run


def test_the_verdict_the_summary_and_the_replay_command_come_first(broken_page, outline_of):
    head, _, rest = broken_page.partition("<nav")
    text = " ".join("".join(outline_of(head + rest.partition("</nav>")[2]).pieces).split())

    places = [
        text.index(words)
        for words in (
            "The books did not hold.",
            "One purchase was charged more than once: EUR 10.00 too much.",
            "paystorm run tiny --seed 7",
            "What happened",
            "What broke",
            "How the worst of it happened",
            "Three views of the same money",
            "Over time",
            "What was checked",
            "What was broken on purpose",
        )
    ]
    assert places == sorted(places)


def test_a_valid_run_tells_how_the_slowest_payment_healed(run, render, outline_of):
    text = "".join(outline_of(render(run)).pieces)

    assert "The books held." in text
    assert "How the slowest payment healed" in text
    assert "Healed by worker 4.98\u00a0min after the money moved" in text


@pytest.mark.parametrize(("mode", "promises"), [("virtual", True), ("live", False)])
def test_only_a_virtual_run_is_promised_to_repeat_exactly(run, render, mode, promises, outline_of):
    run.manifest["mode"] = mode

    text = "".join(outline_of(render(run)).pieces)

    assert ("Replay exactly this run" in text) is promises
    assert ("The same seed gives the same digest" in text) is promises


def test_every_tag_is_closed_and_every_id_is_used_once(broken_page, outline_of):
    outline = outline_of(broken_page)

    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert outline.open == []
    assert len(ids) == len(set(ids))


def test_every_reference_inside_the_page_leads_somewhere(broken_page):
    ids = set(re.findall(r'\bid="([^"]+)"', broken_page))
    references = set(re.findall(r'(?:href="#|url\(#|aria-labelledby=")([^")]+)', broken_page))

    assert references
    assert references <= ids


def test_tables_have_captions_headers_have_scopes_and_drawings_say_what_they_show(broken_page, outline_of):
    outline = outline_of(broken_page)

    assert len(outline.all("table")) == len(outline.all("caption")) >= 6
    assert all(header.get("scope") in ("col", "row") for header in outline.all("th"))
    assert all(drawing["role"] == "img" and drawing["aria-label"] for drawing in outline.all("svg"))
    assert len(outline.all("figure")) == 4
    assert len(outline.all("h1")) == 1


def test_the_page_needs_nothing_from_elsewhere_and_forbids_every_script_but_its_own(broken_page, outline_of):
    page, outline = broken_page, outline_of(broken_page)
    policy = next(meta["content"] for meta in outline.all("meta") if "http-equiv" in meta)
    [own] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert len(outline.all("script")) == 1
    assert outline.all("link") == outline.all("img") == []
    assert not re.search(r"(src|href)=\"(?!#)|@import|url\((?!#)", page)


def test_hostile_text_is_shown_and_never_obeyed(run, render, outline_of):
    order = HOSTILE
    run.manifest |= {"scenario": HOSTILE, "story": HOSTILE, "command": HOSTILE, "plan": {HOSTILE: HOSTILE}}
    run.paid(order, seconds=60, currency=HOSTILE, healed_by="worker")
    run.psp_payment(f"pay_{order}", order, seconds=62, amount_minor=1, currency=HOSTILE, psp_id=HOSTILE)
    run.bite(HOSTILE, HOSTILE, seconds=61, where=HOSTILE, object=HOSTILE)

    outline = outline_of(render(run))

    handlers = [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
    assert outline.open == []
    assert handlers == outline.all("img") == []
    assert len(outline.all("script")) == 1
    assert HOSTILE in "".join(outline.pieces)


def test_characters_that_hide_or_turn_text_around_are_made_visible(run, render, outline_of):
    run.manifest["command"] = "paystorm\u202emrots\u0007"

    text = "".join(outline_of(render(run)).pieces)

    assert r"paystorm\u202emrots\u0007" in text


def test_the_page_is_the_same_every_time(broken_run, render, broken_page):
    assert render(broken_run) == broken_page


def test_drawings_take_their_colours_from_the_page(run, render):
    page = render(run)

    assert "var(--figure-ink)" in page
    assert not re.search(r"#0[1-7]0[1-7]0[1-7]\b", page)


def test_a_drawing_has_room_for_every_source_of_news(run, render):
    for number, source in enumerate(["dispatch", "webhook", "worker", "api", "reconciliation" * 5]):
        run.paid(f"more-{number}", seconds=60 + number, healed_by=source)

    page = render(run)

    assert page.count("reconciliationre (1)") == 2  # once wide, once narrow


def test_a_page_about_almost_nothing_is_still_a_page(run, render, outline_of):
    run.diary, run.service, run.psp = [], {}, {name: [] for name in run.psp}

    outline = outline_of(render(run))

    assert "Nobody can tell." in "".join(outline.pieces)
    assert outline.open == []


def test_a_check_that_was_skipped_is_shown_with_its_reason(run, render, outline_of):
    run.service = {}

    text = "".join(outline_of(render(run)).pieces)

    assert "Skipped: the evidence has no service.payments." in text


def test_every_check_has_a_row_and_one_that_had_nothing_to_look_at_says_so(run, render):
    run.manifest["plan"] = {"service": {"settlement_period_s": 600, "settlement_delay_max_s": 1_800}}
    run.misreport("settlement-row-wrong", run.movement("pi_pay_a"))

    page = render(run)

    rows = page.partition('id="checks"')[2].partition("</section>")[0]
    assert all(f'<span class="id">{check.id}</span> {check.title}' in rows for check in CHECKS)
    assert rows.count(">untried</span>") == 3
    assert "line-wrong: 1 planted, 0 found, 1 missed; recall 0%" in rows


def test_many_disagreeing_purchases_are_counted_but_not_all_listed(run, render):
    for number in range(120):
        run.click(f"lost-{number}", seconds=50, took_s=None)
        run.psp_payment(f"pay_{number}", f"lost-{number}", seconds=51, amount_minor=700, currency="EUR")

    page = render(run)

    assert "50 of 120" in page
    assert len(page) < 2_000_000


def test_a_report_is_three_files_in_the_folder_of_the_run(run):
    run.evidence()

    page = write_report(run.folder)

    assert page == run.folder / "report.html"
    assert {"report.html", "verdict.json", "junit.xml"} <= {path.name for path in run.folder.iterdir()}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_nothing_overflows_and_nothing_is_fetched(broken_run, scheme):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    broken_run.evidence()
    address = write_report(broken_run.folder).as_uri()

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme=scheme)
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.goto(address)
        widths = {}
        for width in (380, 600, 840, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            widths[width] = page.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert widths == {width: width for width in widths}
    assert seen == [address]


def test_what_could_not_be_done_is_said(run, render):
    run.manifest["left_out"] = ["skew <b>: nobody may turn the machine's clock"]

    page = render(run)

    assert "Left out of the scenario" in page
    assert "skew &lt;b&gt;: nobody may turn the machine&#39;s clock" in page
