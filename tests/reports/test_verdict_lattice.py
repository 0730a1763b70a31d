"""How a verdict is drawn from checks: the worst wins, a crash never acquits, a gap is never hidden."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from reports import Validity, judge
from reports.checks import CHECKS, Breach, Check, Examination

REPOSITORY = Path(__file__).parents[2]


def check(examine, **fields):
    words = {"title": "T", "statement": "S", "unit": "things", "one": "One broke", "many": "{count} broke"}
    return Check(**({"id": "X", "examine": examine} | words | fields))


def valid(evidence, truth):
    return Examination(examined=1)


def doubtful(evidence, truth):
    return Examination(examined=1, doubts=("not enough light",))


def broken(evidence, truth):
    return Examination(examined=1, breaches=(Breach(at_us=1, what="broke"),))


def crashing(evidence, truth):
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("examinations", "validity"),
    [
        ([valid], Validity.VALID),
        ([valid, doubtful], Validity.UNKNOWN),
        ([valid, crashing], Validity.UNKNOWN),
        ([doubtful, broken, valid], Validity.INVALID),
        ([crashing, broken], Validity.INVALID),
        ([], Validity.UNKNOWN),
    ],
)
def test_the_worst_check_decides(run, examinations, validity):
    evidence = run.evidence()

    for order in itertools.permutations(examinations):
        assert judge(evidence, checks=[check(examine) for examine in order]).validity is validity


def test_a_crashing_check_says_what_happened(run):
    verdict = judge(run.evidence(), checks=[check(crashing)])

    assert verdict.checks[0].notes == ("the check crashed: KeyError: 'lost'",)


def test_a_check_without_its_books_is_skipped_visibly_and_decides_nothing(run):
    run.service = {}

    verdict = run.verdict()

    skipped = {result.id: result.notes for result in verdict.checks if result.is_skipped}
    assert set(skipped) == {"I2", "I3", "I8", "I12", "I13"}
    assert skipped["I2"] == ("skipped: the evidence has no service.payments",)
    assert verdict.validity is Validity.VALID
    assert verdict.summary.endswith("Nobody lost money or paid twice, as far as the evidence goes.")


def test_a_check_that_sees_less_says_so(run):
    del run.service["transitions"]

    notes = {result.id: result.notes for result in run.verdict().checks}

    assert notes["I5"] == ("saw less: the evidence has no service.transitions",)


def test_a_service_that_shows_a_status_a_payment_and_nothing_else_can_be_judged(run):
    run.service = {"payments": [{"id": row["id"], "state": row["state"]} for row in run.service["payments"]]}

    verdict = run.verdict()

    assert verdict.validity is Validity.VALID
    assert {result.id for result in verdict.checks if result.is_skipped} == {
        "I12",
        "I13",
    }  # nothing to score, nobody to tell


@pytest.mark.parametrize(("state", "accused"), [("SUCCESS", {"I3"}), ("PROCESSING", {"I8"})])
def test_such_a_service_can_be_found_wrong(run, state, accused):
    run.service = {"payments": [{"id": row["id"], "state": row["state"]} for row in run.service["payments"]]}
    run.payment_row("pay_d")["state"] = state
    run.diary = [row for row in run.diary if row["order_id"] != "d" or row["action"] != "read"]

    assert run.accused() == accused


def test_a_run_in_which_nobody_asked_for_anything_proves_nothing(run):
    run.diary, run.service = [], {name: [] for name in run.service}
    run.psp = {name: [] for name in run.psp}

    verdict = run.verdict()

    assert verdict.validity is Validity.UNKNOWN
    assert verdict.notes == ("nobody asked for anything, so nothing was tested",)


def test_a_finding_shows_the_first_the_worst_and_the_last_breach(run):
    amounts = {"x": 100, "y": 9_000, "z": 200}
    for position, (order, amount_minor) in enumerate(amounts.items()):
        seconds = 50 + position
        run.click(order, seconds=seconds, took_s=None)
        run.psp_payment(f"pay_{order}", order, seconds=seconds, amount_minor=amount_minor, currency="EUR")

    finding = next(result.finding for result in run.verdict().checks if result.id == "I2")

    assert finding.count == 3
    assert [finding.first.order_id, finding.worst.order_id, finding.last.order_id] == ["x", "y", "z"]
    assert finding.sentence == "Three payments took money that the service does not know of: EUR\u00a093.00."


def test_the_worst_breach_is_the_dearest_one_and_yen_are_no_cents(run):
    for order, amount_minor, currency in (("yen", 20_000, "JPY"), ("cents", 30_000, "EUR")):
        run.click(order, seconds=50, took_s=None)
        run.psp_payment(f"pay_{order}", order, seconds=50, amount_minor=amount_minor, currency=currency)

    finding = next(result.finding for result in run.verdict().checks if result.id == "I2")

    assert finding.worst.order_id == "yen"


def test_the_story_of_the_worst_breach_comes_with_it(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    story = run.verdict().findings[0].story

    told = [(str(line.who), line.what) for line in story]
    assert [what for who, what in told if who == "PSP" and "takes" in what] == [
        "takes EUR\u00a010.00 from the customer"
    ] * 2
    assert ("customer", "asks for a payment of EUR\u00a010.00 (request 0, key-a)") in told
    assert ("service", "CREATED → PROCESSING (dispatch)") in told
    assert [line.at_us for line in story] == sorted(line.at_us for line in story)


def test_the_verdict_as_json_can_be_read_back(run):
    run.move("capture", "pi_pay_a", 1000, "EUR", seconds=13)
    run.psp["payments"][0]["captured_minor"] = 2000

    verdict = json.loads(run.verdict().to_json())

    assert verdict["validity"] == "invalid"
    assert verdict["command"] == "paystorm run tiny --seed 7"
    assert verdict["checks"][0]["finding"]["worst"]["amount_minor"] == 1000


def test_judging_twice_gives_the_same_bytes(run):
    assert run.verdict().to_json() == run.verdict().to_json()


def test_every_check_speaks_for_itself():
    assert len({one.id for one in CHECKS}) == len(CHECKS)
    for one in CHECKS:
        assert one.statement.endswith(".")
        assert not one.one.endswith(".")
        assert "{count}" in one.many


def test_judging_imports_neither_pandas_nor_matplotlib():
    script = "import sys, reports; print(sorted({'pandas', 'matplotlib', 'jinja2'} & set(sys.modules)))"

    seen = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert seen.stdout.strip() == "[]"


@pytest.mark.campaign
@pytest.mark.timeout(60)  # about seven seconds on a slow machine, four of which make the evidence
def test_a_hundred_thousand_rows_are_judged_in_seconds(run):
    for number in range(20_000):
        order, seconds = f"many-{number}", number * 0.02
        run.click(order, seconds=seconds)
        steps = [("CREATED", seconds, "api"), ("PROCESSING", seconds, "dispatch"), ("SUCCESS", seconds + 3, "webhook")]
        run.book(order, steps, payment_id=f"pay_{order}", amount_minor=1000, currency="EUR")
        run.psp_payment(f"pay_{order}", order, seconds=seconds + 1, amount_minor=1000, currency="EUR")
        for look in range(4):
            run.ask("read", order, seconds=seconds + 4 + look, payment_id=f"pay_{order}", status_shown="SUCCESS")

    verdict = run.verdict()

    assert verdict.validity is Validity.VALID
    assert next(result.examined for result in verdict.checks if result.id == "I4") > 80_000


def test_a_run_that_somebody_ended_is_not_called_valid(run):
    run.manifest["is_complete"] = False

    verdict = run.verdict()

    assert verdict.validity is Validity.UNKNOWN
    assert verdict.notes == ("the run was ended before its time, so nothing can be said of what was still to come",)
