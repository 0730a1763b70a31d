"""The proxy from both of its ends: what the asker sees, and what the asked one gets."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from scenarios.live.ports import choose_port
from scenarios.live.proxy import Cut, CutReply, Duplicated, HalfOpened, Link, Place, Shortened, Trouble, Way
from scenarios.live.proxy.http_text import is_whole

REQUEST = b"POST /v1/payments HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody"
REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789"


class Server:
    """Answers every request that is whole; remembers what came, and how each connection ended."""

    def __init__(self, name="", folder=None):
        self.name, self.heard, self.ends = name, [], 0
        self.place = None

    async def greet(self, reader, writer):
        try:
            said = b""
            while data := await reader.read(65536):
                said += data
                if is_whole(said):
                    self.heard.append(said)
                    writer.write(REPLY + self.name.encode())
                    said = b""
        except OSError:
            pass
        self.ends += 1
        writer.close()


class Fixed(Trouble):
    """Has one answer for everybody, or a delay, or holds a way."""

    def __init__(self, *, request=None, reply=None, delay_s=0.0, held=(), refuses=False, rate=None):
        self.request, self.reply, self.delay, self.held = request, reply, delay_s, set(held)
        self.is_refusing, self.rate = refuses, rate

    def at_request(self, data):
        return self.request

    def at_reply(self, data):
        return self.reply

    def delay_s(self, way):
        return self.delay

    def holds(self, way):
        return way in self.held

    def refuses(self):
        return self.is_refusing

    def bytes_per_s(self):
        return self.rate


@asynccontextmanager
async def connected(folder, *troubles, servers=None):
    """Yield a connection through a link, the server behind it, and the link."""
    servers = servers or [Server()]
    listening = []
    for number, server in enumerate(servers):
        server.place = Place(socket=folder / f"server-{number}")
        listening.append(await server.place.listen(server.greet))
    link = Link("service->psp", at=Place(socket=folder / "link"), upstreams=[server.place for server in servers])
    link.troubles.extend(troubles)
    await link.open()
    reader, writer = await Place(socket=folder / "link").connect()
    try:
        yield reader, writer, servers[0], link
    finally:
        writer.close()
        await link.close()
        for one in listening:
            one.close()


async def ask(reader, writer, *, patience_s=2.0):
    writer.write(REQUEST)
    async with asyncio.timeout(patience_s):
        return await reader.read(65536)


async def until(condition):
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_without_trouble_bytes_pass_as_they_come(tmp_path):
    async with connected(tmp_path) as (reader, writer, server, _):
        replies = [await ask(reader, writer) for _ in range(3)]

        assert replies == [REPLY] * 3
        assert server.heard == [REQUEST] * 3


async def test_a_cut_request_never_arrives(tmp_path):
    async with connected(tmp_path, Fixed(request=Cut())) as (reader, writer, server, _):
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert await ask(reader, writer) != b""

        assert server.heard == []


@pytest.mark.parametrize("trouble", [Fixed(request=CutReply()), Fixed(reply=Cut())])
async def test_a_cut_reply_comes_after_the_request_arrived(tmp_path, trouble):
    async with connected(tmp_path, trouble) as (reader, writer, server, _):
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert await ask(reader, writer) != b""

        assert server.heard == [REQUEST]


async def test_a_reset_over_tcp_is_seen_as_one(tmp_path):
    async with connected(tmp_path) as (_, _, server, _):
        place = Place(port=choose_port(0, option="--port"))
        link = Link("customer->service", at=place, upstreams=[server.place])
        link.troubles.append(Fixed(request=Cut()))
        await link.open()
        reader, writer = await place.connect()

        with pytest.raises(ConnectionResetError):
            await ask(reader, writer)
        await link.close()


async def test_a_shortened_reply_ends_within_its_body(tmp_path):
    async with connected(tmp_path, Fixed(reply=Shortened(share=0.5))) as (reader, writer, server, _):
        writer.write(REQUEST)
        reply = await asyncio.wait_for(reader.read(), 2)

        assert reply == REPLY[:-5]
        assert server.heard == [REQUEST]


async def test_a_duplicated_request_arrives_twice_and_is_answered_once(tmp_path):
    async with connected(tmp_path, Fixed(request=Duplicated(after_s=0.01))) as (reader, writer, server, _):
        writer.write(REQUEST[:30])
        await asyncio.sleep(0.02)
        writer.write(REQUEST[30:])
        reply = await asyncio.wait_for(reader.read(65536), 2)
        await until(lambda: len(server.heard) == 2)

        assert reply == REPLY
        assert server.heard == [REQUEST] * 2


async def test_nothing_crosses_a_half_open_connection_and_nobody_is_told(tmp_path):
    async with connected(tmp_path, Fixed(request=HalfOpened())) as (reader, writer, server, link):
        with pytest.raises(TimeoutError):
            await ask(reader, writer, patience_s=0.1)
        link.troubles.clear()
        with pytest.raises(TimeoutError):
            await ask(reader, writer, patience_s=0.1)

        assert (server.heard, server.ends) == ([], 0)


async def test_a_request_on_an_open_connection_arrives_after_the_partition_though_its_asker_hung_up(tmp_path):
    trouble = Fixed()
    async with connected(tmp_path, trouble) as (reader, writer, server, _):
        await ask(reader, writer)
        trouble.held = {Way.THERE}
        with pytest.raises(TimeoutError):
            await ask(reader, writer, patience_s=0.1)
        writer.close()
        heard_meanwhile = list(server.heard)

        trouble.held = set()
        await until(lambda: len(server.heard) == 2)

        assert heard_meanwhile == [REQUEST]


async def test_a_connection_that_was_not_opened_before_the_partition_takes_its_request_along(tmp_path):
    trouble = Fixed(held={Way.BACK})
    async with connected(tmp_path, trouble) as (reader, writer, server, _):
        with pytest.raises(TimeoutError):
            await ask(reader, writer, patience_s=0.1)
        writer.close()
        await asyncio.sleep(0.1)

        trouble.held = set()
        await asyncio.sleep(0.1)

        assert server.heard == []


async def test_an_answer_waits_for_the_way_back(tmp_path):
    trouble = Fixed()
    async with connected(tmp_path, trouble) as (reader, writer, server, _):
        await ask(reader, writer)
        trouble.held = {Way.BACK}
        with pytest.raises(TimeoutError):
            await ask(reader, writer, patience_s=0.1)

        trouble.held = set()

        assert await asyncio.wait_for(reader.read(65536), 2) == REPLY
        assert server.heard == [REQUEST] * 2


async def test_latency_is_paid_each_way(tmp_path):
    async with connected(tmp_path, Fixed(delay_s=0.05)) as (reader, writer, _, _):
        began = asyncio.get_running_loop().time()
        await ask(reader, writer)

        assert asyncio.get_running_loop().time() - began >= 0.1


async def test_a_narrow_link_takes_its_time(tmp_path):
    async with connected(tmp_path, Fixed(rate=1_000)) as (reader, writer, _, _):
        began = asyncio.get_running_loop().time()
        await ask(reader, writer)
        await ask(reader, writer)

        assert asyncio.get_running_loop().time() - began >= len(REQUEST) / 1_000


async def test_who_is_refused_is_sent_away(tmp_path):
    async with connected(tmp_path, Fixed(refuses=True)) as (reader, _, server, _):
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert await asyncio.wait_for(reader.read(1), 2) != b""

        assert server.heard == []


async def test_connections_go_to_the_next_server_and_pass_over_one_that_is_gone(tmp_path):
    servers = [Server("a"), Server("b")]
    async with connected(tmp_path, servers=servers) as (reader, writer, _, link):
        first = await ask(reader, writer)
        (tmp_path / "server-0").unlink()
        others = []
        for _ in range(3):
            other_reader, other_writer = await Place(socket=tmp_path / "link").connect()
            others.append(await ask(other_reader, other_writer))
            other_writer.close()

        assert first.removeprefix(REPLY) in (b"a", b"b")
        assert others == [REPLY + b"b"] * 3
        assert link.connections == 4


async def test_a_link_that_is_closed_leaves_nothing_open(tmp_path):
    async with connected(tmp_path) as (reader, writer, server, link):
        await ask(reader, writer)

        await link.close()

        assert await asyncio.wait_for(reader.read(), 2) == b""
        await until(lambda: server.ends)
        await link.open()
