"""An asyncio event loop whose only clock and only queue of future events is one SimPy environment.

What is ready now runs first; when nothing is, SimPy takes its next step, which may be a timer of asyncio, a message on
the simulated network, a database round trip or a customer's next move. Time passes in SimPy alone, so a program's
`asyncio.timeout(3600)` costs nothing to wait for, and one place decides the order of everything.

Order of callbacks that are ready at one instant: first come, first served within a process, as asyncio promises its
users; drawn from the seed between processes, which in reality share no queue.

The garbage collector is part of that order, since finalizers call back (a pool closes a lost connection, a generator is
finished): automatic collection is off while a world exists, and the loop collects after a fixed number of turns.

Whatever would leave the simulation (executors, sockets, signals, subprocesses) raises `Escaped` where it is called.
"""

import asyncio
import contextvars
import gc
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from random import Random
from typing import Any, Protocol

import simpy
from simpy.core import EmptySchedule

from scenarios.units import NS_PER_S
from scenarios.virtual.errors import Escaped, Stalled
from scenarios.virtual.processes import Process, current_process, owner_of

_TURNS_PER_COLLECTION = 20_000  # a second or so of wall time
_YOUNG = 1  # the generations of what was made since the last collection: what survives one is not looked at again

type Address = str | tuple[str, int]
type Connection = tuple[asyncio.Transport, asyncio.BaseProtocol]

_OUTSIDE = (
    "add_reader",
    "add_signal_handler",
    "add_writer",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "create_datagram_endpoint",
    "create_server",
    "create_unix_server",
    "getaddrinfo",
    "getnameinfo",
    "remove_reader",
    "remove_signal_handler",
    "remove_writer",
    "run_in_executor",
    "sendfile",
    "set_default_executor",
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendfile",
    "sock_sendto",
    "start_tls",
    "subprocess_exec",
    "subprocess_shell",
)


class Dialer(Protocol):
    """Whoever answers `create_connection`: the only way to anything outside, and itself under the seed's control."""

    def listens_at(self, address: Address) -> bool:
        """Whether the address is this one's."""

    async def dial(self, protocol_factory: Callable[[], asyncio.BaseProtocol]) -> Connection:
        """Open a connection."""


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop; see the module."""

    _ready: deque[asyncio.Handle]  # asyncio's queue of callbacks to run now
    _stopping: bool  # set by stop(): leave after this turn

    def __init__(self, *, env: simpy.Environment, random: Random, on_escape: Callable[[Escaped], None]) -> None:
        super().__init__()
        self.env = env
        self.dialer: Dialer | None = None
        self._random = random
        self._on_escape = on_escape
        self._turns = 0
        self._tasks_created = 0
        self._unowned: dict[asyncio.Task[Any], None] = {}

    @property
    def now_ns(self) -> int:
        """Nanoseconds of virtual time since the run began."""
        return int(self.env.now)

    def time(self) -> float:
        """Seconds of virtual time since the run began."""
        return self.env.now / NS_PER_S

    def _run_once(self) -> None:
        """Take one turn: all that is ready, or else one step into the future."""
        if self._ready:
            self._run_ready()
        else:
            self._step()
        self._turns += 1
        if self._turns % _TURNS_PER_COLLECTION == 0:
            self.collect_garbage()

    def _run_ready(self) -> None:
        turn, self._ready = self._ready, deque()
        if len(turn) > 1:
            turn = self._interleave(turn)
        while turn:
            handle = turn.popleft()
            owner = owner_of(handle.get_context())
            if not handle.cancelled() and (owner is None or owner.is_free or owner.admits(handle)):
                handle._run()  # noqa: SLF001 - what BaseEventLoop calls; there is no public way to run a handle
        # A failed task's traceback holds this frame: let go of the task, or it is not seen to have failed unheard.
        del handle

    def run_first(self, handles: Iterable[asyncio.Handle]) -> None:
        """Run callbacks that were held back, in their order, before whatever has become ready since."""
        self._ready.extendleft(reversed(tuple(handles)))

    def _interleave(self, batch: deque[asyncio.Handle]) -> deque[asyncio.Handle]:
        """Shuffle the processes' queues into one another; each queue keeps its own order."""
        queues: dict[Process | None, deque[asyncio.Handle]] = {}
        owners = [owner_of(handle.get_context()) for handle in batch]
        for owner, handle in zip(owners, batch, strict=True):
            queues.setdefault(owner, deque()).append(handle)
        if len(queues) == 1:
            return batch
        self._random.shuffle(owners)
        return deque(queues[owner].popleft() for owner in owners)

    def _step(self) -> None:
        """Move to the next instant at which anything happens, and let all of that instant happen."""
        try:
            self.env.step()
        except EmptySchedule:
            raise Stalled from None
        while not self._stopping and self.env.peek() == self.env.now:
            self.env.step()

    def after(self, delay_ns: int, action: Callable[[], object]) -> None:
        """Call `action` at a later instant on the simulation's own behalf: no crash prevents it."""

        def happen(_event: simpy.Event) -> None:
            action()

        self.env.timeout(delay_ns).callbacks.append(happen)

    def call_later[*Arguments](
        self,
        delay: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back after `delay` seconds; rounded up, so never early and never without time passing."""
        at_ns = self.now_ns + max(0, math.ceil(delay * NS_PER_S))
        return self._schedule(at_ns, asyncio.TimerHandle(at_ns / NS_PER_S, callback, args, self, context))

    def call_at[*Arguments](
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back at `when`, on the scale of `time()`."""
        at_ns = max(self.now_ns, math.ceil(when * NS_PER_S))
        # After some weeks a float of seconds is coarser than a nanosecond; time() must not be before `when` then.
        while at_ns / NS_PER_S < when:
            at_ns += 1
        return self._schedule(at_ns, asyncio.TimerHandle(when, callback, args, self, context))

    def _schedule(self, at_ns: int, handle: asyncio.TimerHandle) -> asyncio.TimerHandle:
        self.env.timeout(at_ns - self.now_ns).callbacks.append(partial(self._due, handle))
        return handle

    def _due(self, handle: asyncio.TimerHandle, _event: simpy.Event) -> None:
        if not handle.cancelled():
            self._ready.append(handle)

    def create_task[T](
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
        **options: Any,
    ) -> asyncio.Task[T]:
        """Create a task, named by this loop: asyncio's own counter is shared by all loops of the interpreter."""
        owner = current_process() if context is None else owner_of(context)
        self._tasks_created += 1
        name = name or f"{owner.name if owner else 'world'}/task-{self._tasks_created}"
        task = super().create_task(coro, name=name, context=context, **options)
        if owner is None:
            self._unowned[task] = None
            task.add_done_callback(self._unowned.pop)
        else:
            owner.adopt(task)
        return task

    def collect_garbage(self) -> None:
        """Let finalizers run now, at an instant that the run determines."""
        gc.collect(_YOUNG)

    def unowned(self) -> list[asyncio.Task[Any]]:
        """The unfinished tasks that belong to no process."""
        return list(self._unowned)

    def escape(self, call: str) -> Escaped:
        """Report that `call` would have left the simulation, and return the error to raise."""
        process = current_process()
        escaped = Escaped(f"{call} is outside of the simulation (called by {process.name if process else 'the world'})")
        self._on_escape(escaped)
        return escaped

    async def create_connection(  # type: ignore[override]  # sockets, TLS and happy eyeballs are none of ours
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        **_options: object,
    ) -> Connection:
        """Connect to the dialer's address; anything else is outside."""
        return await self._dial(protocol_factory, (host, port))

    async def create_unix_connection(  # type: ignore[override]  # as above
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], path: str, **_options: object
    ) -> Connection:
        """Connect to the dialer's socket; anything else is outside."""
        return await self._dial(protocol_factory, path)

    async def _dial(self, protocol_factory: Callable[[], asyncio.BaseProtocol], address: Address) -> Connection:
        if self.dialer is None or not self.dialer.listens_at(address):
            raise self.escape(f"a connection to {address}")
        return await self.dialer.dial(protocol_factory)

    def _write_to_self(self) -> None:
        """Wake the loop up from another thread: there is none."""

    def _process_events(self, _events: object) -> None:
        """Handle what a selector found: there is none."""


def _outside(name: str) -> Callable[..., None]:
    def method(self: VirtualLoop, *_args: object, **_options: object) -> None:
        raise self.escape(f"loop.{name}()")

    method.__name__ = name
    method.__doc__ = f"Raise `Escaped`: {name} leaves the simulation."
    return method


# Set here, not written out, since each of the methods has a signature of its own and the same, empty meaning.
for _name in _OUTSIDE:
    setattr(VirtualLoop, _name, _outside(_name))
