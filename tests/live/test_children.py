"""Child processes: named when they die, and gone when we say so."""

import socket

import pytest

from scenarios.errors import BadInput, InfrastructureFailed
from scenarios.live.children import Children, stop
from scenarios.live.ports import LOOPBACK, choose_port
from scenarios.live.system import Addresses


@pytest.fixture
def children(tmp_path):
    with Children(logs=tmp_path / "logs") as children:
        yield children


@pytest.fixture
def program(tmp_path):
    """Return a function that makes a module out of a text, and the environment that finds it."""

    def write(text):
        (tmp_path / "some_program.py").write_text(text)
        return {"PYTHONPATH": str(tmp_path)}

    return write


def test_a_child_that_died_is_named_with_its_last_words(children, program):
    child = children.start("psp", "some_program", environment=program("print('hello'); raise SystemExit('no bank')"))
    child.process.wait()

    with pytest.raises(InfrastructureFailed, match=r"^psp ended with exit code 1: no bank \(log: .*psp\.log\)$"):
        children.check()


def test_the_end_of_a_child_that_may_end_is_no_failure(children, program):
    child = children.start("locust", "some_program", environment=program("pass"), may_end=True)
    child.process.wait()

    children.check()

    assert not child.is_running


def test_a_child_that_does_not_listen_is_killed(children, program):
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = children.start("worker", "some_program", environment=program(deaf))
    while child.last_words() != "deaf":
        child.process.poll()

    stop([child], patience_s=0.2)

    assert child.process.returncode == -9


def test_what_our_shell_has_set_does_not_reach_the_children(children, program, monkeypatch):
    monkeypatch.setenv("PAYSTORM_LEASE_S", "1")
    script = "import os; print(os.environ.get('PAYSTORM_LEASE_S'), os.environ['PAYSTORM_POOL_SIZE'])"

    child = children.start("service", "some_program", environment=program(script) | {"PAYSTORM_POOL_SIZE": "3"})
    child.process.wait()

    assert child.last_words() == "None 3"


def test_a_taken_port_is_refused_in_one_line_that_says_how_to_mend_it():
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(BadInput, match=rf"^--port {port}: .*; name another port, or 0 for any free one$"):
            choose_port(port, option="--port")


def test_zero_means_any_free_port():
    port = choose_port(0, option="--port")

    assert port > 0


def test_two_programs_need_two_ports():
    with pytest.raises(BadInput, match="both 8000"):
        Addresses.choose(service_port=8000, psp_port=8000)
