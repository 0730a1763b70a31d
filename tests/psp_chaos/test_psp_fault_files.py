"""Fault files: what a person writes is read, or refused in one line that says where and how to mend it."""

import json

import pytest

from psp_chaos.errors import BadFaultFile, PspError
from psp_chaos.faults import FaultSpec
from psp_chaos.faults.files import read_faults

TOML = """\
title = "Two troubles"

[[faults]]
id = "answer-lost"
where = "reply"
kind = "drop-after"
probability = 0.25
selector = { operation = "create_*", metadata = { order_id = "o-1" } }

[[faults]]
id = "webhook-late"
where = "webhook"
kind = "late"
nth = [1, 3]
parameters = { delay_s = [60, 120] }
"""
FAULTS = (
    FaultSpec(
        id="answer-lost",
        where="reply",
        kind="drop-after",
        probability=0.25,
        selector={"operation": "create_*", "metadata": {"order_id": "o-1"}},
    ),
    FaultSpec(id="webhook-late", where="webhook", kind="late", nth=(1, 3), parameters={"delay_s": [60, 120]}),
)
PLAN = [fault.model_dump(mode="json") for fault in FAULTS]


@pytest.fixture
def write(tmp_path):
    def write_one(text, name="faults.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_one


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("storm.toml", TOML),
        ("storm.json", json.dumps(PLAN)),
        ("STORM.JSON", json.dumps({"story": "Two troubles.", "faults": PLAN})),
    ],
)
def test_both_forms_say_the_same(write, name, text):
    assert read_faults(write(text, name)) == FAULTS


@pytest.mark.parametrize("text", ["", "faults = []", 'title = "Calm"'])
def test_a_file_may_have_no_faults(write, text):
    assert read_faults(write(text)) == ()


def fault(**changes):
    return json.dumps([{"id": "slowly", "where": "reply", "kind": "slow", **changes}])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("f.yaml", "faults: []", "write faults into a file that ends in .toml or .json"),
        ("f.toml", "faults = [", "(at end of document)"),
        ("f.toml", "a = 1\na = 2", "Cannot overwrite a value"),
        ("f.json", '[{"id": }]', "line 1 column 9"),
        ("f.json", '[{"id": "a", "id": "b"}]', "'id' is given twice"),
        ("f.json", "[" * 100_000, "it is nested too deeply"),
        ("f.json", "7", "expected named fields (got 7)"),
        ("f.json", '{"faults": 7}', "faults: expected a list (got 7)"),
        ("f.json", '{"fault": []}', "unknown fault (did you mean faults?); choose from title, story, faults"),
        ("f.json", "[7]", "fault 1: expected named fields (got 7)"),
        ("f.json", '[{"where": "reply", "kind": "slow"}]', "fault 1: id: Field required"),
        ("f.json", fault(knd=1), "fault 1 'slowly': unknown knd (did you mean kind?); choose from id, where"),
        (
            "f.json",
            fault(kind="slowly"),
            "fault 1 'slowly': unknown kind slowly (did you mean slow?); choose from refuse",
        ),
        (
            "f.json",
            fault(where="wire"),
            "fault 1 'slowly': where: Input should be 'reply', 'webhook' or 'books' (got 'wire')",
        ),
        (
            "f.json",
            fault(probability=2),
            "fault 1 'slowly': probability: Input should be less than or equal to 1 (got 2)",
        ),
        (
            "f.json",
            fault(selector={"operation": "create_paymnt"}),
            "fault 1 'slowly': unknown operation create_paymnt (did you mean create_payment?); choose from",
        ),
        ("f.json", fault(window={"from": 1}), "fault 1 'slowly': window: unknown from (did you mean from_s?)"),
        (
            "f.json",
            fault(parameters={"delay_s": [3, 1]}),
            "fault 1 'slowly': parameters.delay_s: a span goes from low to high, not from 3.0 to 1.0",
        ),
        ("f.json", json.dumps([*PLAN, PLAN[0]]), "two faults have the id 'answer-lost'; give one of them another"),
        ("f.toml", b"\xff", "cannot be read: it is not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write, name, text, message):
    path = write(text, name)

    with pytest.raises(BadFaultFile) as refusal:
        read_faults(path)

    assert str(refusal.value).startswith(f"{path}: ")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert isinstance(refusal.value, PspError)


def test_the_second_fault_is_called_the_second(write):
    broken = TOML.replace("delay_s", "dely_s")

    with pytest.raises(BadFaultFile, match="fault 2 'webhook-late': parameters: unknown dely_s"):
        read_faults(write(broken))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(BadFaultFile, match=r"nowhere\.toml: cannot be read: No such file"):
        read_faults(tmp_path / "nowhere.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BadFaultFile, match="cannot be read: Is a directory"):
        read_faults(tmp_path)
