"""Who wakes those that we have stopped, should we be killed meanwhile.

A stopped process hears no signal but SIGKILL, so it could not obey the one that the kernel sends it at our death. The
guardian reads from a pipe whom we stop and whom we let go on; when the pipe ends, it lets everybody go on, and ends.

As a program, `python -m scenarios.live.guardian` is that guardian: it reads lines `stop PID` and `wake PID`.
"""

import signal
import subprocess
import sys
from typing import Self

from scenarios.embedded_postgres.family import stop_family, wake_family


class Guardian:
    """Stops processes and wakes them, and has somebody who wakes them if we cannot."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [sys.executable, "-P", "-m", "scenarios.live.guardian"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at the terminal is for us
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._program is not None, "it was entered"
        assert self._program.stdin is not None, "it was started with a pipe"
        self._program.stdin.close()
        self._program.wait()

    def stop(self, pid: int) -> None:
        """Stop a process and its children as SIGSTOP does; the guardian knows of it before they do."""
        self._tell("stop", pid)
        stop_family(pid)

    def wake(self, pid: int) -> None:
        """Let a process and its children go on."""
        wake_family(pid)
        self._tell("wake", pid)

    def _tell(self, what: str, pid: int) -> None:
        assert self._program is not None, "it was entered"
        assert self._program.stdin is not None, "it was started with a pipe"
        self._program.stdin.write(f"{what} {pid}\n".encode())
        self._program.stdin.flush()


def main() -> None:
    """Keep watch until the pipe ends."""
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_IGN)
    stopped: dict[int, None] = {}
    for line in sys.stdin:
        what, _, pid = line.partition(" ")
        if what == "stop":
            stopped[int(pid)] = None
        else:
            stopped.pop(int(pid), None)
    for pid in stopped:
        wake_family(pid)


if __name__ == "__main__":
    main()
