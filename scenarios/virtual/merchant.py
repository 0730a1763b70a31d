"""A merchant who listens: believes what is signed, takes each event once, and writes down everything that arrives.

It is written from what merchants are told (docs/outgoing-events.md) and shares no code with the sender. What goes wrong
with it is decided by mishaps (`scenarios.virtual.nemesis.merchants`); without them it is always well.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from scenarios.units import NS_PER_S, NS_PER_US
from scenarios.virtual.clock import VirtualClock

_TOLERANCE_US = 300 * NS_PER_S // NS_PER_US
_US_PER_S = NS_PER_S // NS_PER_US
_OK, _BAD_REQUEST = 200, 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type _Message = MutableMapping[str, Any]
type Row = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mishap:
    """What becomes of one event instead of being taken and acknowledged."""

    fault: str  # the id of the fault that does it
    is_taken: bool = False  # the event itself is
    status: int | None = None  # of the answer; None: the connection is closed without one
    after_s: float = 0.0


class Trouble(Protocol):
    """Decides what goes wrong with an event that arrives; the first that has an opinion wins."""

    def befall(self, merchant: "Merchant", row: Row) -> Mishap | None:
        """Say what goes wrong, or nothing to leave that to the next."""


class Merchant:
    """An ASGI application that takes the events of one merchant."""

    def __init__(self, merchant_id: str, *, secret: str, clock: VirtualClock, diary: list[Row]) -> None:
        """Write into `diary`, which may be shared: one row for each event that arrives, of `merchants.jsonl`."""
        self.id = merchant_id
        self.troubles: list[Trouble] = []
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._taken: set[object] = set()
        self._clock = clock
        self._diary = diary

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Take one event, or not."""
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        row = self._read(headers, (await receive())["body"])
        mishap = self._mishap(row)
        self._decide(row, mishap)
        if mishap is not None and mishap.after_s:
            await asyncio.sleep(mishap.after_s)
        if row["status"] is None:
            scope["extensions"]["paystorm.abort"]()
            return
        await send({"type": "http.response.start", "status": row["status"], "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def _read(self, headers: Mapping[str, str], body: bytes) -> Row:
        row = {
            "at_us": self._clock.now_us(),
            "merchant_id": self.id,
            "event_id": headers.get("webhook-id"),
            **_content(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "is_signed": self._is_signed(headers, body),
            "signed_at_us": _signed_at_us(headers),
        }
        self._diary.append(row)
        return row

    def _mishap(self, row: Row) -> Mishap | None:
        for trouble in self.troubles:
            mishap = trouble.befall(self, row)
            if mishap is not None:
                return mishap
        return None

    def _decide(self, row: Row, mishap: Mishap | None) -> None:
        is_believed = row["is_signed"] is True and self._is_fresh(row["signed_at_us"])
        is_taken = is_believed and row["event_id"] not in self._taken and (mishap is None or mishap.is_taken)
        if is_taken:
            self._taken.add(row["event_id"])
        status = mishap.status if mishap is not None else _OK if is_believed else _BAD_REQUEST
        row.update(is_taken=is_taken, status=status, fault=None if mishap is None else mishap.fault)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        expected = f"v1,{base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()}"
        return any(hmac.compare_digest(expected, one) for one in headers.get("webhook-signature", "").split())

    def _is_fresh(self, signed_at_us: object) -> bool:
        return isinstance(signed_at_us, int) and abs(self._clock.now_us() - signed_at_us) <= _TOLERANCE_US


def _signed_at_us(headers: Mapping[str, str]) -> int | None:
    text = headers.get("webhook-timestamp", "")
    return int(text) * _US_PER_S if text.isascii() and text.isdigit() else None


def _content(body: bytes) -> Row:
    """Return what an event says; nothing of one that is not as merchants are told that events are."""
    try:
        event = json.loads(body)
        data = event["data"]
        is_refund = data["object"] == "refund"
        return {
            "type": event["type"],
            "sequence": event["sequence"],
            "happened_at_us": (datetime.fromisoformat(event["timestamp"]) - _EPOCH) // timedelta(microseconds=1),
            "payment_id": data["payment_id"] if is_refund else data["id"],
            "refund_id": data["id"] if is_refund else None,
            "state": data["status"],
            "amount_minor": data["amount"],
            "currency": data["currency"],
            "captured_minor": data.get("amount_captured"),
            "refunded_minor": data.get("amount_refunded"),
            "reason": data.get("failure_reason"),
        }
    except (ValueError, KeyError, TypeError):
        return {}
