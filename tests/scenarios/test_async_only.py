"""Endpoints, dependencies and error handlers are coroutines: a plain `def` would hop to a thread, out of the world."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from psp_chaos.wire.routes import wire_framework
from service.app import framework


def calls(app: Starlette) -> Iterator[tuple[str, Callable[..., object]]]:
    for handled, handler in app.exception_handlers.items():
        yield f"handler of {handled}", handler
    yield from calls_of_routes(app.routes)


def calls_of_routes(routes: list[BaseRoute]) -> Iterator[tuple[str, Callable[..., object]]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from calls_of_routes(list(route.routes))
        elif isinstance(route, APIRoute):
            yield route.path, route.endpoint
            yield from ((f"{route.path} needs {call}", call) for call in dependencies(route.dependant))
        elif isinstance(route, Route):
            yield route.path, route.endpoint
        elif hasattr(route, "original_router"):  # a router that FastAPI included as a whole
            yield from calls_of_routes(list(route.original_router.routes))
        else:
            pytest.fail(f"what is {route!r}? teach this test to look inside")


def dependencies(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for dependency in dependant.dependencies:
        assert dependency.call is not None
        yield dependency.call
        yield from dependencies(dependency)


def is_coroutine(call: Callable[..., object]) -> bool:
    while isinstance(call, partial):
        call = call.func
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004


@pytest.mark.parametrize("make_app", [framework, wire_framework])
def test_nothing_of_an_app_runs_in_a_thread(make_app):
    found = dict(calls(make_app()))

    assert len(found) > 10
    assert [name for name, call in found.items() if not is_coroutine(call)] == []


def test_a_plain_function_would_be_found():
    def endpoint() -> None: ...

    async def coroutine() -> None: ...

    assert not is_coroutine(endpoint)
    assert is_coroutine(partial(coroutine))
