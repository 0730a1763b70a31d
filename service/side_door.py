"""The side door of a worker: health and metrics over HTTP, and nothing else of the API."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from service.answers import answer_response
from service.problems import Problem

_OPEN = ("/healthz", "/readyz", "/metrics")


class _SideDoor(uvicorn.Server):
    """A server that leaves signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def side_door(app: ASGIApp, *, host: str, port: int | None) -> AsyncIterator[None]:
    """Serve health and metrics of an app while the context lasts; without a port, nothing."""
    if port is None:
        yield
        return

    async def only_what_is_open(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await app(scope, receive, send)
        else:
            await answer_response(Problem.NOT_FOUND.answer(Problem.NOT_FOUND.title))(scope, receive, send)

    config = uvicorn.Config(
        only_what_is_open,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    server = _SideDoor(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
