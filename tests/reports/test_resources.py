"""What the processes of a live run took is drawn where the runner has written it down, and nowhere else."""

import json

import pytest

from reports import judge
from reports.errors import EvidenceError
from reports.exports import export
from reports.figures.resources import resources
from reports.report import write_report
from reports.resources import NO_SAMPLES, read_resources


def sample(at_us, process, pid, *, memory_mib, descriptors):
    return {
        "at_us": at_us,
        "process": process,
        "pid": pid,
        "resident_kib": 2_048 * memory_mib,
        "memory_kib": 1_024 * memory_mib,
        "descriptors": descriptors,
        "age_s": 1.0,
        "requests": 0,
    }


@pytest.fixture
def watched(run):
    """A run whose processes somebody has looked at: a worker was started again."""
    run.evidence()
    began_us = run.manifest["started_at_us"]
    samples = [
        sample(began_us, "psp", 1, memory_mib=40, descriptors=9),
        sample(began_us, "worker/1", 2, memory_mib=70, descriptors=8),
        sample(began_us + 30_000_000, "worker/1", 3, memory_mib=20, descriptors=5),
        sample(began_us + 30_000_000, "psp", 1, memory_mib=41, descriptors=9),
    ]
    lines = "".join(json.dumps(one) + "\n" for one in samples)
    (run.folder / "resources.jsonl").write_text(lines)
    return run


def test_they_are_read_in_the_run_s_own_time(watched):
    samples = read_resources(watched.folder, watched.evidence().manifest)

    assert samples.to_dict("split")["data"] == [
        [0.0, "psp", 1, 40.0, 9],
        [0.0, "worker/1", 2, 70.0, 8],
        [30.0, "worker/1", 3, 20.0, 5],
        [30.0, "psp", 1, 41.0, 9],
    ]


def test_the_page_draws_them_and_tells_them_in_words(watched):
    page = write_report(watched.folder).read_text()

    assert "What the processes took" in page
    assert "psp 40 to 41 MiB, 9 to 9 descriptors; worker/1 70 to 20 MiB, 8 to 5 descriptors" in page


def test_a_run_that_nobody_watched_has_no_such_figure(run):
    manifest = run.evidence().manifest

    assert read_resources(run.folder, manifest).empty
    assert resources(NO_SAMPLES, manifest) is None


@pytest.mark.slow
def test_the_figure_is_exported(watched, tmp_path):
    evidence = watched.evidence()

    export(evidence, judge(evidence), tmp_path, samples=read_resources(watched.folder, evidence.manifest))

    assert (tmp_path / "figures" / "resources.svg").exists()
    assert (tmp_path / "figures" / "resources.png").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [("{", "line 1: not JSON"), ("[]", "line 1: not a JSON object"), ('{"at_us": "now"}', "line 1: at_us is no whole")],
)
def test_what_cannot_be_read_is_refused_with_its_line(watched, line, words):
    (watched.folder / "resources.jsonl").write_text(f"{line}\n")

    with pytest.raises(EvidenceError, match=words):
        read_resources(watched.folder, watched.evidence().manifest)
