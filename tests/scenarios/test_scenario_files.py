"""Scenario files: what a person writes is read, and what is wrong is said in one line with its place and the mend."""

import os
import tomllib
from dataclasses import dataclass

import pytest

from scenarios.cli.main import run_command
from scenarios.errors import BadInput
from scenarios.library import LIBRARY
from scenarios.scenario_file import parse_scenario, read_scenario
from scenarios.scenario_text import to_toml
from scenarios.spec import Scenario
from scenarios.toml_places import Place, find_place

# Line 1 is `format = 1`.
VALID = """\
format = 1
title = "One thing"
story = "One thing goes wrong."
storm_s = 60
calm_s = 600
final_within_s = 300
psp_latency_s = [0.1, 0.2]
arrivals = [1, 2]
without = []

[scripts]
patient = 1

[service]
worker_period_s = 5

[psp]
idempotency_profile = "stripe-v1"

[[incidents]]
name = "A shop, 2020"
link = "https://example.com/"

[[faults]]
id = "lost"
where = "webhook"
kind = "lost"
probability = 0.5

[[faults]]
id = "late"
where = "webhook"
kind = "late"
window = { from_s = 0, to_s = 60 }
selector = { event_type = "charge.*" }
parameters = { delay_s = [1, 2] }

[[faults]]
id = "crash"
where = "process"
kind = "crash"
process = "worker"
every_s = [10, 20]
down_s = [0, 5]
"""

# What is written in place of what, where that is wrong, and some of the words that say so.
MISFITS = [
    # Keys that do not exist.
    ("storm_s = 60", "strom_s = 60", "4:1", "strom_s: unknown strom_s (did you mean storm_s?)"),
    ("storm_s = 60", "storm = 60", "4:1", "did you mean storm_s?"),
    ('title = "One thing"', 'Title = "One thing"', "2:1", "did you mean title?"),
    ("[scripts]", "[script]", "11:1", "did you mean scripts?"),
    ("[service]", "[sevice]", "14:1", "did you mean service?"),
    ("[psp]", "[pps]", "17:1", "did you mean psp?"),
    ("[[incidents]]", "[[incident]]", "20:1", "did you mean incidents?"),
    ('link = "https', 'lnik = "https', "22:1", "incidents.0.lnik: unknown lnik (did you mean link?)"),
    ("patient = 1", "pateint = 1", "12:1", "unknown customer pateint (did you mean patient?)"),
    ("patient = 1", "double_clicker = 1", "12:1", "did you mean double-clicker?"),
    ("worker_period_s = 5", "worker_periods = 5", "15:1", "did you mean worker_period_s?"),
    ("worker_period_s = 5", 'psp_api_key = "sk_live_x"', "15:1", "unknown setting psp_api_key"),
    ("worker_period_s = 5", 'database_url = "postgresql://x"', "15:1", "unknown setting database_url"),
    ("idempotency_profile", "idempotency_profil", "18:1", "did you mean idempotency_profile?"),
    ('idempotency_profile = "stripe-v1"', 'secret_key = "sk_test_x"', "18:1", "unknown setting secret_key"),
    ("probability = 0.5", "probabilty = 0.5", "28:1", "faults.lost.probabilty: unknown probabilty"),
    ('id = "lost"', 'ID = "lost"', "25:1", "unknown ID; choose from id, where, kind"),
    ("window = {", "windov = {", "34:1", "faults.late.windov: unknown windov (did you mean window?)"),
    ("to_s = 60", "until_s = 60", "34:24", "faults.late.window.until_s: unknown until_s"),
    ("event_type =", "event_typ =", "35:14", "unknown selector event_typ (did you mean event_type?)"),
    ("event_type =", "operation =", "35:14", "unknown selector operation"),
    ("delay_s =", "dealy_s =", "36:16", "unknown parameter dealy_s (did you mean delay_s?)"),
    ("down_s = [0, 5]", "donw_s = [0, 5]", "44:1", "faults.crash.donw_s: unknown donw_s (did you mean down_s?)"),
    ("down_s = [0, 5]", "down_s = [0, 5]\nprobability = 1", "45:1", "faults.crash.probability: unknown probability"),
    # Names that do not exist.
    ('kind = "lost"', 'kind = "lots"', "27:8", "faults.lost.kind: unknown kind lots (did you mean lost?)"),
    ('where = "webhook"\nkind = "lost"', 'where = "webhok"\nkind = "lost"', "26:9", "did you mean webhook?"),
    ('where = "webhook"\nkind = "lost"', 'where = "reply"\nkind = "lost"', "26:9", "lost is a fault of the webhook"),
    ('kind = "lost"', 'kind = "drop-after"', "26:9", "drop-after is a fault of the reply, not of the webhook"),
    ('where = "process"', 'where = "proces"', "40:9", "unknown where proces (did you mean process?)"),
    ('kind = "crash"', 'kind = "crahs"', "41:8", "unknown kind crahs (did you mean crash?)"),
    ('process = "worker"', 'process = "workers"', "42:11", "faults.crash.process"),
    ('"stripe-v1"', '"stripe-v2"', "18:23", "psp.idempotency_profile"),
    ("without = []", 'without = ["lots"]', "9:12", "no fault lots; choose from lost, late, crash"),
    # What is missing.
    ("format = 1\n", "", "1:1", "format is missing; begin with `format = 1`"),
    ('story = "One thing goes wrong."\n', "", "1:1", "story: is missing"),
    ("storm_s = 60\n", "", "1:1", "storm_s: is missing"),
    ("patient = 1\n", "", "11:1", "scripts: is empty"),
    ("[scripts]\npatient = 1\n", "", "1:1", "scripts: is missing"),
    ('id = "lost"\n', "", "24:1", "faults.0.id: is missing"),
    ('where = "webhook"\nkind = "lost"', 'kind = "lost"', "24:1", "where is missing; choose from reply"),
    ('kind = "lost"\n', "", "24:1", "kind is missing; choose from lost"),
    ('process = "worker"\n', "", "38:1", "faults.crash.process: is missing"),
    ("every_s = [10, 20]\n", "", "38:1", "faults.crash.every_s: is missing"),
    ('link = "https://example.com/"\n', "", "20:1", "incidents.0.link: is missing"),
    # Values out of bounds.
    ("format = 1", "format = 2", "1:10", "this version of paystorm reads format 1 (got 2)"),
    ("format = 1", 'format = "1"', "1:10", "this version of paystorm reads format 1"),
    ("storm_s = 60", "storm_s = -1", "4:11", "greater than or equal to 0 (got -1)"),
    ("storm_s = 60", "storm_s = nan", "4:11", "storm_s"),
    ("storm_s = 60", "storm_s = inf", "4:11", "storm_s"),
    ("storm_s = 60", "storm_s = 1e12", "4:11", "storm_s: Input should be less than"),
    ("final_within_s = 300", "final_within_s = 700", "6:18", "longer than the calm (600.0)"),
    ("storm_s = 60", "storm_s = 60\ncustomers = 0", "5:13", "customers: Input should be greater"),
    ("storm_s = 60", "storm_s = 60\ncustomers = 10000000", "5:13", "customers: Input should be less"),
    ("storm_s = 60", "storm_s = 60\ncustomers = 1.5", "5:13", "customers"),
    ("storm_s = 60", "storm_s = 60\nmerchants = 17", "5:13", "merchants: Input should be less"),
    ("storm_s = 60", "storm_s = 60\nworkers = 0", "5:11", "workers: Input should be greater"),
    ("storm_s = 60", "storm_s = 60\ncrowds = -1", "5:10", "crowds"),
    ("storm_s = 60", "storm_s = 60\ndeclined_share = 1.01", "5:18", "declined_share: Input should be less"),
    ("storm_s = 60", 'storm_s = 60\nname = "../../etc"', "5:8", "name: String should match"),
    ("storm_s = 60", 'storm_s = 60\nname = "Storm"', "5:8", "name: String should match"),
    ("patient = 1", "patient = 0", "12:11", "scripts.patient: Input should be greater than 0"),
    ("patient = 1", "patient = -3", "12:11", "scripts.patient"),
    ("[0.1, 0.2]", "[0.2, 0.1]", "7:17", "a span goes from low to high, not from 0.2 to 0.1"),
    ("[0.1, 0.2]", "[0.1]", "7:17", "psp_latency_s"),
    ("[0.1, 0.2]", "[0.1, 0.2, 0.3]", "7:17", "psp_latency_s"),
    ("[0.1, 0.2]", "[0.1, -0.2]", "7:23", "psp_latency_s.1: Input should be greater"),
    ("arrivals = [1, 2]", "arrivals = [0, 0]", "8:12", "nobody would ever come"),
    ("arrivals = [1, 2]", "arrivals = [1, -2]", "8:16", "arrivals.1"),
    ("worker_period_s = 5", "worker_period_s = 0", "15:19", "service.worker_period_s: Input should be greater"),
    ("worker_period_s = 5", "lease_s = 5", "14:1", "lease_s must be more than twice psp_timeout_s"),
    ("worker_period_s = 5", "pool_size = 2.5", "15:13", "service.pool_size"),
    ("probability = 0.5", "probability = 7", "28:15", "faults.lost.probability: Input should be less"),
    ("probability = 0.5", "nth = [0]", "28:8", "faults.lost.nth.0: Input should be greater"),
    ("probability = 0.5", "nth = [1]\nschedule = [5]", "24:1", "only one of them"),
    ("probability = 0.5", "window = { from_s = 9, to_s = 3 }", "24:1", "the window ends before it begins"),
    ("delay_s = [1, 2]", "delay_s = [2, 1]", "36:26", "faults.late.parameters.delay_s"),
    ("delay_s = [1, 2]", 'delay_s = "soon"', "36:26", "faults.late.parameters.delay_s"),
    ("delay_s = [1, 2]", "delay_s = 1979-05-27 07:32:00", "36:26", "faults.late.parameters.delay_s"),
    ("every_s = [10, 20]", "every_s = [20, 10]", "43:11", "faults.crash.every_s: a span goes from low to high"),
    ('link = "https://example.com/"', 'link = "javascript:alert(1)"', "22:8", "incidents.0.link"),
    ('id = "lost"', 'id = ""', "25:6", "faults.0.id"),
    # Values of another kind.
    ("storm_s = 60", 'storm_s = "soon"', "4:11", "storm_s: Input should be a valid number"),
    ("storm_s = 60", "storm_s = 2026-01-01", "4:11", "storm_s"),
    ("storm_s = 60", "storm_s = []", "4:11", "storm_s"),
    ('story = "One thing goes wrong."', "story = 7", "3:9", "story: Input should be a valid string"),
    ("[scripts]\npatient = 1", 'scripts = "patient"', "11:11", "scripts: expected a table"),
    ("without = []", "without = [1]", "9:12", "without.0"),
    ("window = { from_s = 0, to_s = 60 }", "window = 60", "34:10", "window: expected a table"),
    ("selector = {", "probability = 1\nnth = {", "36:7", "faults.late.nth"),
    ('selector = { event_type = "charge.*" }', "selector = 3", "35:12", "selector: expected a table"),
    ("parameters = { delay_s = [1, 2] }", "parameters = [1]", "36:14", "parameters: expected a table"),
    ("[psp]\nidempotency_profile", "[psp.deeper]\nidempotency_profile", "17:1", "unknown setting deeper"),
    # Things that are there twice.
    ('id = "late"', 'id = "lost"', "31:6", "two faults are called lost"),
    ("storm_s = 60", "storm_s = 60\nstorm_s = 60", "5:13", "Cannot overwrite a value"),
    ("[psp]", "[service]", "17:9", "Cannot declare"),
    # TOML that is none.
    ("storm_s = 60", "storm_s 60", "4:9", "Expected '='"),
    ("storm_s = 60", "storm_s =", "4:10", "Invalid value"),
    ("storm_s = 60", "storm_s = sixty", "4:11", "Invalid value"),
    ("[scripts]", "[scripts", "11:9", "Expected ']'"),
    ('title = "One thing"', 'title = "One thing', "2:19", "character"),
    ("[0.1, 0.2]", "[0.1, 0.2", "8:1", "Unclosed array"),
    ("down_s = [0, 5]\n", 'down_s = """', "44:13", "and here the file ends"),
    ("storm_s = 60", "storm_s = 60 # \x01", "4:16", "character"),
]


@pytest.fixture
def paystorm(tmp_path, monkeypatch, capfd):
    """Run a command in a folder of its own; return its exit code and its lines on standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = run_command([str(argument) for argument in arguments])
        stdout, stderr = capfd.readouterr()
        assert stdout == ""
        return code, stderr.splitlines()

    return run


@pytest.mark.parametrize("case", MISFITS, ids=lambda case: case[1])
def test_what_is_wrong_is_one_line_with_its_place_and_exit_code_2(case, tmp_path, paystorm):
    old, new, place, words = case
    assert VALID.count(old) >= 1, "the table speaks of something that is not there"
    (tmp_path / "storm.toml").write_text(VALID.replace(old, new, 1))

    code, lines = paystorm("run", "storm.toml")

    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith(f"paystorm: storm.toml:{place}: ")
    assert words in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["storm.toml"]


@dataclass(frozen=True)
class Odd:
    """Something that is no scenario file at all."""

    words: str
    make: object


def _file(content):
    return lambda path: path.write_bytes(content)


ODD = {
    "missing": Odd("cannot be read: No such file or directory", lambda _path: None),
    "empty": Odd(":1:1: format is missing", _file(b"")),
    "a-directory": Odd("it is a directory", lambda path: path.mkdir()),
    "a-pipe": Odd("it is not a file", os.mkfifo),
    "a-device": Odd("it is not a file", lambda path: path.symlink_to("/dev/zero")),
    "a-loop": Odd("cannot be read", lambda path: path.symlink_to(path)),
    "latin-1": Odd(":2:10: it is not UTF-8 (byte 0xe9)", _file('format = 1\nstory = "é"'.encode("latin-1"))),
    "utf-16": Odd(":1:1: it is not UTF-8", _file("format = 1".encode("utf-16"))),
    "binary": Odd(":1:1: ", _file(bytes(range(128)))),
    "json": Odd(":1:", _file(b'{"format": 1}')),
    "yaml": Odd(":1:", _file(b"format: 1\nstory: x\n")),
    "too-big": Odd("1,000,001 bytes; a scenario has at most 1,000,000", _file(b"#" * 1_000_001)),
    "too-deep": Odd("deep.toml", _file(b"format = 1\nx = " + b"[" * 100_000)),
    "Not_A_Name": Odd("Not_A_Name.toml:1:1: name: String should match", _file(VALID.encode())),
    "many-faults": Odd("many-faults.toml:24:1: faults", None),
}
ODD["many-faults"] = Odd(
    "faults",
    _file(
        (VALID + "".join(f'[[faults]]\nid = "f{n}"\nwhere = "webhook"\nkind = "lost"\n' for n in range(1_001))).encode()
    ),
)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("command", ["run", "list"])
def test_what_is_no_scenario_file_is_one_line_and_exit_code_2(name, command, tmp_path, paystorm):
    ODD[name].make(tmp_path / f"{name}.toml")

    code, lines = paystorm(command, f"{name}.toml")

    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith(f"paystorm: {name}.toml")
    assert ODD[name].words.replace("deep.toml", "too-deep.toml") in lines[0]


def test_a_path_that_would_break_the_line_is_quoted(tmp_path, paystorm):
    code, lines = paystorm("run", tmp_path / "two\nlines.toml")

    assert (code, len(lines)) == (2, 1)
    assert r"two\nlines.toml" in lines[0]


@pytest.mark.parametrize("command", ["sweep", "load"])
def test_other_commands_refuse_it_alike(command, tmp_path, paystorm):
    (tmp_path / "storm.toml").write_text(VALID.replace("storm_s", "strom_s"))

    code, lines = paystorm(command, "storm.toml", *(["--seeds", "1"] if command == "sweep" else ["--headless"]))

    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("paystorm: storm.toml:4:1: strom_s: unknown strom_s (did you mean storm_s?)")


def test_two_scenarios_of_one_name_are_not_swept_together(tmp_path, paystorm):
    (tmp_path / "lost-webhooks.toml").write_text(VALID)

    code, lines = paystorm("sweep", "lost-webhooks", "lost-webhooks.toml", "--seeds", "1")

    assert (code, len(lines)) == (2, 1)
    assert "two scenarios have one name: lost-webhooks, lost-webhooks.toml" in lines[0]


def test_a_file_is_called_what_it_is_called_unless_it_says_otherwise(tmp_path):
    path = tmp_path / "my-storm.toml"
    path.write_text(VALID)
    named = parse_scenario(f'name = "other"\n{VALID}', name="x.toml", stem="x")

    assert (read_scenario(path).name, named.name) == ("my-storm", "other")


def test_a_file_says_everything_that_a_plan_can_say():
    plan = {**tomllib.loads(VALID), "name": "storm"}

    assert parse_scenario(VALID, name="storm.toml", stem="storm") == Scenario.parse(plan)


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_a_scenario_survives_being_written_and_read(scenario):
    assert parse_scenario(to_toml(scenario), name="x.toml", stem=scenario.name) == scenario


def test_hostile_text_survives_being_written_and_read():
    changes = {
        "story": '"a \\\\ b\\u007f\\n\\"\\"\\"  c é \\ud83d\\ude00"',
        "faults.webhook-lost.selector": '{"metadata": {"a b.c\\"": "x"}}',
    }
    scenario = LIBRARY["lost-webhooks"].with_changes(changes)

    assert parse_scenario(to_toml(scenario), name="x.toml", stem="lost-webhooks") == scenario


def test_a_run_of_a_file_is_replayed_without_the_file(tmp_path, monkeypatch, capfd, postgres):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my-storm.toml"
    file.write_text(VALID)
    server = ["--database-url", postgres.url()]

    code = run_command(["run", "my-storm.toml", "--seed", "3", "--customers", "3", *server])
    again = capfd.readouterr().out.splitlines()[-1]
    file.unlink()

    assert code == 0
    assert again == "again   paystorm run my-storm.toml --seed 3 --customers 3"
    assert run_command(["replay", "runs/my-storm-3", *server]) == 0
    assert "same run: " in capfd.readouterr().err


def test_list_tells_one_scenario_whole_and_writes_it_as_a_file(capfd):
    assert run_command(["list", "key-collisions"]) == 0
    told = capfd.readouterr().out
    assert run_command(["list", "key-collisions", "--toml"]) == 0
    written = capfd.readouterr().out
    assert run_command(["list"]) == 0
    listed = capfd.readouterr().out

    assert parse_scenario(written, name="x.toml", stem="key-collisions") == LIBRARY["key-collisions"]
    for words in ("Four merchants", "Where it happened", "answer-lost (reply drop-after)", "Proves: A key is good"):
        assert words in told
    assert "Four merchants" not in listed
    assert all(name in listed for name in LIBRARY)
    assert run_command(["list", "--toml"]) == 2


def test_what_toml_has_no_word_for_is_not_left_out_silently():
    scenario = LIBRARY["lost-webhooks"].with_changes({"service.settlement_period_s": "null"})

    with pytest.raises(BadInput, match="settlement_period_s is null, for which TOML has no word"):
        to_toml(scenario)


ODD_TOML = '''\
# a comment with [brackets] = and "quotes"
plain = 1
"quoted key" . 'other.key' . bare = "x = [1]"   # dotted
many = [
    [1, 2], # inner
    { a = 1, b = ["]", '}', """]"""] },
]
text = """
[not.a.table]
key = 1 \\""" still
"""
literal = \'\'\'[[no]]\'\'\'
when = 1979-05-27 07:32:00
[table . "with space"]
key = true
[[list]]
id = 1
[list.inner]
deep = { x.y = 2 }
[[list]]
id = 2
[[list.items]]
id = 3
[[list.items]]
id = 4
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("plain",), 2, 9),
        (("quoted key", "other.key", "bare"), 3, 37),
        (("many",), 4, 8),
        (("many", 0, 1), 5, 9),
        (("many", 1, "b", 2), 6, 29),
        (("text",), 8, 8),
        (("literal",), 12, 11),
        (("when",), 13, 8),
        (("table", "with space", "key"), 15, 7),
        (("list", 0, "id"), 17, 6),
        (("list", 0, "inner", "deep", "x", "y"), 19, 16),
        (("list", 1), 20, 1),
        (("list", 1, "items", 1, "id"), 25, 6),
        (("list", 1, "items", 7, "id"), 22, 1),
        (("nowhere",), 1, 1),
    ],
)
def test_every_part_of_a_document_has_its_place(path, line, column):
    tomllib.loads(ODD_TOML)

    assert find_place(ODD_TOML, path) == Place(line=line, column=column)


def test_a_place_does_not_depend_on_how_lines_end():
    assert find_place(ODD_TOML.replace("\n", "\r\n"), ("list", 1, "id")) == Place(line=21, column=6)
