"""The pages about many runs in a real browser: whatever names they show, nothing runs, is fetched or overflows."""

import shutil

import pytest

from reports.campaign import SUMMARY, write_campaign
from reports.comparison import Side, compare, write_comparison
from reports.kill_matrix import SUMMARY as MATRIX
from reports.kill_matrix import write_matrix

CHROMIUM = shutil.which("chromium")
WIDTHS = (390, 600, 840, 1280)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


@pytest.fixture
def campaign(summary, hostile, folder_with):
    summary["failing"] = [
        run | {"scenario": hostile, "note": hostile, "command": hostile} for run in summary["failing"]
    ]
    summary |= {"scenarios": [hostile * 3, "b"], "faults": {f"{hostile} {hostile}": 5}, "changes": {hostile: hostile}}
    return write_campaign(folder_with(SUMMARY, summary))


@pytest.fixture
def kill_matrix(matrix, hostile, folder_with):
    matrix["rows"][0] |= {"defect": hostile, "what": hostile, "scenario": hostile, "command": hostile}
    matrix["rows"][0] |= {"breaks": [f"I{number}" for number in range(1, 13)], "broken": {"I1": 1.0, hostile: 2.0}}
    return write_matrix(folder_with(MATRIX, matrix))


@pytest.fixture
def comparison(run, hostile, tmp_path):
    one = Side.of(hostile, run.evidence())
    run.manifest |= {"mode": "live", "scenario": hostile, "command": hostile, "plan": {hostile: hostile * 3}}
    run.paid(hostile, seconds=60, currency=hostile)
    run.bite(hostile, hostile, seconds=61, where=hostile)
    page = tmp_path / "comparison.html"
    write_comparison(compare(one, Side.of("other", run.evidence())), page)
    return page


@pytest.mark.parametrize("name", ["campaign", "kill_matrix", "comparison"])
def test_nothing_runs_is_fetched_or_overflows(name, request):
    address = request.getfixturevalue(name).as_uri()
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        seen: list[str] = []
        widths = {}
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme)
            page.on("request", lambda request: seen.append(request.url))
            page.on("console", lambda message: seen.append(message.text))
            page.on("dialog", lambda dialog: seen.append(dialog.message))
            page.goto(address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                widths[scheme, width] = page.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert widths == {(scheme, width): width for scheme, width in widths}
    assert seen == [address, address]
