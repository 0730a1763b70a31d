"""One try over the wire: redirects are not followed, and of the answer hardly more than its status is read."""

import asyncio

import httpx

from psp_chaos.delivery.sealing import SealedEvent

ANSWER_BYTES_MAX = 4_096


async def post(http: httpx.AsyncClient, url: str, sealed: SealedEvent, *, timeout_s: float) -> int | None:
    """Send what was sealed and return the status, or None if there was no answer that could be read in time."""
    try:
        async with (
            asyncio.timeout(timeout_s),
            http.stream(
                "POST", url, content=sealed.body, headers=sealed.headers, follow_redirects=False, timeout=None
            ) as response,
        ):
            await _read_a_little(response)
    except (httpx.HTTPError, TimeoutError):
        return None  # refused, cut, unreadable or too slow: to be tried again
    return response.status_code


async def _read_a_little(response: httpx.Response) -> None:
    """Let the merchant finish its answer, but not fill our memory; a raw body cannot swell by being unpacked."""
    if response.is_stream_consumed:
        return  # a simulated network hands over an answer as a whole
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size >= ANSWER_BYTES_MAX:
            return
