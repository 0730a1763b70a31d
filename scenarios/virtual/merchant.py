"""A merchant who listens: believes what is signed, takes each event once, and is sometimes out of sorts.

It is written from what merchants are told (docs/outgoing-events.md) and shares no code with the sender. Everything that
arrives is noted, believed or not, with what became of it.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from scenarios.units import NS_PER_S, NS_PER_US
from scenarios.virtual.clock import VirtualClock

MERCHANT_NAME = "shop.example"
MERCHANT_ADDRESS = "203.0.113.7"  # set aside for documentation, so the service must be allowed to send there
MERCHANT_SECRET = f"whsec_{base64.b64encode(b'a world of its own has no secret').decode()}"

_TOLERANCE_S = 300
_HANGS_S = 60.0
_MOODS = ("well", "fails before", "fails after", "hangs")
_WEIGHTS = (80, 8, 8, 4)
_OK, _BAD_REQUEST, _BROKEN = 200, 400, 500
_US_PER_S = NS_PER_S // NS_PER_US

type _Message = MutableMapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One request that a merchant got."""

    at_us: int
    id: str  # as its header says
    is_believed: bool  # the signature is right and not old
    is_repeat: bool  # the event had been taken before
    is_taken: bool  # the merchant acts upon it now
    status: int | None  # of the answer; None: there was none in time
    body: str


class Merchant:
    """An ASGI application that takes events."""

    def __init__(self, *, clock: VirtualClock, random: Random) -> None:
        self.heard: list[Heard] = []
        self._taken: set[str] = set()
        self._clock = clock
        self._random = random

    @property
    def rows(self) -> list[dict[str, object]]:
        """Everything that was heard, in order."""
        return [asdict(one) for one in self.heard]

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Take one event, or not."""
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status = self._hear(headers, (await receive())["body"], mood=self._random.choices(_MOODS, _WEIGHTS)[0])
        if status is None:
            await asyncio.sleep(_HANGS_S)
            status = _BROKEN
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def _hear(self, headers: Mapping[str, str], body: bytes, *, mood: str) -> int | None:
        event_id = headers["webhook-id"]
        is_believed = self._believes(headers, body)
        is_repeat = event_id in self._taken
        is_taken = is_believed and not is_repeat and mood in ("well", "fails after")
        if is_taken:
            self._taken.add(event_id)
        status = _BAD_REQUEST if not is_believed else {"well": _OK, "hangs": None}.get(mood, _BROKEN)
        self.heard.append(
            Heard(
                at_us=self._clock.now_us(),
                id=event_id,
                is_believed=is_believed,
                is_repeat=is_repeat,
                is_taken=is_taken,
                status=status,
                body=body.decode(),
            )
        )
        return status

    def _believes(self, headers: Mapping[str, str], body: bytes) -> bool:
        if abs(self._clock.now_us() // _US_PER_S - int(headers["webhook-timestamp"])) > _TOLERANCE_S:
            return False
        if json.loads(body)["id"] != headers["webhook-id"]:
            return False
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(MERCHANT_SECRET.removeprefix("whsec_"))
        expected = f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
        return any(hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split())


async def look_up(host: str, port: int) -> list[str]:
    """Return the merchant's address; nobody else has one.

    Raises:
        OSError: it is somebody else's name.
    """
    if host != MERCHANT_NAME:
        raise OSError(f"nobody knows {host}:{port}")
    return [MERCHANT_ADDRESS]
