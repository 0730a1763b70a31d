"""Who grows is told, who is constant is not accused, and who lived too briefly is left out."""

import json
import os

import pytest

from scenarios.live.resources import Sample, Sampler, trends


def samples(process, *, memory_kib=lambda second: 100_000, descriptors=lambda second: 20, requests=lambda second: 0):
    return [
        Sample(
            at_us=second * 1_000_000,
            process=process,
            pid=1,
            resident_kib=0,
            memory_kib=memory_kib(second),
            descriptors=descriptors(second),
            age_s=second,
            requests=requests(second),
        )
        for second in range(120)
    ]


def verdicts(found):
    return {(trend.process, trend.what): trend.is_constant for trend in found}


def test_who_stays_the_same_is_constant():
    assert verdicts(trends(samples("service/1"))) == {
        ("service/1", "memory_kib"): True,
        ("service/1", "descriptors"): True,
    }


def test_what_is_needed_to_warm_up_is_no_growth():
    def warming(second):
        return min(100_000, 40_000 + 4_000 * second)

    assert all(verdicts(trends(samples("worker/1", memory_kib=warming))).values())


@pytest.mark.parametrize(
    ("what", "growing"),
    [("memory_kib", lambda second: 100_000 + 500 * second), ("descriptors", lambda second: 20 + second)],
)
def test_who_grows_is_found(what, growing):
    found = verdicts(trends(samples("service/1", **{what: growing})))

    assert not found["service/1", what]
    assert sum(found.values()) == 1


def test_the_keepers_of_the_books_may_grow_with_them_and_no_more():
    def with_books(second):
        return 100_000 + 100 * second

    kept = samples("psp", memory_kib=lambda second: 100_000 + 500 * second, requests=lambda second: 25 * second)
    leaking = samples("psp", memory_kib=lambda second: 100_000 + 2_000 * second, requests=lambda second: 25 * second)

    assert verdicts(trends(kept))["psp", "memory_kib"]
    assert not verdicts(trends(leaking))["psp", "memory_kib"]


def test_who_lived_too_briefly_is_left_out():
    assert trends(samples("service/1")[:7]) == []
    assert trends([]) == []


def test_a_sample_of_ourselves_is_on_the_disk_at_once(tmp_path):
    sampler = Sampler(tmp_path / "resources.jsonl", now_us=lambda: 7)
    sampler.watch(lambda: {"gone": [2**22 + 1]})

    sampler.look(requests=3)
    (line,) = (tmp_path / "resources.jsonl").read_text().splitlines()
    sampler.close()

    row = json.loads(line)
    assert (row["process"], row["pid"], row["at_us"], row["requests"]) == ("paystorm", os.getpid(), 7, 3)
    assert row["memory_kib"] > 1_000
    assert row["descriptors"] >= 3
