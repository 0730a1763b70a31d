"""Locust's pages in a real browser: start a load there, stop it, end it, and be judged."""

import json
import socket
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from reports.evidence import load_run
from scenarios.cli.exit_codes import ExitCode
from scenarios.live.diary_file import DiaryReader

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")
def test_a_load_is_started_stopped_and_ended_in_the_browser(paystorm, is_taken, tmp_path):
    folder, port = tmp_path / "run", _free_port()
    load = paystorm("load", "duplicate-clicks", "--users", "5", "--web-port", str(port), "--out", str(folder), "--json")
    pages = f"http://127.0.0.1:{port}"
    load.until(lambda: is_taken(port))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(pages)
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("create payment")).to_be_visible(timeout=20_000)
        load.until(lambda: any(row["status_shown"] == "SUCCESS" for row in _asked(folder)))
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("tab", name="Download Data").click()
        page.get_by_role("link", name="End the load").click()
        page.get_by_role("button", name="End the load").click()
        expect(page.get_by_text("The load has ended")).to_be_visible()
        browser.close()
    output, errors = load.process.communicate(timeout=90)

    assert load.process.returncode == ExitCode.HOLDS, output + errors
    assert json.loads(output)["validity"] == "valid"
    assert len(load_run(folder).diary) > 5
    assert load.survivors() == []


def _asked(folder: Path):
    return DiaryReader(folder / "logs" / "customers.jsonl").read_on()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
