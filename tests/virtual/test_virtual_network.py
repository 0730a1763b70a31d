import asyncio
import time

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse

from scenarios.units import to_ns
from scenarios.virtual.errors import Escaped
from scenarios.virtual.latency import Regime
from scenarios.virtual.network import Answer, ConnectionLost, ConnectionRefused, Latency


@pytest.fixture
def world(new_world):
    world = new_world()
    world.network.rules.append(Latency(source="customer", target="shop", regime=Regime(low_s=0.1, high_s=0.1)))
    return world


@pytest.fixture
def app():
    return FastAPI()


@pytest.fixture
def shop(world, app):
    process = world.process("shop/1")
    world.network.attach("shop", process, app)
    return process


def ask(world, path="/", *, source="customer/1", **options):
    """Send a request without waiting."""
    return world.network.exchange(
        source=source, target="shop", method=options.pop("method", "GET"), path=path, headers={}, **options
    )


def run(world, name, coroutine):
    return world.run(world.process(name).spawn(coroutine))


def test_an_exchange_is_a_request_and_an_answer_over_the_network(world, app, shop):
    @app.post("/echo/{word}")
    async def echo(word: str, number: int, request: Request):
        return {
            "word": word,
            "number": number,
            "body": (await request.body()).decode(),
            "host": request.headers["host"],
        }

    answer = world.run(ask(world, "/echo/a%20b?number=3", method="POST", body=b"hello"))

    assert answer.status == 200
    assert answer.body == b'{"word":"a b","number":3,"body":"hello","host":"shop"}'
    assert answer.headers["Content-Type"] == "application/json"
    assert world.env.now == to_ns(0.2)
    assert world.network.requests == 1


def test_requests_run_in_the_process_that_serves_the_host(world, app, shop):
    @app.get("/")
    async def name():
        return asyncio.current_task().get_name()

    assert world.run(ask(world)).body.startswith(b'"shop/1/')


def test_the_answer_does_not_wait_for_background_tasks(world, app, shop):
    ran_at = []

    @app.get("/")
    async def route(tasks: BackgroundTasks):
        async def later():
            await asyncio.sleep(5)
            ran_at.append(world.env.now)

        tasks.add_task(later)

    world.run(ask(world))
    answered_at = world.env.now
    world.run(to_ns(10))

    assert answered_at == to_ns(0.2)
    assert ran_at == [to_ns(5.1)]


def test_a_streamed_answer_leaves_with_its_last_chunk(world, app, shop):
    @app.get("/")
    async def route():
        async def chunks():
            for _ in range(3):
                await asyncio.sleep(1)
                yield b"x"

        return StreamingResponse(chunks())

    answer = world.run(ask(world))

    assert answer.body == b"xxx"
    assert world.env.now == to_ns(3.2)


def test_a_customer_that_gave_up_is_not_disturbed_by_the_late_end(world, app, shop):
    @app.get("/")
    async def route():
        await asyncio.sleep(5)

    def customer():
        answer = ask(world)
        yield answer | world.env.timeout(to_ns(1))
        seen.append(answer.triggered)
        shop.crash()

    seen = []
    world.env.process(customer())
    world.run(to_ns(10))

    assert seen == [False]


def test_an_application_that_raises_is_answered_for_and_recorded(world, app, shop):
    @app.get("/")
    async def route():
        raise ValueError("bug")

    answer = world.run(ask(world))

    assert answer.status == 500
    assert [str(failure.error) for failure in world.failures] == ["bug"]


def test_an_application_that_says_nothing_is_answered_for(world):
    async def silent(scope, receive, send):
        pass

    world.network.attach("shop", world.process("shop/1"), silent)

    assert world.run(ask(world)).status == 500


@pytest.mark.parametrize("started", [False, True])
def test_aborting_breaks_the_connection(world, started):
    async def application(scope, receive, send):
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        scope["extensions"]["paystorm.abort"]()
        await send({"type": "http.response.body", "body": b"too late"})

    world.network.attach("shop", world.process("shop/1"), application)

    with pytest.raises(ConnectionLost):
        world.run(ask(world))
    assert world.failures == []


def test_nobody_listens_where_nobody_is_attached(world):
    with pytest.raises(ConnectionRefused):
        world.run(ask(world))


def test_a_crash_breaks_what_is_under_way_and_refuses_what_comes(world, app, shop):
    @app.get("/")
    async def route():
        await asyncio.sleep(5)

    under_way = ask(world)
    world.loop.after(to_ns(1), shop.crash)

    with pytest.raises(ConnectionLost):
        world.run(under_way)
    assert world.env.now == to_ns(1.1)
    with pytest.raises(ConnectionRefused):
        world.run(ask(world))


def test_a_restarted_process_takes_its_place(world, app, shop):
    @app.get("/")
    async def route():
        return "alive"

    shop.crash()
    world.network.attach("shop", world.process("shop/1"), app)

    assert [world.run(ask(world)).status for _ in range(10)] == [200] * 10


def test_several_processes_share_a_host(world, app, shop):
    @app.get("/")
    async def route():
        return asyncio.current_task().get_name()[:6]

    world.network.attach("shop", world.process("shop/2"), app)

    served = {world.run(ask(world)).body for _ in range(20)}

    assert served == {b'"shop/1"', b'"shop/2"'}


def test_rules_are_asked_in_their_order_and_only_while_their_window_lasts(world, app, shop):
    slow = Latency(source="customer", target="shop", regime=Regime(low_s=5, high_s=5), from_s=10, to_s=20)
    world.network.rules.insert(0, slow)

    @app.get("/")
    async def route():
        pass

    took_s = []
    for start_s in (0, 12, 30):
        if start_s:
            world.run(to_ns(start_s))
        world.run(ask(world))
        took_s.append(world.env.now / 1e9 - start_s)

    assert took_s == pytest.approx([0.2, 10, 0.2])


def client_of(world, source="customer/1", **options):
    return httpx.AsyncClient(transport=world.transport(source), base_url="http://shop", **options)


def test_httpx_works_unmodified(world, app, shop):
    @app.post("/pay")
    async def pay(request: Request):
        return {"form": (await request.body()).decode(), "key": request.headers["idempotency-key"]}

    async def program():
        async with client_of(world) as client:
            return (await client.post("/pay", data={"amount": "5"}, headers={"Idempotency-Key": "k"})).json()

    assert run(world, "program/1", program()) == {"form": "amount=5", "key": "k"}


def test_httpx_times_out_in_virtual_time(world, app, shop):
    @app.get("/")
    async def route():
        await asyncio.sleep(3600)

    async def program():
        async with client_of(world, timeout=30) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/")
        return asyncio.get_running_loop().time()

    began_s = time.monotonic()

    assert run(world, "program/1", program()) == 30
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize(("alive", "error"), [(False, httpx.ConnectError), (True, httpx.RemoteProtocolError)])
def test_httpx_sees_broken_connections_as_it_would_over_tcp(world, shop, app, alive, error):
    @app.get("/")
    async def route(request: Request):
        request.scope["extensions"]["paystorm.abort"]()

    if not alive:
        shop.crash()

    async def program():
        async with client_of(world) as client:
            with pytest.raises(error):
                await client.get("/")

    run(world, "program/1", program())


def test_a_plain_def_route_escapes_at_once(world, app, shop):
    @app.get("/")
    def route():
        return "from a thread"

    with pytest.raises(Escaped, match="Thread"):
        world.run(ask(world))


def test_simpy_processes_and_tasks_meet_on_the_network(world, app, shop):
    @app.get("/")
    async def route():
        return 1

    def customer():
        answer = yield ask(world)
        return answer

    assert isinstance(world.run(world.env.process(customer())), Answer)
