"""The service as a merchant uses it: who pays, and what becomes of the last payments."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from reports.money import format_money
from reports.words import plural
from scenarios.live.playground.playground import Playground

LATEST = 10  # payments that are followed
_AMOUNT_MINOR, _CURRENCY = 1999, "EUR"
_FINAL = frozenset({"SUCCESS", "FAILED", "REFUNDED"})

type Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One move of a payment."""

    to: str
    reason: str
    source: str
    at: datetime
    after_s: float | None  # since the step before; None: it is the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A payment with its history."""

    payment: Json
    steps: Sequence[Step]

    @property
    def amount(self) -> str:
        """Return the amount as people read it."""
        return format_money(self.payment["amount"], self.payment["currency"])

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more is to be expected, unless money is sent back."""
        return self.payment["status"] in _FINAL


class Shop:
    """One merchant's side of the service.

    Methods raise `httpx.HTTPError` where the service does not answer, or not as it should.
    """

    def __init__(self, playground: Playground, http: httpx.AsyncClient) -> None:
        self._http = http
        self._url = f"{playground.system.addresses.service_url}/v1/payments"
        self._headers = {"Authorization": f"Bearer {playground.system.credentials.api_key}"}
        self._known: dict[str, Followed] = {}

    async def latest(self) -> Sequence[Followed]:
        """Return the last payments, newest first; a history is asked for only where its payment has moved."""
        listed = await self._read(self._url, limit=LATEST)
        followed = await asyncio.gather(*map(self._follow, listed))
        self._known = {one.payment["id"]: one for one in followed}
        return followed

    async def buy(self, *, clicks: int) -> str:
        """Pay once, with so many clicks at the same moment, and say what was answered."""
        order = f"order-{secrets.token_hex(3)}"
        answers = await asyncio.gather(*(self._click(order) for _ in range(clicks)))
        payments = {answer.json()["id"] for answer in answers if answer.status_code == HTTPStatus.ACCEPTED}
        told = ", ".join(f"{word}: {count}" for word, count in Counter(map(_word, answers)).items())
        count = len(payments)
        return f"{order}: {clicks} {plural(clicks, 'click')}, {count} {plural(count, 'payment')} ({told})."

    async def _click(self, order: str) -> httpx.Response:
        wish = {"amount": _AMOUNT_MINOR, "currency": _CURRENCY, "payment_method": "pm_card_visa", "order_id": order}
        headers = self._headers | {"Idempotency-Key": f"click-{order}"}
        return await self._http.post(self._url, json=wish, headers=headers)

    async def _follow(self, payment: Json) -> Followed:
        known = self._known.get(payment["id"])
        if known is not None and known.payment["updated_at"] == payment["updated_at"]:
            return known
        return Followed(payment=payment, steps=_steps(await self._read(f"{self._url}/{payment['id']}/history")))

    async def _read(self, url: str, **query: int) -> Sequence[Json]:
        answer = await self._http.get(url, params=query, headers=self._headers)
        data: Sequence[Json] = answer.raise_for_status().json()["data"]
        return data


def _steps(history: Sequence[Json]) -> tuple[Step, ...]:
    moments = [datetime.fromisoformat(move["at"]) for move in history]
    before = [None, *moments]
    return tuple(
        Step(
            to=move["to"],
            reason=move["reason"],
            source=move["source"],
            at=at,
            after_s=None if earlier is None else (at - earlier).total_seconds(),
        )
        for move, at, earlier in zip(history, moments, before, strict=False)
    )


def _word(answer: httpx.Response) -> str:
    is_replay = answer.headers.get("idempotent-replayed") == "true"
    return f"{answer.status_code} replayed" if is_replay else str(answer.status_code)
