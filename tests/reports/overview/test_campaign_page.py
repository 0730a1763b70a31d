"""The page of a sweep: what failed comes first, with what has it again, then the chance of more."""

import pytest

from reports.campaign import PAGE, SUMMARY, read_campaign, render_campaign
from reports.campaign.chances import chances, together
from reports.campaign.headline import headline, validity
from reports.errors import EvidenceError
from reports.overview import export_overview, write_overview


@pytest.fixture
def read(folder_with):
    return lambda summary: read_campaign(folder_with(SUMMARY, summary))


@pytest.fixture
def render(folder_with):
    def page_of(summary):
        folder = folder_with(SUMMARY, summary)
        return render_campaign(read_campaign(folder), folder=folder)

    return page_of


def test_the_verdict_and_the_findings_come_first_each_with_the_command_that_has_it_again(
    summary, render, assert_well_made
):
    text = assert_well_made(render(summary)).text

    places = [
        text.index(words)
        for words in (
            "Three runs broke an invariant.",
            "Broken: I4 in 3, I10 in 3 runs.",
            "What failed",
            "lost-webhooks seed 41 I4 I10 I4, I10 broke after 3 s.",
            "paystorm run lost-webhooks --seed 41 --standard --swarm",
            "seed 42",
            "unknown I8: nobody can tell",
            "The chance of a finding",
            "3 of 99 and 1 unknown",
            "all together 3 of 199",
            "webhook lost 50",
        )
    ]
    assert places == sorted(places)


def test_a_report_that_was_kept_is_linked_from_where_the_page_is(summary, folder_with):
    summary["failing"][0]["report"] = "elsewhere/failing/lost-webhooks-41/report.html"
    summary["failing"][1]["report"] = "elsewhere/failing/lost-webhooks-42/report.html"
    folder = folder_with(SUMMARY, summary)
    kept = folder / "failing" / "lost-webhooks-41" / "report.html"
    kept.parent.mkdir(parents=True)
    kept.write_text("kept")

    page = render_campaign(read_campaign(folder), folder=folder)

    assert page.count("Its report") == 1
    assert 'href="failing/lost-webhooks-41/report.html"' in page


def test_a_sweep_that_found_nothing_says_how_little_that_rules_out(sound, render, assert_well_made):
    text = assert_well_made(render(sound)).text

    assert "Nothing was found." in text
    assert "With no finding in 200 runs, the chance of one per run is below 1.49 %, with 95 % confidence." in text
    assert "What would have been found" in text
    assert "duplicate-clicks 0 of 100 none seen at most 2.95 % more than 100" in text


def test_what_could_not_be_settled_is_in_no_share(summary, read):
    campaign = read(summary)

    lost, clicks = chances(campaign)

    assert (lost.found, lost.settled, lost.unknown, lost.breaches_s) == (3, 99, 1, (3.0, 7.5, 61))
    assert (clicks.share, clicks.seeds_needed, together(campaign).settled) == (0, None, 199)


@pytest.mark.parametrize(
    ("change", "words", "word"),
    [
        ({}, "Nothing was found.", "valid"),
        ({"is_complete": False}, "Nothing was found so far.", "unknown"),
        ({"canary": None}, "Nothing was found.", "valid"),
        ({"canary": {"found": False, "broken": [], "command": "c"}}, "The judge is blind.", "invalid"),
        (
            {"differences": [{"scenario": "s", "seed": 1, "first_difference": "here", "command": "c"}]},
            "A run could not be repeated.",
            "invalid",
        ),
        (
            {"unfinished": [{"scenario": "s", "seed": 1, "validity": "escaped", "note": "n", "command": "c"}]},
            "A run could not be repeated.",
            "invalid",
        ),
        (
            {"unfinished": [{"scenario": "s", "seed": 1, "validity": "failed", "note": "n", "command": "c"}]},
            "Not everything could be settled.",
            "unknown",
        ),
    ],
)
def test_what_weighs_most_is_the_headline(sound, read, change, words, word):
    campaign = read(sound | change)

    assert (headline(campaign), validity(campaign)) == (words, word)


def test_why_the_rest_is_doubtful_is_told_with_the_run_that_shows_it(sound, render):
    sound["differences"] = [{"scenario": "s", "seed": 8, "first_difference": "the diary, line 3", "command": "again 8"}]
    sound["canary"]["found"] = False

    page = render(sound)

    assert all(words in page for words in ("s seed 8", "the diary, line 3", "again 8", "nothing was found"))


def test_a_sweep_that_was_stopped_before_its_first_run_has_a_page(sound, render, assert_well_made):
    none = {"valid": 0, "unknown": 0, "invalid": 0}
    sound["runs"] |= none | {"judged": 0}
    sound["by_scenario"] = [tally | none for tally in sound["by_scenario"]]

    text = assert_well_made(render(sound | {"is_complete": False, "faults": {}, "counts": {}})).text

    assert "No run was judged." in text
    assert "Go on with it" in text
    assert "The chance of a finding per run" in text
    assert "0 of 0 not known not known not known" in text


def test_a_summary_of_an_earlier_version_has_a_page_too(summary, render, assert_well_made):
    for key in ("swarm", "changes", "jobs", "by_scenario", "faults"):
        del summary[key]

    text = assert_well_made(render(summary)).text

    assert "The runs do not say which kinds bit." in text
    assert "not recorded" in text


@pytest.mark.slow
def test_a_thousand_failing_runs_are_ranked_and_not_all_shown(summary, render):
    summary["failing"] = [summary["failing"][0] | {"rank": rank, "seed": rank} for rank in range(1, 1_001)]
    summary["runs"]["invalid"] = 1_000
    summary["by_scenario"][0]["invalid"] = 1_000

    page = render(summary)

    assert "The first 50 of 1,000; summary.json has all." in page
    assert len(page) < 500_000


def test_names_that_are_markup_are_shown_and_never_obeyed(summary, hostile, render, assert_well_made):
    summary |= {"command": hostile, "scenarios": [hostile, hostile], "changes": {hostile: hostile}}
    summary["failing"] = [run | {"scenario": hostile, "note": hostile} for run in summary["failing"]]
    summary["by_scenario"][0]["scenario"] = hostile
    summary["faults"] = {hostile: 3}

    text = assert_well_made(render(summary)).text

    assert '"><script>alert(1)</script>' in text
    assert r"\u202e" in text


@pytest.mark.parametrize(
    "change",
    [
        {"runs": {}},
        {"runs": 7},
        {"seeds": [1]},
        {"seeds": ["a", "b"]},
        {"failing": [5]},
        {"failing": [{}]},
        {"findings": {"I1": "many"}},
        {"scenarios": [1]},
        {"canary": 5},
        {"by_scenario": {}},
    ],
)
def test_a_damaged_summary_is_refused_with_its_place(summary, folder_with, change):
    folder = folder_with(SUMMARY, summary | change)

    with pytest.raises(EvidenceError, match=SUMMARY):
        write_overview(folder)


def test_a_sweep_that_was_killed_says_how_it_gets_its_page(folder_with):
    folder = folder_with("sweep.json", {})

    with pytest.raises(EvidenceError, match="goes on where it ended"):
        write_overview(folder)


@pytest.mark.slow
def test_the_page_is_made_again_from_the_folder_and_its_tables_with_it(summary, folder_with, tmp_path):
    summary["failing"][0]["note"] = "=cmd()"
    folder = folder_with(SUMMARY, summary)

    page = write_overview(folder)
    export_overview(folder, tmp_path / "export")

    assert page == folder / PAGE
    assert page.read_text() == render_campaign(read_campaign(folder), folder=folder)
    names = {path.relative_to(tmp_path / "export").as_posix() for path in (tmp_path / "export").rglob("*.*")}
    tables = {f"tables/{name}.{kind}" for name in ("failing", "scenarios", "faults") for kind in ("csv", "json")}
    figures = {f"figures/{name}.{kind}" for name in ("over-seeds", "over-time") for kind in ("svg", "png")}
    assert names == tables | figures
    lines = (tmp_path / "export" / "tables" / "failing.csv").read_text().splitlines()
    assert lines[1].startswith("1,lost-webhooks,41,invalid,3.0,I4 I10,'=cmd(),paystorm run")
    assert (tmp_path / "export" / "figures" / "over-time.png").read_bytes().startswith(b"\x89PNG")
