"""A server with its backends as the operating system sees them: a parent and many children, each in a session alone.

No signal reaches them together, so they are looked up. Whoever does that first stops the parent: then nobody is born
while the others are counted.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_POLL_S = 0.001
_PATIENCE_S = 5.0
_PROC = Path("/proc")


def kill_family(parent: int) -> None:
    """Kill a process and its children, and return when the children are gone and the parent is to be reaped."""
    everybody = stop_family(parent)
    _signal(everybody, signal.SIGKILL)
    _await(everybody, states="ZX")


def stop_family(parent: int) -> list[int]:
    """Stop a process and its children as SIGSTOP does, and return them, the parent first."""
    _signal([parent], signal.SIGSTOP)
    _await([parent], states="TtZX")
    stopped = family(parent)
    _signal(stopped, signal.SIGSTOP)
    return stopped


def wake_family(parent: int) -> None:
    """Let a process and its children go on."""
    _signal(family(parent), signal.SIGCONT)


def family(parent: int) -> list[int]:
    """Return a process and its children, the parent first."""
    return [parent, *(pid for pid, (_, its_parent) in _processes().items() if its_parent == parent)]


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _await(pids: list[int], *, states: str) -> None:
    """Wait until each is in one of these states (ps(1)) or gone, though not for ever: one may wait for its disk."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        known = _processes()
        if all(pid not in known or known[pid][0] in states for pid in pids):
            return
        time.sleep(_POLL_S)


def _processes() -> dict[int, tuple[str, int]]:
    """Return the state and the parent of each process."""
    if not (_PROC / "self" / "stat").exists():
        return _listed()
    known: dict[int, tuple[str, int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):  # it has just ended
                # The name, in brackets, may hold anything; state and parent follow it (proc(5)).
                state, its_parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                known[int(folder.name)] = state, int(its_parent)
    return known


def _listed() -> dict[int, tuple[str, int]]:
    """Return the same where there is no /proc."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,state=,ppid="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return {int(pid): (state[0], int(its_parent)) for pid, state, its_parent in rows}
