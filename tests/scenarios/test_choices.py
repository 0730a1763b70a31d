"""The choice tape: recording changes nothing, playing decides everything, and what does not fit is refused."""

import json
import random
from collections import Counter

import pytest

from reports import load_run
from scenarios.choices import TAPE, Choice, Player, Recorder, read_tape, write_tape
from scenarios.cli.main import run_command
from scenarios.errors import BadInput, OtherChoice
from scenarios.library import LIBRARY, find_scenario
from scenarios.randomness import Streams
from scenarios.scenario_text import to_toml

SMALL = LIBRARY["dying-machines"].with_changes({"customers": "6", "storm_s": "120", "service.worker_period_s": "20"})


def draws(streams):
    """What every way to draw gives."""
    a, b = streams.stream("a"), streams.stream("b", "c")
    pack = list(range(9))
    a.shuffle(pack)
    return [
        a.random(),
        b.uniform(2, 3),
        a.randint(1, 6),
        a.randrange(0, 100, 7),
        b.choice("xyz"),
        b.choices("xyz", [1, 2, 3], k=4),
        a.sample(range(50), 5),
        a.gauss(0, 1),
        a.expovariate(1),
        a.triangular(),
        b.randbytes(8),
        b.getrandbits(3),
        b.getrandbits(0),
        pack,
    ]


def test_recording_changes_no_draw_and_a_played_tape_gives_the_same_whatever_the_seed():
    recorder = Recorder()

    unrecorded, recorded = draws(Streams(7)), draws(Streams(7, tape=recorder))
    played = draws(Streams(8, tape=Player(recorder.choices)))

    assert unrecorded == recorded == played


def test_a_tape_has_stream_bound_and_value_of_every_decision():
    recorder = Recorder()
    stream = Streams(7, tape=recorder).stream("network", "host")

    drawn = [stream.randint(1, 6), stream.random(), stream.getrandbits(8)]

    assert [choice.stream for choice in recorder.choices] == ["network/host"] * 3
    assert [choice.bound for choice in recorder.choices] == [6, 2**53, 256]
    assert [1 + recorder.choices[0].value, recorder.choices[1].value / 2**53, recorder.choices[2].value] == drawn


def test_without_a_tape_streams_are_plain_generators():
    assert type(Streams(7).stream("a")) is random.Random


def test_a_file_gives_back_what_was_written(tmp_path):
    choices = [Choice("a", 2**128, 2**127 + 1), Choice('quoted "→"', 1, 0)]

    write_tape(choices, tmp_path / TAPE)

    assert read_tape(tmp_path / TAPE) == choices


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "7",
        '["a", 6]',
        '["a", 6, 6]',
        '["a", 6, -1]',
        '["a", 6, 1.5]',
        '["a", "6", 1]',
        "[1, 6, 1]",
        '["a", 6, true]',
    ],
)
def test_a_line_that_is_no_decision_is_refused_by_its_number(line, tmp_path):
    (tmp_path / TAPE).write_text(f'["a", 6, 5]\n{line}\n')

    with pytest.raises(BadInput, match=r"choices\.jsonl line 2"):
        read_tape(tmp_path / TAPE)


def test_streams_may_interleave_in_another_way_than_they_did():
    streams = Streams(1, tape=Player([Choice("a", 6, 0), Choice("b", 6, 1), Choice("a", 6, 2)]))

    drawn = [streams.stream(name).randrange(6) for name in ("a", "a", "b")]

    assert drawn == [0, 2, 1]


def test_another_question_than_was_recorded_is_refused_with_place_and_both_bounds():
    stream = Streams(1, tape=Player([Choice("b", 9, 0), Choice("a", 6, 3), Choice("a", 6, 3)])).stream("a")
    stream.randrange(6)

    with pytest.raises(OtherChoice, match="a asks for a number below 7; line 3 of the tape has one below 6"):
        stream.randrange(7)


def test_a_tape_that_has_come_to_its_end_is_refused():
    stream = Streams(1, tape=Player([])).stream("a")

    with pytest.raises(OtherChoice, match="a asks for a number below 7, and the tape holds no more of it"):
        stream.randrange(7)


def test_two_streams_cannot_share_a_name_on_the_tape():
    streams = Streams(1, tape=Recorder())
    streams.stream("a", "b/c")

    with pytest.raises(AssertionError, match="two streams are called a/b/c"):
        streams.stream("a/b", "c")


@pytest.fixture(scope="module")
def recorded(stage):
    recorder = Recorder()
    return stage.perform(SMALL, seed=3, tape=recorder), recorder.choices


def test_a_run_is_the_same_with_a_tape_without_one_and_from_one(stage, recorded):
    with_tape, choices = recorded
    without, played = stage.perform(SMALL, seed=3), stage.perform(SMALL, seed=99, tape=Player(choices))

    assert with_tape.timeline == without.timeline == played.timeline
    assert with_tape.record().digest == without.record().digest == played.record().digest
    assert len(choices) > 1_000
    assert {"arrivals", "loop", "network/psp->service", "postgres/worker/1", "ids/psp", "customer/1"} <= {
        choice.stream for choice in choices
    }


def test_a_decision_may_be_altered_and_what_does_not_depend_on_it_stays(stage, recorded):
    recording, choices = recorded
    amounts = {row["customer"]: row["amount_minor"] for row in recording.diary if row["action"] == "create"}
    place = [place for place, choice in enumerate(choices) if choice.stream == "customer/2"][1]  # after the currency
    choices = [*choices[:place], choices[place]._replace(value=0), *choices[place + 1 :]]

    altered = stage.perform(SMALL, seed=3, tape=Player(choices))

    others = {row["customer"]: row["amount_minor"] for row in altered.diary if row["action"] == "create"}
    assert others.pop("customer/2") in (99, 120, 199, 500) != amounts.pop("customer/2")
    assert others == amounts


def test_a_program_that_swallows_the_refusal_ends_the_run_all_the_same(stage, recorded):
    _, choices = recorded
    asked = Counter(choice.stream for choice in choices)
    stream = next(name for name in ("service/1", "service/2", "worker/1", "worker/2") if asked[name])

    with pytest.raises(OtherChoice, match=f"{stream} asks for a number"):
        stage.perform(SMALL, seed=3, tape=Player([choice for choice in choices if choice.stream != stream]))


@pytest.mark.campaign
def test_the_command_records_a_tape_and_replay_plays_it(postgres, tmp_path, capsys):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    server = ["--database-url", postgres.url()]
    options = ["--set", "storm_s=60", "--customers", "2", "--swarm"]

    run_command(["run", "duplicate-clicks", "--tape", *options, "--out", str(first), *server])
    code = run_command(["replay", str(first), "--out", str(second), *server])
    (second / TAPE).write_text("".join((first / TAPE).read_text().splitlines(keepends=True)[:-9]))
    cut_short = run_command(["replay", str(second), "--out", str(third), *server])

    once, twice = (load_run(folder).manifest for folder in (first, second))
    assert (code, cut_short) == (0, 3)
    assert (once.digest, once.timeline, once.swarm) == (twice.digest, twice.timeline, twice.swarm)
    assert once.timeline
    assert once.swarm
    assert capsys.readouterr().err.splitlines()[-1].endswith("and the tape holds no more of it")


def test_a_settled_draw_changes_that_draw_and_no_other():
    decided = {"customer/1": {2: 4, 3: 2**52}}

    as_drawn, settled = (Streams(7, decided=one).stream("customer", "1") for one in ({}, decided))
    draws = [
        [stream.randint(1, 6), stream.randint(1, 6), stream.random(), stream.choice("xyz")]
        for stream in (as_drawn, settled)
    ]

    assert draws[1] == [draws[0][0], 1 + 4 % 6, 0.5, draws[0][3]]


def test_what_a_scenario_settles_happens_is_on_the_tape_and_stands_in_its_file(stage, tmp_path):
    seen = Recorder()
    stage.perform(SMALL, seed=3, tape=seen)
    nth, drawn = next((nth, one) for nth, one in enumerate(streams_of(seen)["arrivals"], start=1) if one.bound == 2**53)
    other = {"stream": "arrivals", "draw": nth, "value": (drawn.value + 2**52) % 2**53}
    scenario = SMALL.with_changes({"decisions": json.dumps([other])})
    again = Recorder()
    run = stage.perform(scenario, seed=3, tape=again)
    played = stage.perform(scenario, seed=3, tape=Player(again.choices))
    (tmp_path / "settled.toml").write_text(to_toml(scenario))

    assert streams_of(again)["arrivals"][nth - 1].value == other["value"]
    assert played.timeline == run.timeline
    assert find_scenario(str(tmp_path / "settled.toml")).decisions == scenario.decisions


def streams_of(recorder):
    streams = {}
    for choice in recorder.choices:
        streams.setdefault(choice.stream, []).append(choice)
    return streams
