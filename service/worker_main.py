"""The worker as a program: `python -m service.worker_main`; start as many as you like."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from service.errors import ExtraMissing
from service.logs import configure_logs, obituary
from service.main import real_service
from service.settings import Environment, Settings
from service.side_door import side_door
from service.wiring import Service, compose_watched
from service.worker import Worker


async def work(settings: Settings, *, composed: Callable[..., Service] = compose_watched) -> None:
    """Work until told to stop, then finish what is held.

    What takes too long is given up. That is safe at any moment: leases and due times bring everything back.
    """
    async with (
        real_service(settings, composed=composed) as service,
        side_door(service.app, host=settings.listen_host, port=settings.worker_port),
    ):
        working = asyncio.create_task(service.worker.run())
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, _stop, service.worker, working, settings.shutdown_s
        )
        with suppress(asyncio.CancelledError):
            await working


def _stop(worker: Worker, working: asyncio.Task[None], shutdown_s: float) -> None:
    worker.stop(working)
    asyncio.get_running_loop().call_later(shutdown_s, working.cancel)


if __name__ == "__main__":
    settings = Environment()  # type: ignore[call-arg]  # the values come from the environment
    configure_logs(settings.log_format)
    try:
        asyncio.run(work(settings))
    except KeyboardInterrupt:
        pass
    except ExtraMissing as error:
        sys.exit(str(error))
    except Exception as error:  # noqa: BLE001 - the border: Python would print every word of it
        logging.getLogger("service").critical("the worker broke: %s", obituary(error))
        sys.exit(1)
