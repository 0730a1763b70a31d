"""Prepared statements that outlive the session that prepared them.

A driver prepares every statement once per connection, under a name of its own. Here the server's statement is kept for
the next session on the same backend: what the backend knows already is neither parsed nor described again, the answer
is the one it gave the first time, and the client's name is written over with the server's wherever it appears. What the
client sees is the same.

https://www.postgresql.org/docs/current/protocol-message-formats.html: Parse, Describe, Bind and Close name statements.
"""

from dataclasses import dataclass, field

from scenarios.virtual import pgwire
from scenarios.virtual.pgwire import Request, RequestKind

_CLOSE_COMPLETE = pgwire.message(b"3")
_PARSE_COMPLETE = pgwire.message(b"1")
_UNNAMED = b""


@dataclass(kw_only=True, slots=True, eq=False)
class Statement:
    """A statement that a backend has prepared."""

    name: bytes  # the server's
    description: list[bytes] | None = None  # the whole answer to its preparation, if it was asked for with a Flush


@dataclass(kw_only=True, slots=True, eq=False)
class Shelf:
    """The statements of one backend, by text and types of the parameters; kept for as long as the backend lives."""

    statements: dict[bytes, Statement] = field(default_factory=dict)
    prepared: int = 0

    def new_statement(self) -> Statement:
        """Return a statement with a name that no other of this backend has had."""
        self.prepared += 1
        return Statement(name=b"paystorm_%d" % self.prepared)


@dataclass(kw_only=True, slots=True, eq=False)
class Translation:
    """A request in the server's names, and what has to be added to its reply."""

    request: Request
    answer: list[bytes] | None = None  # where the backend need not be asked at all
    owed: tuple[bytes, ...] = ()  # answers to what was not sent
    _new: tuple[tuple[bytes, Statement], ...] = ()
    _shelf: Shelf | None = None

    def settle(self, reply: list[bytes]) -> list[bytes]:
        """Take note of what has been prepared, and return the reply as the client expects it."""
        if self._new and pgwire.sqlstate(reply) is None:
            assert self._shelf is not None, "what is new goes somewhere"
            for text, statement in self._new:
                if self.request.kind is RequestKind.FLUSH:
                    statement.description = reply
                self._shelf.statements[text] = statement
        return [*self.owed, *reply] if self.owed else reply


class StatementNames:
    """One session's names for the statements on its backend's shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._statements: dict[bytes, Statement] = {}  # by the client's name

    def translate(self, request: Request) -> Translation:
        """Return a request as the backend is to see it."""
        if request.kind is RequestKind.QUERY:
            return Translation(request=request)
        frames: list[bytes] = []
        owed: list[bytes] = []
        new: list[tuple[bytes, Statement]] = []
        for frame in request.frames:
            match frame[:1]:
                case b"P":
                    self._parse(frame, frames, owed, new)
                case b"B":
                    portal, name, rest = frame[5:].split(b"\0", 2)
                    frames.append(pgwire.message(b"B", portal + b"\0" + self._server_name(name) + b"\0" + rest))
                case b"D" if frame[5:6] == b"S":
                    frames.append(pgwire.message(b"D", b"S" + self._server_name(frame[6:-1]) + b"\0"))
                case b"C" if frame[5:6] == b"S" and frame[6:-1] != _UNNAMED:
                    self._statements.pop(frame[6:-1], None)
                    owed.append(_CLOSE_COMPLETE)
                case _:
                    frames.append(frame)
        return Translation(
            request=request.with_frames(tuple(frames)),
            answer=self._known_answer(request),
            owed=tuple(owed),
            _new=tuple(new),
            _shelf=self._shelf,
        )

    def _parse(self, frame: bytes, frames: list[bytes], owed: list[bytes], new: list[tuple[bytes, Statement]]) -> None:
        name, text = frame[5:].split(b"\0", 1)
        if name == _UNNAMED:
            frames.append(frame)
            return
        statement = self._shelf.statements.get(text)
        if statement is None:
            statement = self._shelf.new_statement()
            new.append((text, statement))
            frames.append(pgwire.message(b"P", statement.name + b"\0" + text))
        else:
            owed.append(_PARSE_COMPLETE)
        self._statements[name] = statement

    def _known_answer(self, request: Request) -> list[bytes] | None:
        """Return the answer to a statement's preparation, which asyncpg sends as Parse, Describe and Flush."""
        if [frame[:1] for frame in request.frames] != [b"P", b"D", b"H"]:
            return None
        name, text = request.frames[0][5:].split(b"\0", 1)
        statement = self._shelf.statements.get(text)
        return statement.description if statement is not None and name != _UNNAMED else None

    def _server_name(self, name: bytes) -> bytes:
        statement = self._statements.get(name)
        return name if statement is None else statement.name
