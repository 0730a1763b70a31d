"""Performs customers' scripts in real time, on Locust's greenlets.

Only for Locust's own process: importing this imports gevent.
"""

from collections.abc import Mapping
from http import HTTPStatus

import gevent
from locust.clients import HttpSession, ResponseContextManager

from scenarios.customers.actions import (
    Action,
    Cancel,
    Create,
    Outcome,
    Read,
    Refund,
    Request,
    Script,
    Seen,
    Together,
    Wait,
)
from scenarios.customers.client import PaystormClient, unanswered
from scenarios.customers.diary import Author, Diary
from scenarios.live.pacing import LONGEST_DELAY_S

_MICROSECONDS = 1_000_000
# Refusals that a sound service gives to customers who click too often, or want back more than they paid. They are
# answers, not failures of the load test.
_EXPECTED_REFUSALS = frozenset({HTTPStatus.CONFLICT})


class Driver:
    """Carries one user's requests and keeps the diary."""

    def __init__(self, *, http: HttpSession, client: PaystormClient, diary: Diary) -> None:
        self._http = http
        self._client = client
        self._diary = diary

    def perform(self, author: Author, script: Script, *, due_at_us: int | None = None) -> None:
        """Perform a script to its end; in an open load its first action was due at that moment."""
        action = next(script, None)
        while action is not None:
            sights = self._act(author, action, due_at_us=due_at_us)
            due_at_us = None  # what follows is the customer's answer to what was seen, and comes when it comes
            try:
                action = script.send(sights)
            except StopIteration:
                return

    def _act(self, author: Author, action: Action, *, due_at_us: int | None) -> Mapping[int, Seen]:
        match action:
            case Wait():
                gevent.sleep(min(action.seconds, LONGEST_DELAY_S))
                return {}
            case Together():
                return self._ask_together(author, action, due_at_us=due_at_us)
            case _:
                return {0: self._ask(author, action, due_at_us)}

    def _ask_together(self, author: Author, together: Together, *, due_at_us: int | None) -> Mapping[int, Seen]:
        clicks = [
            # One greenlet a click; a click that follows another after a while was due that much later.
            gevent.spawn_later(delay_s, self._ask, author, request, _later(due_at_us, delay_s))
            for delay_s, request in together.parts
        ]
        try:
            gevent.joinall(clicks, raise_error=True)
        finally:
            gevent.killall(clicks)  # a user that Locust stops takes its clicks along
        return {position: click.value for position, click in enumerate(clicks)}

    def _ask(self, author: Author, request: Request, due_at_us: int | None) -> Seen:
        row = self._diary.ask(author, request, due_at_us=due_at_us)
        seen = self._exchange(request)
        self._diary.answer(row, seen)
        return seen

    def _exchange(self, request: Request) -> Seen:
        http = self._client.to_request(request)
        with self._http.request(
            http.method,
            http.path,
            name=_name(request),
            headers=dict(http.headers),
            data=http.body,
            timeout=request.timeout_s,
            allow_redirects=False,
            catch_response=True,
        ) as response:
            seen = self._seen(response, timeout_s=request.timeout_s)
            _count(response, seen)
        return seen

    def _seen(self, response: ResponseContextManager, *, timeout_s: float) -> Seen:
        if not response.status_code:  # Locust's way to say that no answer came
            return unanswered(f"{type(response.error).__name__} (patience {timeout_s:g} s)")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return self._client.to_seen(response.status_code, headers, response.content)


def _later(due_at_us: int | None, delay_s: float) -> int | None:
    return None if due_at_us is None else due_at_us + round(delay_s * _MICROSECONDS)


def _count(response: ResponseContextManager, seen: Seen) -> None:
    """Let Locust's statistics say success or failure; there is no third word, so unknown is a failure there."""
    if seen.outcome is Outcome.SUCCEEDED or seen.http_status in _EXPECTED_REFUSALS:
        response.success()  # type: ignore[no-untyped-call]  # Locust types in parts
    elif seen.http_status is None:
        response.failure("no answer, outcome unknown")  # type: ignore[no-untyped-call]
    else:
        response.failure(f"status {seen.http_status}")  # type: ignore[no-untyped-call]


def _name(request: Request) -> str:
    """Return the line of the statistics in which this request is counted."""
    match request:
        case Create():
            return "create payment"
        case Read():
            return "read payment"
        case Refund():
            return "request refund"
        case Cancel():
            return "request cancel"
