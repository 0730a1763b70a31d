"""The page of a kill matrix: what was missed comes first, and the sound service stands beside every habitat."""

import re

import pytest

from reports.errors import EvidenceError
from reports.kill_matrix import PAGE, SUMMARY, read_matrix, render_matrix
from reports.overview import export_overview, write_overview


@pytest.fixture
def render(folder_with):
    return lambda matrix: render_matrix(read_matrix(folder_with(SUMMARY, matrix)))


def test_every_defect_stands_in_its_habitat_with_what_found_it(matrix, render, assert_well_made):
    outline = assert_well_made(render(matrix))

    assert "Every defect was found." in outline.text
    assert "The median defect needed 2 seeds, the hardest 9." in outline.text
    assert "The sound service held in all 6 runs" in outline.text
    rows = [row for row in re.findall(r"<tr.*?</tr>", outline.page, re.DOTALL) if 'class="defect"' in row]
    assert [re.findall(r'aria-label="(I\d+) ([^"]+)"', row) for row in rows] == [
        [("I1", "broke, and had to"), ("I4", "broke besides"), ("I9", "was not needed")]
    ] * 3
    assert outline.page.count('<th scope="row">the sound service</th>') == 2
    assert outline.text.count("holds in all") == 2


def test_what_was_missed_comes_before_the_matrix(matrix, render, assert_well_made):
    matrix["rows"][0] |= {"state": "survived", "broken": {}, "seed": None, "command": None, "first_breach_s": None}
    accused = {"seeds_tried": 2, "findings": 1, "cpu_s": 0.3, "commands": ["paystorm run accused"]}
    matrix["rows"][1] |= {"sound": accused}
    matrix["rows"][2] |= {"broken": {"I7": 3.0}}

    text = assert_well_made(render(matrix)).text

    places = [
        text.index(words)
        for words in (
            "One defect survived.",
            "What the judge missed",
            "survived key-per-try",
            "it must break I1, I9",
            "accused the sound service in the habitat of always-200",
            "paystorm run accused",
            "found by others late in clocks",
            "I7 broke, and none of I1, I9",
            "The matrix",
        )
    ]
    assert places == sorted(places)


def test_a_matrix_that_was_stopped_acquits_nobody(matrix, render, assert_well_made):
    untried = {"seeds_tried": 0, "findings": 0, "cpu_s": 0, "commands": []}
    for row in matrix["rows"]:
        row |= {"state": "open", "broken": {}, "seed": None, "command": None, "first_breach_s": None, "sound": untried}

    text = assert_well_made(render(matrix | {"seeds_median": None})).text

    assert "None of 3 defects were found so far." in text
    assert "not tried yet" in text


def test_names_that_are_markup_are_shown_and_never_obeyed(matrix, hostile, render, assert_well_made):
    words = {"defect": hostile, "what": hostile, "scenario": hostile, "seen_in": hostile, "command": hostile}
    matrix["rows"][0] |= words | {"broken": {hostile: 1.0}, "breaks": [hostile]}

    assert '"><script>alert(1)</script>' in assert_well_made(render(matrix)).text


@pytest.mark.parametrize("change", [{"rows": 5}, {"rows": [{}]}, {"runs": "many"}])
def test_a_damaged_matrix_is_refused_with_its_place(matrix, folder_with, change):
    folder = folder_with(SUMMARY, matrix | change)

    with pytest.raises(EvidenceError, match=SUMMARY):
        write_overview(folder)


def test_the_page_is_made_again_from_the_folder_and_its_tables_with_it(matrix, folder_with, tmp_path):
    folder = folder_with(SUMMARY, matrix)

    page = write_overview(folder)
    export_overview(folder, tmp_path / "export")

    assert page == folder / PAGE
    lines = (tmp_path / "export" / "tables" / "matrix.csv").read_text().splitlines()
    assert lines[0] == "defect,scenario,state,seeds,cpu_s,first_breach_s,I1,I4,I9,command"
    assert lines[1].startswith("key-per-try,lost-webhooks,found,1,0.4,3.5,True,True,False,paystorm run")
    assert (tmp_path / "export" / "figures" / "found-by-seeds.svg").exists()
