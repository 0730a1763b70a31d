"""Performs customers' scripts in real time over HTTP, each customer a task."""

import asyncio
from collections.abc import Mapping

import httpx

from scenarios.customers.actions import Action, Request, Script, Seen, Together, Wait
from scenarios.customers.client import PaystormClient, unanswered
from scenarios.customers.diary import Author, Diary
from scenarios.live.pacing import LONGEST_MOMENT_S


class AsyncioDriver:
    """Carries the requests of one merchant's customers and keeps the diary."""

    def __init__(self, *, http: httpx.AsyncClient, client: PaystormClient, diary: Diary) -> None:
        self._http = http
        self._client = client
        self._diary = diary

    async def perform(self, author: Author, script: Script) -> None:
        """Perform a script to its end; nobody pauses for longer than a moment."""
        action = next(script, None)
        while action is not None:
            sights = await self._act(author, action)
            try:
                action = script.send(sights)
            except StopIteration:
                return

    async def _act(self, author: Author, action: Action) -> Mapping[int, Seen]:
        match action:
            case Wait():
                await asyncio.sleep(min(action.seconds, LONGEST_MOMENT_S))
                return {}
            case Together():
                async with asyncio.TaskGroup() as clicks:
                    parts = [clicks.create_task(self._ask(author, *part)) for part in action.parts]
                return {position: part.result() for position, part in enumerate(parts)}
            case _:
                return {0: await self._ask(author, 0, action)}

    async def _ask(self, author: Author, delay_s: float, request: Request) -> Seen:
        await asyncio.sleep(delay_s)
        row = self._diary.ask(author, request)
        seen = await self._exchange(request)
        self._diary.answer(row, seen)
        return seen

    async def _exchange(self, request: Request) -> Seen:
        http = self._client.to_request(request)
        try:
            async with asyncio.timeout(request.timeout_s):
                answer = await self._http.request(http.method, http.path, headers=dict(http.headers), content=http.body)
        except TimeoutError:
            return unanswered(f"timeout after {request.timeout_s:g} s")
        except httpx.HTTPError as error:
            return unanswered(f"{type(error).__name__}: {error}")
        return self._client.to_seen(answer.status_code, answer.headers, answer.content)
