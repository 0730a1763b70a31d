"""A PSP that does nothing but answer at once, so that the service is measured and nobody else.

`python -m benchmarks.psp_stub PORT`. It takes a create of a PaymentIntent and says that the money was taken; of the
chaos PSP's books, journal and faults it has nothing. What it makes is named after the attempt, so a repeat is the same.
"""

import asyncio
import json
import sys
from typing import cast
from urllib.parse import parse_qsl

import uvloop

_END_OF_HEAD = b"\r\n\r\n"


class _Psp(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(_END_OF_HEAD)
        if found and len(rest) >= (length := _content_length(head)):
            self._received = rest[length:]
            self._transport.write(_answer(rest[:length]))


def _content_length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0] or 0)


def _answer(form: bytes) -> bytes:
    fields = dict(parse_qsl(form.decode()))
    attempt_id = fields["metadata[attempt_id]"]
    body = json.dumps(
        {
            "id": f"pi_{attempt_id}",
            "object": "payment_intent",
            "status": "succeeded",
            "amount": int(fields["amount"]),
            "amount_received": int(fields["amount"]),
            "currency": fields["currency"],
            "metadata": {"attempt_id": attempt_id},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Psp, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])), loop_factory=uvloop.new_event_loop)
