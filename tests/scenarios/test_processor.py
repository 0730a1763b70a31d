"""A processor of one's own: claimed, kept for as long as needed, and given back."""

import os

import pytest

from scenarios.processor import processor_of_our_own

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no processor can be claimed here")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_whoever_claims_a_processor_stays_there_and_gives_it_back():
    allowed = os.sched_getaffinity(0)

    with processor_of_our_own() as number:
        meanwhile = os.sched_getaffinity(0)

    assert number in allowed
    assert meanwhile == {number}
    assert os.sched_getaffinity(0) == allowed


def test_a_processor_is_claimed_once():
    with processor_of_our_own(), processor_of_our_own() as second:
        assert second is None
    with processor_of_our_own() as third:
        assert third is not None


def test_a_folder_that_somebody_else_has_laid_out_is_left_alone(monkeypatch):
    monkeypatch.setattr("os.getuid", lambda: 4_242)
    with processor_of_our_own():
        pass
    monkeypatch.undo()
    owner = os.getuid()
    monkeypatch.setattr("os.getuid", lambda: owner + 1)

    with processor_of_our_own() as number:
        assert number is None
