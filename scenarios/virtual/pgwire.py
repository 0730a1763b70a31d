"""PostgreSQL's wire protocol, as far as a client's messages must be understood: frames, requests, replies.

https://www.postgresql.org/docs/current/protocol-message-formats.html. A frame is one whole message: a type byte, a
length that counts itself but not the type, the payload. The first packet of a connection has no type byte.

A request is what the client sends before it waits: it ends with Sync, Query or Flush (asyncpg ends Parse and Describe
with Flush). Its reply ends with ReadyForQuery (`Z`), or, after a Flush, with the description (`T` or `n`) or an error.
"""

import enum
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scenarios.virtual.errors import Unsupported
from scenarios.virtual.statements import Traits, traits_of

_LENGTH = struct.Struct("!i")
_CODE = struct.Struct("!ii")
_CANCEL = struct.Struct("!iiii")

_PROTOCOL_3_0 = 196_608  # the higher half is the major version
QUERY_CANCELED = "57014"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerError:
    """An error in PostgreSQL's words. https://www.postgresql.org/docs/current/errcodes-appendix.html."""

    sqlstate: str
    text: str


class RequestKind(enum.Enum):
    """How a request ends, which is how its reply ends."""

    SYNC = enum.auto()
    QUERY = enum.auto()
    FLUSH = enum.auto()
    TERMINATE = enum.auto()  # no reply: the server closes the connection


_ENDS = {b"S": RequestKind.SYNC, b"Q": RequestKind.QUERY, b"H": RequestKind.FLUSH, b"X": RequestKind.TERMINATE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """All that a client sends before it waits for the server."""

    kind: RequestKind
    frames: tuple[bytes, ...]
    texts: tuple[str, ...]  # the SQL in it, where it carries any
    traits: Traits  # of the statements it runs, taken together
    executes: bool  # runs statements, and does not merely describe them

    def with_frames(self, frames: tuple[bytes, ...]) -> "Request":
        """The same request in other words; `replace` would take three times as long, and this is done for each."""
        return Request(kind=self.kind, frames=frames, texts=self.texts, traits=self.traits, executes=self.executes)


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """When a reply is complete: `count` frames of one of these types have come, or an error where that ends it."""

    types: bytes
    count: int = 1
    error_ends: bool = False

    def counts(self, frame: bytes) -> int:
        """How far a frame brings the reply towards its end."""
        if frame[:1] in self.types:
            return 1
        if self.error_ends and (frame[:1] == b"E" or asks_for_password(frame)):
            return self.count
        return 0


READY = End(types=b"Z")
LOGGED_IN = End(types=b"Z", error_ends=True)
DESCRIBED = End(types=b"Tn", error_ends=True)


def message(kind: bytes, payload: bytes = b"") -> bytes:
    """Frame a payload."""
    return kind + _LENGTH.pack(len(payload) + 4) + payload


SYNC = message(b"S")
TERMINATE = message(b"X")
NO_ENCRYPTION = b"N"  # the answer to TLS and GSS requests, which is not framed


def query(sql: str) -> bytes:
    """A simple query."""
    return message(b"Q", sql.encode() + b"\0")


def parse(*, name: str, sql: str) -> bytes:
    """Prepare a statement under a name."""
    return message(b"P", f"{name}\0{sql}\0".encode() + b"\0\0")


def execute(name: str) -> bytes:
    """Run a prepared statement that has no parameters, through the unnamed portal."""
    return message(b"B", f"\0{name}\0".encode() + b"\0\0" * 3) + message(b"E", b"\0" + b"\0\0\0\0")


def take_frames(buffer: bytearray) -> Iterator[bytes]:
    """Remove the complete frames from the front of a buffer."""
    start, size = 0, len(buffer)
    try:
        while start + 5 <= size:
            end = start + 1 + _LENGTH.unpack_from(buffer, start + 1)[0]
            if end > size:
                break
            yield bytes(buffer[start:end])
            start = end
    finally:
        del buffer[:start]


class RequestReader:
    """Cuts what one client writes into requests, and remembers which statement a name stands for."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._frames: list[bytes] = []
        self._statements: dict[bytes, Traits] = {}

    def feed(self, data: bytes) -> Iterator[Request]:
        """Yield the requests that `data` completes."""
        self._buffer += data
        for frame in take_frames(self._buffer):
            self._frames.append(frame)
            kind = _ENDS.get(frame[:1])
            if kind is not None:
                frames, self._frames = self._frames, []
                yield self._request(kind, frames)

    def _request(self, kind: RequestKind, frames: list[bytes]) -> Request:
        texts: list[str] = []
        traits = Traits.NONE
        for frame in frames:
            if frame[:1] == b"P":
                name, sql, _ = frame[5:].split(b"\0", 2)
                texts.append(sql.decode())
                self._statements[name] = traits_of(texts[-1])
            elif frame[:1] == b"Q":
                texts.append(frame[5:-1].decode())
                traits |= traits_of(texts[-1])
            elif frame[:1] == b"B":
                start = frame.index(0, 5) + 1  # after the portal
                traits |= self._statements.get(frame[start : frame.index(0, start)], Traits.NONE)
            elif frame[:1] in b"dcf":
                raise Unsupported("COPY FROM STDIN: virtual time has no use for a stream in the middle of a statement")
        executes = any(frame[:1] in b"EQ" for frame in frames)
        return Request(kind=kind, frames=tuple(frames), texts=tuple(texts), traits=traits, executes=executes)


class FirstPacket(enum.IntEnum):
    """What the packet without a type byte asks for, by the code where a version would stand."""

    STARTUP = _PROTOCOL_3_0
    CANCEL = 80_877_102
    TLS = 80_877_103
    GSS = 80_877_104


def first_packet(data: bytes) -> FirstPacket:
    """Tell what a new connection wants."""
    _length, code = _CODE.unpack_from(data)
    return FirstPacket(code)


def startup_parameters(packet: bytes) -> dict[str, str]:
    """The parameters of a start-up packet."""
    *words, _nothing = packet[8:-1].decode().split("\0")
    return dict(zip(words[::2], words[1::2], strict=True))


def startup_packet(parameters: dict[str, str]) -> bytes:
    """A start-up packet with these parameters."""
    payload = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return _CODE.pack(len(payload) + 8, _PROTOCOL_3_0) + payload


def cancelled_backend(packet: bytes) -> tuple[int, int]:
    """The process id and the secret in a request to cancel."""
    _length, _code, pid, secret = _CANCEL.unpack(packet)
    return pid, secret


def asks_for_password(frame: bytes) -> bool:
    """Whether a frame of the server's start-up reply wants more than a name."""
    return frame[:1] == b"R" and frame[5:9] != b"\0\0\0\0"


def mechanisms(frame: bytes) -> list[bytes]:
    """The ways to prove a password that a server offers in its AuthenticationSASL frame; none for other frames."""
    is_sasl = frame[5:9] == _LENGTH.pack(10)
    return [name for name in frame[9:].split(b"\0") if name] if is_sasl else []


def sasl_first(mechanism: bytes, data: bytes) -> bytes:
    """The client's SASLInitialResponse."""
    return message(b"p", mechanism + b"\0" + _LENGTH.pack(len(data)) + data)


def sasl_data(frame: bytes) -> bytes:
    """What a server says in an AuthenticationSASLContinue or AuthenticationSASLFinal frame."""
    return frame[9:]


def backend_pid(reply: Iterable[bytes]) -> int:
    """The process id that the server told at start-up."""
    (key,) = (frame for frame in reply if frame[:1] == b"K")
    return int(_LENGTH.unpack_from(key, 5)[0])


def with_secret(frame: bytes, secret: int) -> bytes:
    """The same frame, with this secret for requests to cancel where it tells one."""
    return message(b"K", frame[5:9] + _LENGTH.pack(secret)) if frame[:1] == b"K" else frame


def transaction_status(reply: list[bytes]) -> str:
    """How the last ReadyForQuery left the connection: `I` idle, `T` in a transaction, `E` in a failed one."""
    return next(chr(frame[5]) for frame in reversed(reply) if frame[:1] == b"Z")


def sqlstate(reply: Iterable[bytes]) -> str | None:
    """The code of the first error in a reply."""
    for frame in reply:
        if frame[:1] == b"E":
            return next(field[1:].decode() for field in frame[5:].split(b"\0") if field[:1] == b"C")
    return None


def fatal(error: ServerError) -> bytes:
    """The frame with which a server refuses a connection."""
    fields = {"S": "FATAL", "V": "FATAL", "C": error.sqlstate, "M": error.text}
    return message(b"E", b"".join(f"{code}{value}\0".encode() for code, value in fields.items()) + b"\0")


def repeatable(reply: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of a reply that are equal in every run: rows and outcomes, neither process ids nor object ids."""
    for frame in reply:
        match frame[:1]:
            case b"D" | b"C" | b"Z":
                yield frame
            case b"E":
                yield (sqlstate([frame]) or "").encode()


def rows(reply: Iterable[bytes]) -> Iterator[tuple[str | None, ...]]:
    """The rows of a reply in text format."""
    for frame in reply:
        if frame[:1] == b"D":
            yield tuple(_columns(frame))


def _columns(frame: bytes) -> Iterator[str | None]:
    position = 7  # type, length, number of columns
    while position < len(frame):
        (length,) = _LENGTH.unpack_from(frame, position)
        position += 4
        yield None if length < 0 else frame[position : position + length].decode()
        position += max(length, 0)
