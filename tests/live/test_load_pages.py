"""Locust's pages in a real browser: start a load, see a fault bite in the tab, end it, and read the verdict."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from reports.evidence import load_run
from scenarios.cli.exit_codes import ExitCode
from scenarios.live.diary_file import DiaryReader

CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u202e"
PATIENCE_MS = 30_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_load_is_started_watched_switched_and_ended_in_the_browser(paystorm, is_taken, free_port, browser, tmp_path):
    folder, pages = tmp_path / "run", f"http://127.0.0.1:{free_port}"
    load = paystorm(
        "load", "duplicate-clicks", "--users", "5", "--web-port", str(free_port), "--out", str(folder), "--json"
    )
    load.until(lambda: is_taken(free_port))

    page = browser.new_page()
    page.goto(pages)
    page.get_by_role("combobox", name="scenario").select_option("lost-webhooks")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("tab", name="Reconciliation").click()
    tab = page.frame_locator("iframe[title=Reconciliation]")
    expect(tab.get_by_text("Faults of lost-webhooks")).to_be_visible(timeout=PATIENCE_MS)
    expect(tab.locator("#purchases")).not_to_have_text("0", timeout=PATIENCE_MS)
    fault = tab.get_by_role("switch", name="flaky-network", exact=True)
    fault.focus()
    page.keyboard.press("Space")
    expect(fault).to_have_attribute("aria-checked", "true", timeout=PATIENCE_MS)
    row = tab.locator("li", has=fault)
    expect(row).not_to_contain_text("bit 0 times", timeout=PATIENCE_MS)
    expect(fault).to_be_focused()  # it was updated, and not made anew under the hand
    _outsiders_are_refused(pages)
    _hostile_names_are_only_text(browser, pages)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("tab", name="Download Data").click()
    page.get_by_role("link", name="End the load").click()
    page.get_by_role("button", name="End the load").click()
    expect(page.get_by_text("The load has ended")).to_be_visible()
    expect(page.get_by_text(str(folder / "report.html"))).to_be_visible()
    output, errors = load.process.communicate(timeout=90)

    assert load.process.returncode == ExitCode.HOLDS, output + errors
    assert json.loads(output)["validity"] == "valid"
    page.goto((folder / "report.html").as_uri())
    expect(page.get_by_text("Nobody lost money or paid twice").first).to_be_visible()
    evidence = load_run(folder)
    assert len(evidence.diary) > 5
    assert any(bite.fault.startswith("flaky-network.") for bite in evidence.faults)
    assert evidence.manifest.scenario == "lost-webhooks"
    assert "Switched on by hand: flaky-network." in evidence.manifest.story
    assert load.survivors() == []
    assert len(DiaryReader(folder / "logs" / "customers.jsonl").read_on()) > 5


def _outsiders_are_refused(pages):
    """Another site may neither press buttons nor read, nor take a name of its own for this machine."""
    switch = {"name": "flaky-network", "on": False}
    evil = {"Origin": "http://evil.example"}
    with httpx.Client(base_url=pages, trust_env=False) as http:
        word = http.get("/reconciliation").text.partition('name="word" content="')[2].partition('"')[0]
        refused = [
            http.post("/reconciliation/switch", json=switch),
            http.post("/reconciliation/switch", json=switch, headers={"X-Paystorm-Word": "guessed"}),
            http.post("/reconciliation/switch", json=switch, headers={"X-Paystorm-Word": word, **evil}),
            http.post("/stop", headers=evil),
            http.post("/end", headers=evil),
            http.get("/reconciliation", headers={"Host": "evil.example"}),
        ]
        readable = [http.get(path, headers=evil) for path in ("/", "/reconciliation", "/reconciliation/state")]
        start = {"user_count": "1", "spawn_rate": "1"}
        unknown = http.post("/swarm", data=start | {"scenario": "/etc/passwd"})
        elsewhere = http.post("/swarm", data=start | {"host": "http://evil.example"})
        huge = [
            http.post("/swarm", data=start | {"scenario": "x" * 100_000}),
            http.post("/reconciliation/switch", content=iter([b"x" * 100_000]), headers={"X-Paystorm-Word": word}),
        ]

        assert [answer.status_code for answer in refused] == [403] * 6
        assert {answer.headers["access-control-allow-origin"] for answer in readable} == {pages}
        assert (unknown.status_code, elsewhere.status_code) == (400, 400)
        assert [answer.status_code for answer in huge] == [413, 400]  # what does not tell its length is not read
        assert "Bearer" not in readable[1].text + readable[2].text


def _hostile_names_are_only_text(browser, pages):
    context = browser.new_context(color_scheme="dark", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.route("**/reconciliation/state", lambda route: route.fulfill(json=_hostile_state()))
    page.goto(f"{pages}/reconciliation")

    expect(page.get_by_role("rowheader", name=HOSTILE)).to_be_visible()
    expect(page.get_by_role("switch", name=HOSTILE)).to_be_visible()
    assert page.title() == "Paystorm: reconciliation"
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390  # tables scroll inside, never the page
    context.close()


def _hostile_state():
    pile = {"count": 1, "sum": HOSTILE}
    side = dict.fromkeys(("paid", "back", "unpaid", "unknown"), pile)
    return {
        "at_us": 1_767_225_600_000_000,
        "look_ms": 3,
        "scenario": HOSTILE,
        "title": HOSTILE,
        "faults": [{"name": HOSTILE, "group": "scenario", "what": HOSTILE, "on": True, "bites": 3}],
        "purchases": 1,
        "disagreements": 1,
        "disagreeing": [
            {"order": HOSTILE, "told": HOSTILE, "booked": "x", "moved": "x", "back": "", "word": "not settled yet"}
        ],
        "currencies": [
            {
                "currency": HOSTILE,
                "told": side,
                "booked": side,
                "moved": side,
                "risk": pile,
                "agreeing": 0,
                "disagreeing": 1,
            }
        ],
        "findings": [{"id": "I1", "title": HOSTILE, "sentence": HOSTILE, "first": HOSTILE, "for_good": True}],
    }
