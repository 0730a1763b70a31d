"""The real clock, ids and names of machines. Only the programs (`main`, `worker_main`) may import this."""

import asyncio
import secrets
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

_LOOKUPS_MAX = 8  # at once


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


class SystemNames:
    """The names of machines, as the system knows them, looked up in threads that do nothing else.

    Merchants choose the names, and one that nobody answers for would keep a thread of the loop's own from others.
    """

    def __init__(self) -> None:
        """Start no thread yet."""
        self._threads = ThreadPoolExecutor(max_workers=_LOOKUPS_MAX, thread_name_prefix="look-up")

    async def look_up(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name, the preferred one first.

        Raises:
            OSError: there are none, or nobody could be asked.
        """
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [str(address[0]) for *_, address in found]
