"""The engine's `Gateway`: the PSP over HTTP, in Stripe's v1 protocol.

Whatever the network or the PSP does becomes an `Outcome`; nothing is raised, so no caller can take an exception for
a failure. One question, with all its pages, takes at most `timeout_s`.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from engine.attempt import AttemptKind
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.reconciliation import Trial
from engine.retries import SECOND_US
from service import psp_wire
from service.errors import WireUnreadable

logger = logging.getLogger(__name__)

COLLECTIONS = {AttemptKind.CAPTURE: "/v1/payment_intents", AttemptKind.REFUND: "/v1/refunds"}
PAGE_SIZE = 100  # the most that the PSP gives
CLOCK_SLACK_S = 3600  # how far clocks may be apart, ours and the PSP's, when we look for what it created

OK, MULTIPLE_CHOICES, BAD_REQUEST, PAYMENT_REQUIRED = 200, 300, 400, 402
# Our configuration is wrong, or the PSP lost something of ours. Money may have moved earlier, so it stays unknown.
ALARMING = (401, 403, 404)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reply:
    """A complete, readable answer of the PSP."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def is_success(self) -> bool:
        return OK <= self.status < MULTIPLE_CHOICES


class StripeGateway:
    """Speaks to the PSP."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, api_key: str, timeout_s: float) -> None:
        """Take the client; it is opened and closed elsewhere."""
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout_s = timeout_s

    async def send(self, trial: Trial) -> Outcome:
        """Create the payment or refund, or create it again with the same key."""
        made = await self._create(trial, psp_wire.create_form(trial))
        return made if isinstance(made, Outcome) else _error_outcome(made, trial)

    async def forestall(self, trial: Trial) -> Outcome:
        """Create the payment unconfirmed under the attempt's key; refused if the key has been used."""
        made = await self._create(trial, psp_wire.unconfirmed_form(trial))
        if isinstance(made, Outcome):
            return made
        if _is_key_known(made):
            return Outcome(kind=OutcomeKind.REFUSED, reason="the key has been used")
        outcome = _error_outcome(made, trial)
        # A request that makes no sense to the PSP says nothing about the one that came before it.
        return outcome if outcome.kind is not OutcomeKind.REFUSED else _unanswered(made, trial)

    async def _create(self, trial: Trial, form: Mapping[str, str]) -> "Outcome | _Reply":
        """Create something under the attempt's key; return the outcome, or the answer if it is no success."""
        reply = await self._exchange("POST", COLLECTIONS[trial.attempt.kind], form=form, key=trial.attempt.psp_key)
        if isinstance(reply, Outcome) or not reply.is_success:
            return reply
        return psp_wire.outcome_of(trial.attempt.kind, reply.body, attempt_id=trial.attempt.id)

    async def cancel(self, trial: Trial, *, key: str) -> Outcome:
        """Ask to cancel the payment of the PSP's id; refused if it does not let itself be canceled."""
        assert trial.attempt.psp_id is not None
        path = f"{COLLECTIONS[trial.attempt.kind]}/{trial.attempt.psp_id}/cancel"
        reply = await self._exchange("POST", path, form=psp_wire.CANCEL_FORM, key=key)
        if isinstance(reply, Outcome):
            return reply
        if reply.is_success:
            return psp_wire.outcome_of(trial.attempt.kind, reply.body, attempt_id=trial.attempt.id)
        if _is_refusal(reply):
            return Outcome(kind=OutcomeKind.REFUSED, reason="it cannot be canceled")
        return _unanswered(reply, trial)

    async def retrieve(self, trial: Trial) -> Outcome:
        """Ask by the PSP's id."""
        assert trial.attempt.psp_id is not None
        reply = await self._exchange("GET", f"{COLLECTIONS[trial.attempt.kind]}/{trial.attempt.psp_id}")
        if isinstance(reply, Outcome):
            return reply
        if not reply.is_success:
            return _unanswered(reply, trial)
        outcome = psp_wire.outcome_of(trial.attempt.kind, reply.body, attempt_id=trial.attempt.id)
        if outcome.psp_id not in (None, trial.attempt.psp_id):
            return unknown(f"asked for {trial.attempt.psp_id}, got {outcome.psp_id}")
        return outcome

    async def search(self, trial: Trial, *, until_us: int) -> Sequence[Outcome]:
        """Return everything in the PSP's list that carries our reference; nothing if a page is missing."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._listed(trial, until_us=until_us)
        except TimeoutError:
            return ()

    async def _listed(self, trial: Trial, *, until_us: int) -> Sequence[Outcome]:
        found: list[Outcome] = []
        query = _list_query(trial, until_us=until_us)
        while True:
            reply = await self._exchange("GET", COLLECTIONS[trial.attempt.kind], query=query)
            if isinstance(reply, Outcome) or not reply.is_success:
                return found
            page = _objects(reply.body)
            found += _ours(page, trial)
            if not page or reply.body.get("has_more") is not True:
                return found
            query = query | {"starting_after": str(page[-1].get("id"))}

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        query: dict[str, str] | None = None,
        key: str | None = None,
    ) -> _Reply | Outcome:
        """Return the PSP's complete answer, or the unknown outcome if there was none."""
        headers = {"Authorization": f"Bearer {self._api_key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            # httpx bounds each read; a PSP that drips bytes is bounded by the whole.
            async with asyncio.timeout(self._timeout_s):
                response = await self._http.request(
                    method,
                    self._base_url + path,
                    data=form,
                    params=query,
                    headers=headers,
                    timeout=self._timeout_s,
                )
        except (httpx.RequestError, TimeoutError) as error:
            return unknown(f"no answer: {type(error).__name__}")
        return _read(response)


def _read(response: httpx.Response) -> _Reply | Outcome:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return unknown(f"unreadable answer with status {response.status_code}", retry_after_s=_retry_after_s(response))
    return _Reply(status=response.status_code, headers=response.headers, body=body)


def _error_outcome(reply: _Reply, trial: Trial) -> Outcome:
    """Return what an error answer to a create proves: a decline, a refusal, or nothing."""
    error = _error(reply)
    if error is None:
        return _unanswered(reply, trial)
    if reply.status == PAYMENT_REQUIRED and error.type == "card_error":
        return psp_wire.declined(error)
    if _is_refusal(reply):
        logger.warning("the PSP refused attempt %s: %s", trial.attempt.id, error.code)
        return psp_wire.refused(is_replay=reply.headers.get("Idempotent-Replayed") == "true")
    if _is_key_known(reply):
        logger.error("the PSP knows the key of attempt %s with other parameters", trial.attempt.id)
    return _unanswered(reply, trial)


def _error(reply: _Reply) -> psp_wire.PspErrorBody | None:
    try:
        return psp_wire.read_error(reply.body)
    except WireUnreadable:
        return None


def _is_refusal(reply: _Reply) -> bool:
    """Tell whether the PSP said no to this very request, and will say so again."""
    error = _error(reply)
    if reply.status != BAD_REQUEST or error is None or error.type != "invalid_request_error":
        return False
    return error.code != "lock_timeout" and reply.headers.get("Stripe-Should-Retry") != "true"


def _is_key_known(reply: _Reply) -> bool:
    """Tell whether the PSP knows the key of this request, with other parameters."""
    error = _error(reply)
    return reply.status == BAD_REQUEST and error is not None and error.type == "idempotency_error"


def _unanswered(reply: _Reply, trial: Trial) -> Outcome:
    """Return the outcome of an answer that says nothing about the money."""
    if reply.status in ALARMING:
        logger.error("the PSP answered %s about attempt %s", reply.status, trial.attempt.id)
    retry_after_s = _seconds(reply.headers.get("Retry-After"))
    return unknown(f"status {reply.status}", retry_after_s=retry_after_s)


def _retry_after_s(response: httpx.Response) -> int | None:
    return _seconds(response.headers.get("Retry-After"))


def _seconds(header: str | None) -> int | None:
    """Return the seconds of a Retry-After header; the form with a date is not used by the PSP."""
    if header is None or len(header) > _DIGITS_MAX or not (header.isascii() and header.isdigit()):
        return None
    return int(header)


_DIGITS_MAX = 9


def _list_query(trial: Trial, *, until_us: int) -> dict[str, str]:
    """Return where in the PSP's list the attempt must be, if it is there."""
    if trial.attempt.kind is AttemptKind.REFUND:
        assert trial.capture_psp_id is not None
        return {"payment_intent": trial.capture_psp_id, "limit": str(PAGE_SIZE)}
    assert trial.attempt.first_sent_at_us is not None
    # Any try since the first one may be the one that went through.
    return {
        "created[gte]": str(trial.attempt.first_sent_at_us // SECOND_US - CLOCK_SLACK_S),
        "created[lte]": str(until_us // SECOND_US + CLOCK_SLACK_S),
        "limit": str(PAGE_SIZE),
    }


def _objects(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    page = body.get("data")
    return [item for item in page if isinstance(item, dict)] if isinstance(page, list) else []


def _ours(page: Sequence[dict[str, Any]], trial: Trial) -> list[Outcome]:
    """Return the outcomes of those objects that carry the attempt's reference."""
    found: list[Outcome] = []
    for item in page:
        reference = item.get("metadata")
        if isinstance(reference, dict) and reference.get("attempt_id") == trial.attempt.id:
            found.append(psp_wire.outcome_of(trial.attempt.kind, item, attempt_id=trial.attempt.id))
    return found
