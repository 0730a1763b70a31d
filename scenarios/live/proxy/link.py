"""One link: who comes to an address of ours is connected to one of those behind it, in turn.

Whoever does not listen is passed over, as any load balancer does; who has been stopped still listens, and does not
answer.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine, Sequence
from contextlib import suppress

from scenarios.live.proxy.conversation import Conversation, reset
from scenarios.live.proxy.places import Place
from scenarios.live.proxy.troubles import Fate, Trouble, Way

_CHUNK_BYTES = 65_536
_HOLD_S = 0.02  # how often it is looked whether bytes may cross again


class Link:
    """From one party to another; `troubles` may change at any time."""

    def __init__(self, name: str, *, at: Place, upstreams: Sequence[Place]) -> None:
        """Name it by who asks and who is asked, such as `service->psp`."""
        self.name = name
        self.troubles: list[Trouble] = []
        self.connections = 0
        self._at = at
        self._upstreams = upstreams
        self._conversations: set[Conversation] = set()
        self._asides: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen.

        Raises:
            OSError: Somebody else listens there.
        """
        self._server = await self._at.listen(self._greet)

    async def close(self) -> None:
        """Stop listening, and end what is being said."""
        assert self._server is not None, "it was opened"
        self._server.close()
        for aside in self._asides:
            aside.cancel()
        while self._conversations:
            self.break_all()
            await asyncio.sleep(0)

    def break_all(self) -> int:
        """Reset every connection, and return how many there were."""
        for conversation in self._conversations:
            conversation.reset()
        return len(self._conversations)

    async def crossing(self, way: Way) -> None:
        """Return when bytes may cross."""
        while any(trouble.holds(way) for trouble in self.troubles):  # noqa: ASYNC110 - they know nothing of events
            await asyncio.sleep(_HOLD_S)

    def delay_s(self, way: Way) -> float:
        """Say how much later a request or a reply crosses."""
        return sum(trouble.delay_s(way) for trouble in self.troubles)

    def bytes_per_s(self) -> float | None:
        """Say how many bytes cross in a second, or None."""
        return min((rate for trouble in self.troubles if (rate := trouble.bytes_per_s()) is not None), default=None)

    def fate(self, way: Way, data: bytes) -> Fate | None:
        """Return what becomes of a request or a reply that begins with these bytes."""
        for trouble in self.troubles:
            fate = trouble.at_request(data) if way is Way.THERE else trouble.at_reply(data)
            if fate is not None:
                return fate
        return None

    async def connect(self) -> tuple[StreamReader, StreamWriter] | None:
        """Connect to the next one behind it who listens, or to nobody."""
        self.connections += 1
        for offset in range(len(self._upstreams)):
            with suppress(OSError):
                return await self._upstreams[(self.connections + offset) % len(self._upstreams)].connect()
        return None

    def spawn(self, aside: Coroutine[None, None, None]) -> None:
        """Let something go on beside the conversations, until the link is closed."""
        task = asyncio.ensure_future(aside)
        self._asides.add(task)  # asyncio itself keeps no hold of it
        task.add_done_callback(self._asides.discard)

    async def _greet(self, reader: StreamReader, writer: StreamWriter) -> None:
        if any(trouble.refuses() for trouble in self.troubles) or not await self._may_open(reader):
            reset(writer)
            return
        upstream = await self.connect()
        if upstream is None:
            reset(writer)
            return
        conversation = Conversation(self, asker=(reader, writer), asked=upstream)
        self._conversations.add(conversation)
        try:
            await conversation.carry()
        finally:
            self._conversations.discard(conversation)

    async def _may_open(self, reader: StreamReader) -> bool:
        """Wait until a connection can be opened, which takes a message each way; tell whether it is still wanted."""
        # The kernel has opened it already, so what is said meanwhile is forgotten with who hangs up.
        said = b""
        while any(trouble.holds(way) for trouble in self.troubles for way in Way):
            try:
                more = await asyncio.wait_for(reader.read(_CHUNK_BYTES), _HOLD_S)
            except TimeoutError:
                continue
            except OSError:
                return False
            if not more:
                return False
            said += more
        reader.feed_data(said)  # it had read all there was, so this comes first
        return True
