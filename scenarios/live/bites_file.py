"""What the nemeses did, in a file that survives whoever writes it."""

from collections.abc import Callable
from pathlib import Path

import orjson

from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites


class BitesFile(Bites):
    """Bites that are on the disk at any moment."""

    def __init__(self, path: Path, *, now_us: Callable[[], int]) -> None:
        super().__init__(now_us=now_us)
        # Unbuffered: a line is one write, which goes to the kernel at once and outlives us there.
        self._file = path.open("ab", buffering=0)

    def record(self, fault: WorldFault, *, target: str, **detail: object) -> None:
        """Write down that a fault bites now, and whom."""
        super().record(fault, target=target, **detail)
        self._file.write(orjson.dumps(self.rows[-1], option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
