"""The command `paystorm` as a process, and everything that descends from it."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
import pytest

PATIENCE_S = 60.0


@dataclass(kw_only=True)
class Command:
    """A running `paystorm`."""

    process: subprocess.Popen[str]
    family: dict[int, psutil.Process] = field(default_factory=dict)  # all that ever descended from it

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; fail if the command ends before, or it takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, f"ended with exit code {self.process.returncode}: {self.errors()}"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.meet_family()

    def output_until(self, last_line: str) -> str:
        """Read standard output up to this line."""
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.strip() == last_line:
                self.meet_family()
                return "".join(lines)
        raise AssertionError(f"ended with exit code {self.process.wait()}: {self.errors()}")

    def meet_family(self) -> None:
        """Take down who descends from it now, so that nobody can be overlooked later."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            self.family[process.pid] = process

    def signal(self, number: int) -> None:
        self.meet_family()
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def survivors(self, *, patience_s: float = 0.0) -> list[psutil.Process]:
        """Return who of the family is still alive after a while; a zombie that waits for its reaper is dead."""
        assert self.family, "nobody was ever there"
        psutil.wait_procs(self.family.values(), timeout=patience_s)
        return [process for process in self.family.values() if _lives(process)]


@pytest.fixture
def paystorm(tmp_path) -> Iterator[Callable[..., Command]]:
    """Return a function that starts the command line in a folder of the test's own."""
    commands: list[Command] = []

    def start(*arguments: str) -> Command:
        process = subprocess.Popen(
            [sys.executable, "-c", "from scenarios.cli.main import main; main()", *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        commands.append(Command(process=process))
        return commands[-1]

    yield start
    for command in commands:
        command.process.kill()
        command.process.communicate()
        for survivor in command.survivors() if command.family else []:
            survivor.kill()


@pytest.fixture
def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def is_taken() -> Callable[[int], bool]:
    """Return a function that tells whether somebody listens on this port of loopback."""

    def is_taken(port: int) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    return is_taken


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
