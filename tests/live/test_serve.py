"""`paystorm serve`: what it prints works as printed, and nothing of it outlives it."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from scenarios.cli.exit_codes import ExitCode
from scenarios.errors import BadInput
from scenarios.live.ports import choose_ports

LAST_LINE = "Ctrl-C stops everything."
FREE_PORTS = ("--port", "0", "--psp-port", "0", "--page-port", "0", "--load-port", "0")


@pytest.mark.campaign
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_printed_commands_work_and_sigterm_leaves_nothing(paystorm, is_taken):
    serve = paystorm("serve", "--no-load", *FREE_PORTS)
    welcome = serve.output_until(LAST_LINE)
    create, again, read, faults = (line for line in welcome.splitlines() if line.startswith("curl "))
    addresses = [line.split()[-1] for line in welcome.splitlines() if line.startswith(("open", "service", "PSP"))]
    ports = [urlsplit(address).port for address in addresses]

    created, replayed = _shell(create), _shell(again)
    final = _shell_until(read, "SUCCESS")

    assert "HTTP/1.1 202" in created
    assert "idempotent-replayed: true" not in created.lower()
    assert "HTTP/1.1 202" in replayed
    assert "idempotent-replayed: true" in replayed.lower()
    assert _body(replayed) == _body(created)
    assert _body(final)["data"][0]["id"] == _body(created)["id"]
    assert _body(_shell(faults)) == {"data": []}
    assert _secrets(welcome).isdisjoint(_command_lines(serve))
    assert len(ports) == 3
    assert all(map(is_taken, ports))

    serve.signal(signal.SIGTERM)

    assert serve.wait() == ExitCode.HOLDS
    assert serve.survivors() == []
    assert not any(is_taken(port) for port in ports)


@pytest.mark.slow
def test_a_child_that_dies_ends_the_command_with_its_name(paystorm):
    serve = paystorm("serve", *FREE_PORTS, "--faults", "lost-webhooks")
    serve.output_until(LAST_LINE)
    psp = next(child for child in serve.family.values() if "psp_chaos.main" in child.cmdline())

    psp.kill()

    assert serve.wait() == ExitCode.INFRASTRUCTURE_FAILED
    message = re.fullmatch(r"paystorm: psp ended with exit code -9: .* \(log: (.*)\)\n", serve.errors())
    assert message is not None
    assert serve.survivors() == []
    shutil.rmtree(Path(message[1]).parent)  # kept for whoever reads the message


def test_a_taken_port_is_bad_input(paystorm):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        serve = paystorm("serve", "--port", str(port))

        assert serve.wait() == ExitCode.BAD_INPUT
        (line,) = serve.errors().splitlines()
        assert line.startswith(f"paystorm: --port {port}: cannot listen there")


def test_two_programs_at_one_port_are_bad_input():
    with pytest.raises(BadInput, match=r"^--page-port and --load-port are both 8089; two programs need two ports$"):
        choose_ports({"--port": 0, "--page-port": 8089, "--load-port": 8089})


def test_free_ports_are_never_the_same():
    chosen = choose_ports({str(number): 0 for number in range(50)})

    assert len(set(chosen.values())) == 50


def _shell(line: str) -> str:
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30).stdout


def _shell_until(line: str, word: str) -> str:
    deadline = time.monotonic() + 30
    while word not in (answer := _shell(line)):
        assert time.monotonic() < deadline, answer
        time.sleep(0.2)
    return answer


def _body(answer: str):
    return json.loads(answer.partition("\n\n")[2])


def _secrets(welcome: str) -> set[str]:
    """Return every word that follows `Bearer`, bare of quotes."""
    words = welcome.replace("'", " ").split()
    return {words[position + 1] for position, word in enumerate(words) if word == "Bearer"}


def _command_lines(serve) -> set[str]:
    return {word for child in serve.family.values() for word in _words(child)}


def _words(child: psutil.Process) -> list[str]:
    return " ".join(child.cmdline()).replace("=", " ").split()
