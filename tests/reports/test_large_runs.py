"""Runs with many rows: read as exactly as small ones, judged alike, and told on a page that does not grow with them."""

import gc
from weakref import ref

import pytest

from benchmarks.amplification import amplify
from reports import EvidenceError, judge, load_run
from reports.page import render_page
from reports.truth import Truth


def many(run, copies):
    """The evidence of a run with every row so many times."""
    run.evidence()
    large = run.folder.with_name(f"{copies}-times")
    amplify(run.folder, large, copies=copies)
    return load_run(large)


def broken(verdict):
    return {check.id: check.finding.count for check in verdict.checks if check.finding is not None}


@pytest.mark.parametrize("number", [1, 200, 201, 1000])
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"op": 1}', "key 'customer' is missing"),
        ('{"op": true}', "op is True, expected an integer"),
        ('{"op": 18446744073709551616}', r"op is 1.8446744073709552e\+19, expected an integer"),
        ('{"nobody reads": "\udcff"}', "not JSON"),  # a byte that is no text
    ],
)
def test_a_bad_line_among_many_is_named(run, number, content, complaint):
    run.evidence()
    book = run.folder / "diary.jsonl"
    lines = book.read_text().splitlines() * 200
    lines[number - 1] = content
    book.write_text("\n".join(lines), errors="surrogateescape")

    with pytest.raises(EvidenceError, match=rf"diary\.jsonl line {number}: {complaint}"):
        load_run(run.folder)


def test_blank_lines_are_no_rows_and_are_counted(run):
    rows = run.evidence().diary
    book = run.folder / "diary.jsonl"
    book.write_text("\n\n" + book.read_text().replace("\n", "\n \n"))

    assert [entry.op for entry in load_run(run.folder).diary] == [entry.op for entry in rows]
    book.write_text(book.read_text() + "{")
    with pytest.raises(EvidenceError, match=f"line {3 + 2 * len(rows)}: not JSON"):
        load_run(run.folder)


def test_rows_that_say_the_same_share_it(run):
    run.psp["payments"][0]["metadata"]["order_id"] = run.diary[0]["order_id"]

    evidence = run.evidence()

    asked, booked, paid = evidence.diary[0], evidence.service.payments[0], evidence.psp.payments[0]
    assert asked.order_id is booked.order_id is paid.metadata.order_id
    assert asked.amount_minor is booked.amount_minor is paid.amount_minor


def test_one_and_true_are_told_apart_although_they_are_equal(run):
    run.psp["journal"][0] |= {"attempt": 1, "replayed": True}
    run.psp["journal"][1] |= {"attempt": 0, "replayed": False}

    first, second = run.evidence().psp.journal[:2]

    assert [first.attempt, first.replayed, second.attempt, second.replayed] == [1, True, 0, False]
    assert [type(value) for value in (first.attempt, first.replayed)] == [int, bool]


def test_the_answer_to_a_request_with_a_key_is_kept_as_text_and_can_be_asked(run):
    run.diary[0]["answer"] = {"type": "/problems/odd", "amount": 1}
    run.look("a", "SUCCESS", seconds=50, answer={"type": "read"})

    diary = run.evidence().diary

    assert diary[0].answer == '{"amount":1,"type":"/problems/odd"}'
    assert (diary[0].told("type"), diary[0].told("amount"), diary[0].told("nothing")) == ("/problems/odd", None, None)
    assert diary[-1].answer is None


def test_answers_are_alike_in_whatever_order_their_keys_were_written(run):
    run.diary[0]["answer"] = {"type": "/problems/odd", "amount": 1}
    run.diary[1] |= {"answer": run.diary[0]["answer"], "http_status": run.diary[0]["http_status"], "key": "key-a"}
    run.evidence()
    book = run.folder / "diary.jsonl"
    first, *others = book.read_text().splitlines(keepends=True)
    turned = first.replace('"amount":1,"type":"/problems/odd"', '"type": "/problems/odd", "amount": 1')

    book.write_text("".join([turned, *others]))

    one, other = load_run(run.folder).diary[:2]
    assert turned != first
    assert one.answer != other.answer
    assert one.is_answered_like(other)
    assert not one.is_answered_like(load_run(run.folder).diary[2])


def test_a_row_that_only_the_exact_reader_takes_is_taken(run):
    run.psp["journal"][0]["lies"] = [None]
    run.journal("request", seconds=500, operation="retrieve_payment", status=200)

    journal = run.evidence().psp.journal

    assert journal[0].lies == [None]
    assert journal[-1].at_us == run.psp["journal"][-1]["at_us"]


def test_truth_is_rebuilt_once_and_not_kept_longer_than_the_evidence(run):
    evidence = run.evidence()
    truth = Truth.rebuild(evidence)
    again, memory = Truth.rebuild(evidence), ref(truth)

    assert again is truth
    del evidence, truth, again
    gc.collect()
    assert memory() is None


def test_the_collector_works_again_whatever_was_read(run):
    run.evidence()
    assert gc.isenabled()

    (run.folder / "diary.jsonl").write_text("{")
    with pytest.raises(EvidenceError):
        load_run(run.folder)

    assert gc.isenabled()


def test_a_sound_run_many_times_over_is_sound(run):
    run.refunded("a", 400, seconds=100)

    once, often = judge(run.evidence()), judge(many(run, 7))

    assert (once.validity, often.validity) == ("valid", "valid")
    assert [check.examined for check in often.checks] == [7 * check.examined for check in once.checks]


def test_what_is_wrong_is_wrong_as_often_as_the_run_is_repeated(run):
    run.psp_payment("pay_a", "a", amount_minor=1000, currency="EUR", seconds=15, psp_id="pi_second")
    run.diary[0]["status_shown"] = "FAILED"
    run.service["transitions"].pop(1)
    run.refunded("b", 400, seconds=100)
    run.service["refunds"].clear()

    once, often = broken(judge(run.evidence())), broken(judge(many(run, 7)))

    assert len(once) >= 4
    assert often == {name: 7 * count for name, count in once.items()}


def test_the_page_does_not_grow_with_the_run(run):
    run.psp_payment("pay_a", "a", amount_minor=1000, currency="EUR", seconds=15, psp_id="pi_second")

    runs = [many(run, 60), many(run, 1_250)]
    pages = [render_page(evidence, judge(evidence)) for evidence in runs]

    assert len(runs[1].diary) == 10_000
    assert len(pages[1]) < 1.5 * len(pages[0])
    assert len(pages[1].encode()) < 2_000_000
