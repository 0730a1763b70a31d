"""The real clock and real ids. Only the programs (`main`, `worker_main`) may import this."""

import secrets
import time


class SystemClock:
    """The wall clock."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1000


class SystemIds:
    """Ids that nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return a new id with 96 random bits."""
        return f"{prefix}_{secrets.token_hex(12)}"
