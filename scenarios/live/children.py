"""Processes of ours that live no longer than we do.

Each is a session of its own, so Ctrl-C at the terminal reaches only us and we stop them in order; the kernel sends them
SIGTERM should we be killed. What they print goes to a log each; the file `pids` beside the logs says who was who.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scenarios.errors import InfrastructureFailed
from scenarios.parenthood import dies_with_parent

_STOP_TIMEOUT_S = 8.0  # more than a server needs to end the requests that wait for a PSP's timeout
_OURS = ("PAYSTORM_", "PSP_", "LOCUST_")  # prefixes of the variables that our children listen to
_TAIL_BYTES = 8_192


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A running program."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    may_end: bool  # its end is foreseen, and no failure

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def obituary(self) -> str:
        """Return how it ended and what it said last, in one line."""
        return f"{self.name} ended with exit code {self.process.poll()}: {self.last_words()} (log: {self.log})"

    def last_words(self) -> str:
        """Return the last line of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Children:
    """The programs that one run has started; the context ends them."""

    def __init__(self, *, logs: Path) -> None:
        self.logs = logs
        self._children: list[Child] = []
        self._let_go: list[Child] = []

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        stop([*self._let_go, *self._children])

    def start(
        self,
        name: str,
        module: str,
        *,
        environment: Mapping[str, str],
        arguments: Sequence[str] = (),
        may_end: bool = False,
        dies_by: signal.Signals = signal.SIGTERM,
    ) -> Child:
        """Start a module of this Python as a program, or start it again; secrets belong into its environment.

        Args:
            name: Its own, and its log's.
            module: What is run.
            environment: Added to what is left of ours.
            arguments: Are seen by everybody on this machine.
            may_end: Whether its end is no failure.
            dies_by: The signal that it gets when we are killed.
        """
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:  # one log for all of its lives
            process = subprocess.Popen(
                # -P, so that a folder called `service` where the user happens to be is not taken for ours.
                [sys.executable, "-P", "-m", module, *arguments],
                preexec_fn=dies_with_parent(by=dies_by),  # noqa: PLW1509 - we have no threads when we fork
                env={**_inherited(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.logs,
            )
        child = Child(name=name, process=process, log=log, may_end=may_end)
        self._children.append(child)
        with (self.logs / "pids").open("a") as pids:
            pids.write(f"{name} {process.pid}\n")
        return child

    @property
    def all(self) -> tuple[Child, ...]:
        """Return every program that was started, in that order."""
        return tuple(self._children)

    def named(self, prefix: str) -> list[Child]:
        """Return those whose name begins so, in the order in which they were started."""
        return [child for child in self._children if child.name.startswith(prefix)]

    def let_go(self, child: Child) -> None:
        """Expect nothing more of a program that is about to be ended; whoever does that sees to its end.

        It is stopped with all the others nevertheless, should that not have happened by then.
        """
        self._children = [other for other in self._children if other is not child]
        self._let_go = [other for other in self._let_go if other.is_running] + [child]

    def check(self) -> None:
        """Make sure that all are still running, but for those that may end.

        Raises:
            InfrastructureFailed: One has ended; the message says which, and its last words.
        """
        for child in self._children:
            if not child.is_running and not child.may_end:
                raise InfrastructureFailed(child.obituary())


def stop(children: Iterable[Child], *, patience_s: float = _STOP_TIMEOUT_S) -> None:
    """End programs, politely first; return when all are gone."""
    running = [child for child in children if child.is_running]
    for child in running:
        child.process.terminate()
    deadline = time.monotonic() + patience_s
    for child in running:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
            continue
        child.process.kill()
        child.process.wait()


def _inherited() -> dict[str, str]:
    """Return our environment without what would change a run behind its back."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    # Unbuffered, so that the last line of a log is the last thing that was said.
    return kept | {"PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
