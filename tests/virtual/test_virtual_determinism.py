import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

_TORTURE = Path(__file__).with_name("torture.py")
_PROGRAM = runpy.run_path(str(_TORTURE))
_STORIES = _PROGRAM["STORIES"]


@pytest.fixture
def place(postgres, empty_database):
    return postgres.socket_path, make_url(empty_database).database


def in_a_new_process(story, seed, place, *, hash_seed):
    root = str(_TORTURE.parents[2])
    answer = subprocess.run(
        [sys.executable, str(_TORTURE), "digest", story, str(seed), *place],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    return answer.stdout.strip()


@pytest.mark.parametrize("story", _STORIES)
def test_one_seed_has_one_timeline_in_every_process(story, place):
    world, _ = _STORIES[story](5, *place)

    digests = {in_a_new_process(story, 5, place, hash_seed=hash_seed) for hash_seed in ("1", "2")}

    assert digests == {world.timeline.digest}


@pytest.mark.parametrize("story", _STORIES)
def test_another_seed_has_another_timeline(story, place):
    digests = {_STORIES[story](seed, *place)[0].timeline.digest for seed in range(3)}

    assert len(digests) == 3


@pytest.mark.parametrize("story", _STORIES)
def test_a_seed_repeats_line_by_line(story, place):
    for seed in range(6):
        first, wrong_first = _STORIES[story](seed, *place)
        second, wrong_second = _STORIES[story](seed, *place)

        assert first.timeline.lines == second.timeline.lines
        assert wrong_first == wrong_second == 0


def test_the_torture_tortures_and_repeats(place):
    count = _PROGRAM["campaign"](range(6), *place)

    assert (count.differences, count.missing) == (0, 0)
    assert count.lock_waits > 60
    assert count.deadlocks > 6
    assert count.crowd_max == 3


def test_a_difference_is_told_and_placed(capsys):
    assert _PROGRAM["differ"](7, ("one", "two"), ("one", "two", "three"))
    assert not _PROGRAM["differ"](7, ("one",), ("one",))

    assert capsys.readouterr().err == "seed 7 differs in line 2: () ('three',)\n"


def test_the_shop_sees_crashes_and_timeouts(place):
    text = "".join(line for seed in range(6) for line in _STORIES["shop"](seed, *place)[0].timeline.lines)

    assert "ConnectionLost" in text
    assert "ConnectionRefused" in text
