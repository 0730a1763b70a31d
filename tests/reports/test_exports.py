"""The report as files: every figure and table, the same bytes each time, and nothing that a spreadsheet would run."""

import csv
import json
import xml.etree.ElementTree as ET

import pytest

from reports import judge
from reports.errors import ExportFailed
from reports.exports import export, export_tables
from reports.tables import Tables
from reports.truth import Truth
from scenarios.cli.main import run_command

FORMULA = '=HYPERLINK("http://example.invalid","look")'


@pytest.fixture
def hostile_run(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.record("double-capture", "pi_again", seconds=500, state=FORMULA)
    run.click(FORMULA, seconds=50, took_s=None)
    run.psp_payment("pay_lost", FORMULA, seconds=51, amount_minor=700, currency="EUR")
    return run


@pytest.fixture
def tables(hostile_run, tmp_path):
    """The tables as they are read back, by the names of their files."""
    evidence = hostile_run.evidence()
    paths = export_tables(Tables(evidence, Truth.rebuild(evidence)), judge(evidence), tmp_path)
    return {path.name: rows_of(path) for path in paths}


def rows_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else list(csv.DictReader(text.splitlines()))


def test_every_table_is_csv_and_json_with_the_same_rows_and_columns(tables):
    names = {name.removesuffix(".csv") for name in tables if name.endswith(".csv")}

    assert {"purchases", "disagreements", "checks", "stories", "risks", "discoveries", "requests"} < names
    assert len(tables) == 2 * len(names)
    for name in names:
        lines, rows = tables[f"{name}.csv"], tables[f"{name}.json"]
        assert len(lines) == len(rows)
        assert [key.removeprefix("'") for key in (lines[0] if lines else ())] == list(rows[0] if rows else ())


def test_text_that_is_a_formula_is_text_in_the_spreadsheet_and_itself_in_json(tables):
    lines = [row for name, rows in tables.items() if name.endswith(".csv") for row in rows]
    cells = [cell for row in lines for pair in row.items() for cell in pair]

    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert FORMULA in [row["order"] for row in tables["purchases.json"]]


def test_numbers_stay_numbers_and_what_is_missing_is_empty(tables):
    row = next(row for row in tables["purchases.json"] if row["order"] == FORMULA)
    line = next(row for row in tables["purchases.csv"] if FORMULA in row["order"])

    assert (row["captured_minor"], row["told_minor"], row["agrees"]) == (700, None, False)
    assert (line["captured_minor"], line["told_minor"], line["agrees"]) == ("700", "", "False")


@pytest.mark.slow
def test_every_figure_is_svg_and_png_stands_for_itself_and_is_the_same_every_time(hostile_run, tmp_path):
    evidence = hostile_run.evidence()
    verdict = judge(evidence)

    once, again = (export(evidence, verdict, tmp_path / name) for name in ("once", "again"))

    names = {path.name for path in once if path.parent.name == "figures"}
    assert {f"{name}.{ending}" for name in ("risk", "heal", "waiting", "flow") for ending in ("svg", "png")} < names
    assert "story-I1.svg" in names
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]
    for path in once:
        content = path.read_bytes()
        if path.suffix == ".svg":
            assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
            assert b"var(" not in content
            assert b"paystorm:" not in content
        elif path.suffix == ".png":
            assert content.startswith(b"\x89PNG")


def test_the_command_writes_them_and_says_where(run, tmp_path, capsys):
    run.evidence()

    code = run_command(["report", str(run.folder), "--export", str(tmp_path / "out")])

    assert code == 0
    assert (tmp_path / "out" / "tables" / "totals.csv").exists()
    assert str(tmp_path / "out") in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_code_2(run, tmp_path, capsys):
    run.evidence()
    (tmp_path / "out").write_text("a file")

    code = run_command(["report", str(run.folder), "--export", str(tmp_path / "out")])

    assert code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "choose another folder" in line


def test_what_cannot_be_written_is_an_error_of_the_reports(run, tmp_path):
    evidence = run.evidence()
    (tmp_path / "figures").write_text("a file")

    with pytest.raises(ExportFailed, match="choose another folder"):
        export(evidence, judge(evidence), tmp_path)
