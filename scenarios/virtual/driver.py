"""Performs customers' scripts in virtual time.

A customer is a SimPy process: an action becomes events on the one queue, and what was seen is sent back into the
script. A request that nobody answers within its timeout is given up by the customer and goes on at the service, as in
life.
"""

from collections.abc import Generator, Mapping

import simpy

from scenarios.customers.actions import Request, Script, Seen, Together, Wait
from scenarios.customers.client import PaystormClient, unanswered
from scenarios.customers.diary import Author, Diary
from scenarios.units import to_ns
from scenarios.virtual.network import Answer, ConnectionFailed, Network

type Steps[T] = Generator[simpy.Event, object, T]


class Driver:
    """Carries requests over the simulated network and keeps the diary."""

    def __init__(
        self, *, env: simpy.Environment, network: Network, client: PaystormClient, diary: Diary, host: str
    ) -> None:
        self._env = env
        self._network = network
        self._client = client
        self._diary = diary
        self._host = host

    def perform(self, author: Author, script: Script) -> Steps[None]:
        """Perform a script to its end; start it with `env.process`."""
        sights: Mapping[int, Seen] = {}
        action = next(script, None)
        while action is not None:
            match action:
                case Wait():
                    yield self._env.timeout(to_ns(action.seconds))
                    sights = {}
                case Together():
                    sights = yield from self._perform_together(author, action)
                case _:
                    sights = {0: (yield from self._request(author, action))}
            try:
                action = script.send(sights)
            except StopIteration:
                return

    def _perform_together(self, author: Author, together: Together) -> Steps[Mapping[int, Seen]]:
        sights: dict[int, Seen] = {}
        parts = [
            self._env.process(self._part(author, position, delay_s, request, sights))
            for position, (delay_s, request) in enumerate(together.parts)
        ]
        yield self._env.all_of(parts)
        return sights

    def _part(
        self, author: Author, position: int, delay_s: float, request: Request, sights: dict[int, Seen]
    ) -> Steps[None]:
        yield self._env.timeout(to_ns(delay_s))
        sights[position] = yield from self._request(author, request)

    def _request(self, author: Author, request: Request) -> Steps[Seen]:
        row = self._diary.ask(author, request)
        seen = yield from self._exchange(author, request)
        self._diary.answer(row, seen)
        return seen

    def _exchange(self, author: Author, request: Request) -> Steps[Seen]:
        http = self._client.to_request(request)
        answer = self._network.exchange(
            source=author.customer,
            target=self._host,
            method=http.method,
            path=http.path,
            headers=http.headers,
            body=http.body,
        )
        patience = self._env.timeout(to_ns(request.timeout_s))
        try:
            yield answer | patience
        except ConnectionFailed as error:
            return unanswered(str(error))
        # What fails in the very instant in which patience ends has failed too late.
        if not answer.triggered or not answer.ok:
            return unanswered(f"timeout after {request.timeout_s:g} s")
        assert isinstance(answer.value, Answer)
        return self._client.to_seen(answer.value.status, answer.value.headers, answer.value.body)
