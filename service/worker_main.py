"""The worker as a program: `python -m service.worker_main`; start as many as you like."""

import asyncio
import signal
from contextlib import suppress

from service.logs import configure_logs
from service.main import real_service
from service.settings import Environment, Settings


async def work(settings: Settings) -> None:
    """Work until told to stop. Stopping in the middle is safe: leases and due times bring everything back."""
    async with real_service(settings) as service:
        working = asyncio.current_task()
        assert working is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
        with suppress(asyncio.CancelledError):
            await service.worker.run()


if __name__ == "__main__":
    configure_logs()
    with suppress(KeyboardInterrupt):
        asyncio.run(work(Environment()))  # type: ignore[call-arg]  # the values come from the environment
