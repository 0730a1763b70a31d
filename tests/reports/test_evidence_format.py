"""The run folder: what is written can be read, and what cannot be read is refused in one helpful line."""

import json

import pytest

from reports import EvidenceError, load_run


def test_what_was_written_is_read_back(run):
    evidence = run.evidence()

    assert [entry.op for entry in evidence.diary] == list(range(len(run.diary)))
    assert evidence.service.payments[0].id == "pay_a"
    assert evidence.psp.movements[0].amount_minor == 1000
    assert evidence.manifest.scenario == "tiny"


def test_the_same_records_have_the_same_digest(run):
    first = run.evidence().manifest.digest
    run.manifest["versions"] = {"python": "3.13"}

    assert run.evidence().manifest.digest == first


def test_any_changed_record_changes_the_digest(run):
    first = run.evidence().manifest.digest
    run.diary[0]["asked_at_us"] += 1

    assert run.evidence().manifest.digest != first


def test_a_column_that_the_reader_does_not_know_is_ignored(run):
    run.service["payments"][0]["colour"] = "red"

    assert run.evidence().service.payments[0].id == "pay_a"


def test_a_run_leaves_nothing_of_the_run_before_it(run):
    run.evidence()
    del run.service["inbox"]
    (run.folder / "report.html").write_text("old")

    evidence = run.evidence()

    assert evidence.service.inbox is None
    assert not (run.folder / "report.html").exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(EvidenceError, match=r"nowhere/manifest\.json: no such file or directory; give the folder"):
        load_run(tmp_path / "nowhere")


def test_blank_lines_are_none_and_two_rows_on_a_line_are_refused_with_its_number(run):
    expected = len(run.evidence().diary)
    first, second, *others = (run.folder / "diary.jsonl").read_text().splitlines()

    (run.folder / "diary.jsonl").write_text("\n".join([first, "", second, " ", *others]))
    assert len(load_run(run.folder).diary) == expected

    (run.folder / "diary.jsonl").write_text("\n".join([first, "", second + others[0], *others]))
    with pytest.raises(EvidenceError, match=r"diary\.jsonl line 3: not JSON"):
        load_run(run.folder)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", r"diary\.jsonl line 1: not JSON"),
        ("[1]", r"diary\.jsonl line 1: not a JSON object"),
        ('{"op": 1}', r"diary\.jsonl line 1: key 'customer' is missing"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(run, content, complaint):
    run.evidence()
    (run.folder / "diary.jsonl").write_text(content)

    with pytest.raises(EvidenceError, match=complaint) as caught:
        load_run(run.folder)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [True, 10.0, "10", None])
def test_an_amount_must_be_an_integer_and_true_is_none(run, value):
    run.psp["payments"][0]["amount_minor"] = value

    with pytest.raises(EvidenceError, match=r"psp/payments\.jsonl row 1: amount_minor is .*, expected an integer"):
        run.evidence()


def test_nothing_is_written_when_a_row_is_wrong(run):
    run.diary[0]["outcome"] = None

    with pytest.raises(EvidenceError, match="outcome"):
        run.evidence()

    assert not run.folder.exists()


def test_a_book_that_nobody_reads_is_refused(run):
    run.service["ledger"] = []

    with pytest.raises(EvidenceError, match=r"nobody reads \['ledger'\]"):
        run.evidence()


def test_another_format_is_refused(run):
    run.evidence()
    manifest = json.loads((run.folder / "manifest.json").read_text())
    (run.folder / "manifest.json").write_text(json.dumps(manifest | {"format": 3}))

    with pytest.raises(EvidenceError, match="evidence format 3, this judge reads formats 1 and 2"):
        load_run(run.folder)


def test_psp_books_that_contradict_themselves_are_no_evidence(run):
    run.psp["payments"][0]["captured_minor"] = 1

    with pytest.raises(EvidenceError, match="its movements say 1000"):
        run.verdict()


def test_money_that_moved_for_no_payment_is_no_evidence(run):
    run.move("capture", "pi_unknown", 1, "EUR", seconds=1)

    with pytest.raises(EvidenceError, match="pi_unknown"):
        run.verdict()


@pytest.mark.parametrize("value", [None, [], "order_id=a", 5])
def test_metadata_is_an_object_whether_it_is_recorded_or_read(run, value):
    run.evidence()
    book = run.folder / "psp" / "payments.jsonl"
    rows = [json.loads(line) | {"metadata": value} for line in book.read_text().splitlines()]

    book.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(EvidenceError, match=r"payments\.jsonl line 1: metadata is .*, expected an object"):
        load_run(run.folder)
    run.psp["payments"][0]["metadata"] = value
    with pytest.raises(EvidenceError, match=r"payments\.jsonl row 1: metadata is .*, expected an object"):
        run.evidence()


@pytest.mark.parametrize("value", [None, "", 5, ["a"], {"id": "a"}])
def test_metadata_names_an_order_with_a_text_only(run, value):
    run.psp["payments"][0]["metadata"] = {"order_id": value, "payment_id": "pay_a", "colour": {"nobody": "reads it"}}

    for evidence in (run.evidence(), load_run(run.folder)):
        assert evidence.psp.payments[0].order_named is None
        assert evidence.psp.payments[0].payment_named == "pay_a"


@pytest.mark.parametrize("detail", [None, [], "by_s", 5, {}])
def test_a_bite_without_a_detail_tells_nothing_of_it(run, detail):
    run.bite("clocks", "jump", seconds=5, where="clock", detail={"by_s": -20.0})
    run.bite("clocks", "jump", seconds=6, where="clock", detail=detail)

    for evidence in (run.evidence(), load_run(run.folder)):
        assert [bite.told("by_s", 0) for bite in evidence.faults[-2:]] == [-20.0, 0]
