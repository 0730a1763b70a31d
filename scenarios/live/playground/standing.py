"""The page on its socket, for as long as the system runs."""

import asyncio
import socket
from collections.abc import Callable

import httpx
import uvicorn

from psp_chaos.standing.server import ReadyServer
from scenarios.live.playground.guard import Guard
from scenarios.live.playground.pages import Pages
from scenarios.live.playground.playground import Playground
from scenarios.live.ports import LOOPBACK

_TIMEOUT_S = 5.0  # for one question to a process of ours; who does not answer is shown so
_SHUTDOWN_S = 1


def serve_playground(playground: Playground, *, ready: Callable[[], None]) -> None:
    """Serve the page until somebody ends it, looking after the processes meanwhile.

    Args:
        playground: What it is about.
        ready: Is called as soon as the page can be opened.

    Raises:
        KeyboardInterrupt: It was ended, by Ctrl-C or SIGTERM.
        InfrastructureFailed: A process has ended by itself; the message names it.
    """
    asyncio.run(_serve(playground, ready))


async def _serve(playground: Playground, ready: Callable[[], None]) -> None:
    async def look() -> None:
        playground.system.children.check()

    async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as http:
        config = uvicorn.Config(
            Guard(Pages(playground, http=http).app, playground),
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_S,
            callback_notify=look,
            timeout_notify=0,  # at each of uvicorn's ticks, ten times a second
        )
        with socket.create_server((LOOPBACK, playground.page_port)) as listener:
            await ReadyServer(config, ready=ready).serve(sockets=[listener])
