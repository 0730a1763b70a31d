"""One HTTP request as an ASGI application meets it: scope, receive and send, and what became of it.

https://asgi.readthedocs.io/en/latest/specs/www.html. The answer leaves with the last chunk of its body; what the
application does after that (background tasks) goes on in the same task.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpx

type Scope = MutableMapping[str, Any]
type Event = MutableMapping[str, Any]
type Application = Callable[
    [Scope, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Awaitable[None]
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What goes to the server."""

    method: str
    path: str  # with the query string
    headers: Sequence[tuple[bytes, bytes]]  # with lower-case names, as ASGI wants them
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What comes back."""

    status: int
    headers: httpx.Headers
    body: bytes


class Conversation:
    """One request and its answer, if there is to be one."""

    def __init__(
        self,
        *,
        request: Request,
        source: str,
        target: str,
        on_answer: Callable[[Answer], None],
        on_abort: Callable[[], None],
    ) -> None:
        self._request = request
        self._source = source
        self._target = target
        self._on_answer = on_answer
        self._on_abort = on_abort
        self._over = asyncio.Event()  # answered or aborted: nothing more will be sent to the client
        self._body_taken = False
        self._status = 0
        self._headers = httpx.Headers()
        self._body = bytearray()

    async def hold(self, application: Application) -> None:
        """Call the application.

        What an application fails to answer is answered for it as a server would: with 500 if it has sent nothing, with
        a broken connection otherwise. Its exception goes on to the caller.
        """
        try:
            await application(self._scope(), self._receive, self._send)
        except GeneratorExit:
            self._over.set()  # buried with its world (see burial.py), where nobody waits for an answer
            raise
        finally:
            if not self._over.is_set():
                self._give_up()

    def _give_up(self) -> None:
        if self._status:
            self._abort()
        else:
            self._over.set()
            body = b"Internal Server Error"
            headers = httpx.Headers({"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))})
            self._on_answer(Answer(status=500, headers=headers, body=body))

    def _abort(self) -> None:
        """Break the connection: the client gets no answer, whatever is sent from now on."""
        if not self._over.is_set():
            self._over.set()
            self._on_abort()

    async def _receive(self) -> Event:
        if not self._body_taken:
            self._body_taken = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: Event) -> None:
        if self._over.is_set():
            return  # as uvicorn does: what is sent to a closed connection is lost
        if event["type"] == "http.response.start":
            assert not self._status, "the application began its response twice"
            self._status = event["status"]
            self._headers = httpx.Headers(list(event.get("headers", ())))
            return
        assert event["type"] == "http.response.body", f"the simulated network does not know {event['type']}"
        assert self._status, "the application sent a body before its response began"
        self._body += event.get("body", b"")
        if not event.get("more_body", False):
            self._over.set()
            self._on_answer(Answer(status=self._status, headers=self._headers, body=bytes(self._body)))

    def _scope(self) -> Scope:
        path, _, query = self._request.path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": list(self._request.headers),
            "client": (self._source, 0),
            "server": (self._target, 80),
            "state": {},
            "extensions": {"paystorm.abort": self._abort},
        }
