"""The diaries of workers on other machines: every line goes to the master over Locust's own connection.

Only for Locust's own process. A line leaves before the request that it tells of. Should the connection break, what was
not heard any more is missing, and its requests are then known by their money alone.
"""

from dataclasses import asdict
from pathlib import Path

from locust.env import Environment
from locust.rpc import Message
from locust.runners import MasterRunner, WorkerRunner

from scenarios.live.shift import Shift

_LINE, _SHIFT = "paystorm-diary", "paystorm-shift"


class Post:
    """How a worker elsewhere hands its notes to the master."""

    runner: WorkerRunner | None = None  # known only after Locust has made it, and before anybody writes

    def send_line(self, line: bytes) -> None:
        """Send a line of the diary."""
        self._send(_LINE, line)

    def send_shift(self, shift: Shift) -> None:
        """Send from when to when customers were let in."""
        self._send(_SHIFT, asdict(shift))

    def _send(self, kind: str, data: object) -> None:
        assert self.runner is not None, "a process without a diary of its own is a worker"
        self.runner.send_message(kind, data)  # type: ignore[arg-type]  # bytes travel as well as Locust's dictionaries


def keep_notes_of_others(master: MasterRunner, *, folder: Path) -> None:
    """Write down what workers elsewhere send: a diary and a shift for each."""

    def keep_line(environment: Environment, msg: Message) -> None:  # noqa: ARG001 - Locust names its arguments
        index: int = master.get_worker_index(msg.node_id)  # type: ignore[no-untyped-call]  # Locust types in parts
        with (folder / f"customers-elsewhere-{index}.jsonl").open("ab") as file:
            file.write(msg.data)

    def keep_shift(environment: Environment, msg: Message) -> None:  # noqa: ARG001 - as above
        Shift(**msg.data).write(folder)

    master.register_message(_LINE, keep_line)
    master.register_message(_SHIFT, keep_shift)
