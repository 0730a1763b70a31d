"""The engine's `PspBooks`: the PSP's statement, its objects by their ids, and refunds in repair of a discrepancy."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from engine.attempt import AttemptKind
from engine.outcome import Outcome, unknown
from engine.statement import StatementPage, Window
from service import psp_wire
from service.errors import WireUnreadable
from service.gateway import BAD_REQUEST, COLLECTIONS, PAGE_SIZE, StripeGateway
from service.statement_wire import page_query, read_page

logger = logging.getLogger(__name__)

STATEMENT = "/v1/balance_transactions"


class StripeBooks(StripeGateway):
    """Asks the PSP what it has in its books; as with attempts, nothing is raised and no answer is unknown."""

    async def page(self, window: Window, *, after: str | None) -> StatementPage | None:
        """Return a page of the statement, or None if it could not be had or read."""
        reply = await self._exchange("GET", STATEMENT, query=page_query(window, after=after))
        if isinstance(reply, Outcome) or not reply.is_success:
            reason = reply.reason if isinstance(reply, Outcome) else f"status {reply.status}"
            logger.warning("no page of the statement: %s", reason)
            return None
        try:
            return read_page(reply.body)
        except WireUnreadable as error:
            logger.error("a page of the statement makes no sense: %s", error)  # noqa: TRY400 - the message says it all
            return None

    async def look(self, kind: AttemptKind, psp_id: str) -> Outcome:
        """Ask about a payment or refund by the PSP's id."""
        reply = await self._exchange("GET", f"{COLLECTIONS[kind]}/{psp_id}")
        if isinstance(reply, Outcome):
            return reply
        if not reply.is_success:
            return unknown(f"status {reply.status}")
        outcome = _outcome(kind, reply.body)
        return outcome if outcome.psp_id in (None, psp_id) else unknown(f"asked for {psp_id}, got {outcome.psp_id}")

    async def returns(self, capture_psp_id: str) -> Sequence[Outcome] | None:
        """Return every refund of a payment, or None if a page is missing."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._returns(capture_psp_id)
        except TimeoutError:
            return None

    async def give_back(self, capture_psp_id: str, *, key: str) -> Outcome:
        """Refund all that is left of a payment, or ask again with the same key."""
        form = {"payment_intent": capture_psp_id, f"metadata[{psp_wire.REPAIR_OF}]": capture_psp_id}
        reply = await self._exchange("POST", COLLECTIONS[AttemptKind.REFUND], form=form, key=key)
        if isinstance(reply, Outcome):
            return reply
        if reply.is_success:
            return _outcome(AttemptKind.REFUND, reply.body)
        if reply.status == BAD_REQUEST and _is_refusal(reply.body):
            logger.warning("the PSP refused to give back %s", capture_psp_id)
            return psp_wire.refused(is_replay=False)  # whether it is one matters to attempts only
        return unknown(f"status {reply.status}")

    async def _returns(self, capture_psp_id: str) -> Sequence[Outcome] | None:
        found: list[Outcome] = []
        query = {"payment_intent": capture_psp_id, "limit": str(PAGE_SIZE)}
        while True:
            reply = await self._exchange("GET", COLLECTIONS[AttemptKind.REFUND], query=query)
            page = None if isinstance(reply, Outcome) or not reply.is_success else reply.body
            rows = None if page is None else page.get("data")
            if page is None or not isinstance(rows, list):
                return None
            found += [_outcome(AttemptKind.REFUND, row if isinstance(row, dict) else {}) for row in rows]
            if not rows or page.get("has_more") is not True or found[-1].psp_id is None:
                # A refund that cannot be read is one that we cannot count.
                return found if all(one.psp_id is not None for one in found) else None
            query = query | {"starting_after": found[-1].psp_id}


def _outcome(kind: AttemptKind, body: Mapping[str, object]) -> Outcome:
    try:
        return psp_wire.read_object(kind, body).outcome()
    except WireUnreadable as error:
        return unknown(str(error))


def _is_refusal(body: Mapping[str, object]) -> bool:
    try:
        error = psp_wire.read_error(body)
    except WireUnreadable:
        return False
    return error.type == "invalid_request_error" and error.code != "lock_timeout"
