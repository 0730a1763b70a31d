"""Ctrl-C, SIGTERM and a closed terminal, each heard where somebody listens and nowhere else."""

import os
import signal

import pytest

from scenarios.interrupts import first_interrupt_handled_by, heard_interrupts, interrupts_counted, interrupts_restored

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def as_before():
    with interrupts_restored():
        yield


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_each_is_counted_and_ignored_afterwards(interrupt):
    with interrupts_counted() as interrupts:
        os.kill(os.getpid(), interrupt)

    os.kill(os.getpid(), interrupt)
    assert interrupts.count == 1


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_the_first_is_handled_and_the_next_does_what_it_did_before(interrupt):
    heard = []
    signal.signal(interrupt, lambda *_: heard.append("before"))

    with first_interrupt_handled_by(lambda: heard.append("first")):
        os.kill(os.getpid(), interrupt)
        os.kill(os.getpid(), interrupt)

    assert heard == ["first", "before"]


def test_what_nohup_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    assert heard_interrupts() == (signal.SIGINT, signal.SIGTERM)
    with interrupts_counted() as interrupts:
        os.kill(os.getpid(), signal.SIGHUP)
    with first_interrupt_handled_by(lambda: pytest.fail("it is ignored")):
        os.kill(os.getpid(), signal.SIGHUP)

    assert interrupts.count == 0
