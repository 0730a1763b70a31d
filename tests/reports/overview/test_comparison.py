"""Two runs held against each other: what differs, what may be chance, and where the simulation was optimistic."""

import copy
import json

import pytest

from reports.comparison import Side, Turn, compare, render_comparison
from scenarios.cli.main import run_command


@pytest.fixture
def other(run, tmp_path):
    """The same run once more, for a test to change."""
    twin = copy.deepcopy(run)
    twin.folder = tmp_path / "other"
    return twin


@pytest.fixture
def compared(run, other):
    def hold():
        one, two = (Side.of(tiny.folder.name, tiny.evidence()) for tiny in (run, other))
        return compare(one, two)

    return hold


@pytest.fixture
def desk(run, other, tmp_path, monkeypatch):
    """The folder in which somebody has both runs, as `run` and `other`."""
    monkeypatch.chdir(tmp_path)
    for tiny in (run, other):
        tiny.evidence()
    return tmp_path


def timing(comparison, name):
    return next(one for one in comparison.timings if one.name == name)


def ending(comparison, unit, state):
    distribution = next(one for one in comparison.distributions if one.unit == unit)
    return next(one for one in distribution.endings if one.state == state)


def test_a_run_and_its_repetition_are_one(compared):
    comparison = compared()

    assert comparison.headline == "One and the same run."
    assert comparison.sameness.records
    assert comparison.settings == comparison.optimism == ()
    assert {one.turn for one in comparison.invariants} == {Turn.SAME}


def test_where_two_runs_part_that_should_be_one_is_named(other, compared):
    other.diary[2]["answered_at_us"] += 1_000_000
    other.service["transitions"][-1]["reason"] = "later"

    comparison = compared()

    assert comparison.sameness.should_be
    assert "should have been the same" in comparison.lead
    parting = comparison.sameness.parting
    assert parting is not None
    assert (parting.book, parting.row, parting.at_s) == ("the customers' diary", 3, 20.0)
    assert [text.rpartition(", ")[2] for text in parting.rows] == ["answered_at_us 20100000", "answered_at_us 21100000"]


def test_rows_that_only_one_run_has_are_where_they_part(other, compared):
    other.bite("late", "late", seconds=70)

    parting = compared().sameness.parting

    assert parting is not None
    assert (parting.book, parting.at_s, parting.rows[0]) == ("the faults", 70.0, "nothing more")


@pytest.mark.parametrize("change", [{"mode": "live"}, {"seed": 8}])
def test_runs_that_nobody_expects_to_be_one_do_not_part(other, compared, change):
    other.manifest |= change
    other.diary.pop()

    comparison = compared()

    assert (comparison.sameness.should_be, comparison.sameness.parting) == (False, None)


def test_what_broke_is_new_and_what_holds_again_is_fixed(run, other):
    other.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    sound, broken = (Side.of(tiny.folder.name, tiny.evidence()) for tiny in (run, other))

    worse, better = compare(sound, broken), compare(broken, sound)

    (double,) = [one for one in worse.turned(Turn.BROKEN) if one.id == "I1"]
    assert (double.words, double.breaches) == (("holds", "broken"), (0, 1))
    assert double.sentences[1] == "One purchase was charged more than once: EUR\u00a010.00 too much."
    assert (worse.headline.startswith("I1"), worse.headline.endswith("newly broken.")) == (True, True)
    assert better.headline.endswith("fixed.")
    assert {one.id for one in better.turned(Turn.FIXED)} == {one.id for one in worse.turned(Turn.BROKEN)}
    assert ending(worse, "purchases", "more than once").counts == (0, 1)


def test_few_payments_differ_by_chance_and_many_do_not(run, other, compared):
    few = compared()
    for number in range(40):
        run.paid(f"more-{number}", seconds=100 + number)
        other.declined(f"more-{number}", seconds=100 + number)

    many = compared()

    assert not ending(few, "payments", "FAILED").is_apart
    failed = ending(many, "payments", "FAILED")
    assert (failed.counts, failed.totals, failed.is_apart) == ((1, 41), (44, 44), True)
    assert failed.difference.low > 0.75
    assert "How payments and purchases ended differs by more than chance." in many.lead


def test_a_service_that_shows_no_payments_leaves_their_states_unknown(other, compared):
    other.service = {}

    comparison = compared()

    assert comparison.distributions[0].missing == "not both runs have the service's payments"
    assert {one.turn for one in comparison.invariants if one.words[1] == "skipped" != one.words[0]} == {Turn.DOUBTFUL}


def test_quantiles_stand_side_by_side_and_few_values_are_marked(run, other, compared):
    for number in range(40):
        run.click(f"more-{number}", seconds=100 + number, took_s=0.1)
        other.click(f"more-{number}", seconds=100 + number, took_s=0.4)

    answers = timing(compared(), "Answer to a payment")

    half, most, nearly_all = answers.quantiles
    assert (half.one and half.one.value, half.other and half.other.value) == (0.1, 0.4)
    assert (half.is_apart, half.is_thin) == (True, False)
    assert (most.is_apart, nearly_all.is_apart, nearly_all.is_thin) == (True, False, True)
    assert answers.longest_s == (0.1, 0.4)


def test_settings_that_differ_are_named_and_those_of_one_run_are_not_set_in_the_other(other, compared):
    other.manifest |= {"plan": {"customers": 5, "storm_s": 600, "faults": [{"id": "lost", "probability": 0.5}]}}

    told = {difference.name: difference.values for difference in compared().settings}

    assert told["customers"] == ("4", "5")
    assert told["faults.lost.probability"] == ("not set", "0.5")
    assert "storm_s" not in told


def test_money_at_risk_is_counted_at_its_highest_and_where_it_never_healed(other, compared):
    other.psp_payment("pay_d", "d", seconds=50, amount_minor=700, currency="EUR", psp_id="pi_late")

    euro = next(risk for risk in compared().risks if risk.currency == "EUR")

    assert euro.peaks == (123.45, 130.45)
    assert euro.never_healed == (0, 7.0)


def test_where_the_simulation_was_optimistic_is_said_in_sentences_with_numbers(run, other, compared):
    other.manifest["mode"] = "live"
    for number in range(40):
        run.click(f"more-{number}", seconds=100 + number, took_s=0.1)
        other.click(f"more-{number}", seconds=100 + number, **({"took_s": 0.4} if number < 25 else {"took_s": None}))
    other.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    other.bite("slow", "slow", seconds=60, where="reply")

    told = compared().optimism

    assert told[0] == "I1 broke in real time only, 1 time; in the simulation it held."
    half = "half within 400\u00a0ms in real time, 100\u00a0ms in the simulation, 4 times as long"
    assert any(sentence.startswith(f"Answer to a payment: {half}") for sentence in told)
    assert any(
        "Of the requests, 31.2% in real time and 0.0% in the simulation ended as 'unknown'." in one for one in told
    )
    assert "EUR 10 never healed in real time, 0 in the simulation." in told
    assert told[-1] == "Faults that bit in real time only: reply slow (1)."


def test_it_does_not_matter_which_of_the_two_is_the_live_one(run, other):
    other.manifest["mode"] = "live"
    other.bite("slow", "slow", seconds=60, where="reply")
    virtual, live = (Side.of(tiny.folder.name, tiny.evidence()) for tiny in (run, other))

    assert compare(virtual, live).optimism == compare(live, virtual).optimism != ()


def test_a_live_run_that_was_no_worse_finds_no_optimism(other, compared):
    other.manifest["mode"] = "live"
    other.diary[0]["answered_at_us"] -= 50_000

    comparison = compared()

    assert (comparison.one_is_live, comparison.optimism) == (True, ())
    assert "Nowhere was the simulation optimistic" in comparison.lead


def test_the_page_shows_both_runs_and_obeys_nothing_in_them(run, other, compared, hostile, assert_well_made):
    other.manifest |= {"mode": "live", "scenario": hostile, "command": hostile, "plan": {hostile: hostile}}
    other.paid(hostile, seconds=60, currency=hostile)
    other.bite(hostile, hostile, seconds=61, where=hostile)
    other.service["payments"][0]["state"] = hostile

    text = assert_well_made(render_comparison(compared())).text

    places = [
        text.index(words)
        for words in (
            "The two runs",
            "Where the simulation was optimistic",
            "Invariants What each run says",
            "How it ended",
            "How long it took",
            "Money at risk",
            "What was broken on purpose",
            "What was set differently",
        )
    ]
    assert places == sorted(places)
    assert '"><script>alert(1)</script>' in text


def test_the_command_writes_the_page_and_says_the_same_in_words_and_as_json(desk, other, capsys):
    other.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    other.evidence()

    codes = [run_command(["compare", "run", "other"])]
    words = capsys.readouterr().out
    codes.append(run_command(["compare", "run", "other", "--json", "--out", "pages/two.html"]))
    plain = json.loads(capsys.readouterr().out)

    assert codes == [0, 0]
    assert "I1   newly broken: holds, then broken" in words
    assert words.splitlines()[-1] == "report  runs/compare-run-other.html"
    assert (desk / "runs" / "compare-run-other.html").read_text() == (desk / "pages" / "two.html").read_text()
    assert [side["verdict"] for side in plain["runs"]] == ["valid", "invalid"]
    assert plain["invariants"][0]["turn"] == "newly broken"
    assert plain["outcomes"][0]["states"][0]["shares"] == [0.75, 0.75]
    assert plain["timings"][0]["quantiles"][0]["few"] is True
    assert plain["optimism"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere"], "nowhere/manifest.json: no such file or directory"),
        (["nowhere", "run"], "nowhere/manifest.json: no such file or directory"),
        (["run", "damaged"], "damaged/diary.jsonl line 1: not JSON"),
        (["run", "run", "--out", "run"], "--out run: it is a folder"),
        (["run", "run", "--out", "run/manifest.json/page.html"], "name another place"),
        (["run"], "SECOND"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(desk, other, capsys, arguments, words):
    other.folder.rename("damaged")
    (desk / "damaged" / "diary.jsonl").write_text("{")

    code = run_command(["compare", *arguments])

    stdout, stderr = capsys.readouterr()
    assert (code, stdout, len(stderr.splitlines())) == (2, "", 1), stderr
    assert words in stderr
    assert not (desk / "runs").exists()


@pytest.mark.slow
def test_tables_and_drawings_are_exported(desk):
    code = run_command(["compare", "run", "other", "--export", "files"])

    names = {path.relative_to(desk / "files").as_posix() for path in (desk / "files").rglob("*.*")}
    assert code == 0
    assert "tables/timings.csv" in names
    assert {f"figures/compare-{name}.{kind}" for name in ("heal", "answers") for kind in ("svg", "png")} <= names
    rows = json.loads((desk / "files" / "tables" / "invariants.json").read_text())
    assert rows[0] == {
        "invariant": "I1",
        "first": "holds",
        "second": "holds",
        "first_breaches": 0,
        "second_breaches": 0,
        "change": "the same",
    }
