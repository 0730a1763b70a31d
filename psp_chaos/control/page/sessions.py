"""Sessions: who has shown the control token, and what only such a person may send.

A session lives as long as the process, unless its owner ends it or many others begin one. Its cookie is for these
pages alone, no script can read it, and no other site can make a browser send it; a form needs the session's own word
besides.
"""

import hmac
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from psp_chaos.ports import Ids

SESSIONS_MAX = 100  # then the oldest ends


@dataclass(kw_only=True, slots=True)
class Session:
    """Somebody who has logged in."""

    id: str
    word: str  # every form has to carry it
    realm: int = 0  # which of the realms is looked at
    notice: str | None = None  # what is to be said on the next page
    is_alarm: bool = False  # the notice says what went wrong


class Sessions:
    """Everybody who has logged in."""

    def __init__(self, *, ids: Ids, path: str) -> None:
        self._ids = ids
        self._path = path
        self._sessions: dict[str, Session] = {}

    def of(self, request: Request) -> Session | None:
        """Return whose request this is."""
        given = request.cookies.get(_cookie(request), "")
        found = None
        for session in self._sessions.values():
            if hmac.compare_digest(given.encode(), session.id.encode()):
                found = session
        return found

    def begin(self, request: Request, response: Response) -> None:
        """Let somebody in who has shown the token."""
        session = Session(id=self._ids.new("session"), word=self._ids.new("word"))
        if len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[session.id] = session
        is_secret = request.url.scheme == "https"
        response.set_cookie(
            _cookie(request), session.id, path=self._path, httponly=True, samesite="strict", secure=is_secret
        )

    def end(self, session: Session, request: Request, response: Response) -> None:
        """Let somebody out."""
        self._sessions.pop(session.id, None)
        response.delete_cookie(_cookie(request), path=self._path, httponly=True, samesite="strict")


def is_word_of(session: Session, given: str) -> bool:
    """Tell whether a form was made for this session."""
    return hmac.compare_digest(given.encode(), session.word.encode())


def _cookie(request: Request) -> str:
    """Name the cookie after the port: browsers do not keep the cookies of two ports apart."""
    return f"paystorm_{request.url.port or 0}"
