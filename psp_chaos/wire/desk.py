"""The desk: the order in which a request meets everything.

1. It is read: whose it is, how large, its form. What fails here was never understood.
2. Arrival faults are asked.
3. The idempotency key is looked up: another request's, in use, or answered before.
4. The parameters are checked. A request refused up to here is not remembered.
5. The key is claimed and the PSP thinks for a while; processing faults make it longer.
6. Execution faults are asked, the books are changed and the answer is remembered, all without a pause between them.
7. Webhooks that are to be early are waited for.
8. Departure faults are asked, and the answer leaves.

Nothing may be awaited within step 6: it is what makes the effect and the memory of it one.
"""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from random import Random
from typing import assert_never

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from psp_chaos.books import Books
from psp_chaos.errors import PspError
from psp_chaos.faults.fault import ArrivalFault, DepartureFault, ExecutionFault, Occasion, ProcessingFault
from psp_chaos.faults.installed import Faults, Ruling
from psp_chaos.faults.verdicts import AnswerError, ArrivalVerdict, Drop, ExecutionVerdict, Hang, Postpone
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.journal import Journal, RequestLine
from psp_chaos.ports import Clock, Names
from psp_chaos.records import Cause
from psp_chaos.settings import PspSettings
from psp_chaos.spans import draw_s
from psp_chaos.webhooks import Webhooks
from psp_chaos.wire.answers import Answer
from psp_chaos.wire.calls import AnyOffer, Call
from psp_chaos.wire.errors import WireError, planned_error, spell
from psp_chaos.wire.parameters import Parameters, read
from psp_chaos.wire.questions import Question, idempotency_key, read_question
from psp_chaos.wire.replies import CutConnection, as_replay, reply, silence, spoil


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request at the desk."""

    offer: AnyOffer
    question: Question
    occasion: Occasion
    line: RequestLine


class Desk:
    """Serves requests; see the module for the order."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        settings: PspSettings,
        random: Random,
        books: Books,
        keys: IdempotencyKeys[Answer],
        faults: Faults,
        journal: Journal,
        webhooks: Webhooks,
    ) -> None:
        self._clock = clock
        self._names = names
        self._settings = settings
        self._random = random
        self._books = books
        self._keys = keys
        self._faults = faults
        self._journal = journal
        self._webhooks = webhooks

    async def serve(self, offer: AnyOffer, request: Request) -> Response:
        """Serve one request of this operation, from its first byte to its answer."""
        line = self._journal.begin(
            RequestLine(
                at_us=self._clock.now_us(),
                request_id=self._names.request(),
                operation=offer.operation,
                idempotency_key=idempotency_key(request),
                object_id=request.path_params.get("id"),
            )
        )
        answer = await self._understand(offer, request, line)
        line.ended_at_us = self._clock.now_us()
        if answer is None:
            return CutConnection()
        line.status = answer.status
        return reply(answer, request_id=line.request_id, idempotency_key=line.idempotency_key)

    async def _understand(self, offer: AnyOffer, request: Request, line: RequestLine) -> Answer | None:
        settings = self._settings
        try:
            question = await read_question(
                request, secret_key=settings.secret_key, body_bytes_max=settings.body_bytes_max
            )
        except WireError as error:
            return error.answer()
        except ClientDisconnect:
            return None
        occasion = Occasion(
            where="reply",
            target=offer.operation,
            metadata=self._metadata(question),
            request_id=line.request_id,
        )
        return await self._receive(Visit(offer=offer, question=question, occasion=occasion, line=line))

    async def _receive(self, visit: Visit) -> Answer | None:
        arrival = self._faults.ask(ArrivalFault, visit.occasion)
        if arrival is not None:
            self._bit(arrival, visit.line)
            return await _turn_away(arrival.verdict)
        answer = await self._answer(visit)
        if answer is None:
            return None
        departure = self._faults.ask(DepartureFault, visit.occasion)
        if departure is None:
            return answer
        self._bit(departure, visit.line, status=answer.status)
        return await spoil(answer, departure.verdict)

    async def _answer(self, visit: Visit) -> Answer | None:
        try:
            remembered = self._recall(visit)
            if remembered is not None:
                return remembered
            parameters = read(visit.offer.parameters, visit.question.form, strict=self._settings.strict_parameters)
        except PspError as refusal:
            return spell(refusal).answer()
        return await self._work(visit, parameters)

    def _recall(self, visit: Visit) -> Answer | None:
        key = visit.question.idempotency_key
        remembered = None if key is None else self._keys.recall(key, fingerprint=visit.question.fingerprint)
        if remembered is not None:
            visit.line.replayed = True
            visit.line.object_id = remembered.object_id or visit.line.object_id
        return remembered

    async def _work(self, visit: Visit, parameters: Parameters) -> Answer | None:
        question, line = visit.question, visit.line
        with self._keys.claim(question.idempotency_key, fingerprint=question.fingerprint) as claim:
            await self._think(visit)
            answer, silent = self._execute(visit, parameters)
            claim.remember(as_replay(answer, request_id=line.request_id))
        await self._webhooks.before_answer(line.request_id)
        if silent is None:
            return answer
        await silence(silent)
        return None

    async def _think(self, visit: Visit) -> None:
        think_s = draw_s(self._settings.latency_s, self._random)
        for ruling in self._faults.ask_all(ProcessingFault, visit.occasion):
            think_s += ruling.verdict.delay_s
            self._bit(ruling, visit.line, delay_s=ruling.verdict.delay_s)
        if think_s > 0:
            await asyncio.sleep(think_s)

    def _execute(self, visit: Visit, parameters: Parameters) -> tuple[Answer, Drop | Hang | None]:
        """Change the books; return the answer to remember, and the silence to keep instead of giving it."""
        moves_money = visit.offer.moves_money(parameters)
        ruling = self._faults.ask(ExecutionFault, replace(visit.occasion, moves_money=moves_money))
        postponed_s = ruling.verdict.delay_s if ruling and isinstance(ruling.verdict, Postpone) else None
        line = visit.line
        cause = Cause(request_id=line.request_id, idempotency_key=line.idempotency_key)
        truth = _perform(
            visit.offer,
            Call(parameters=parameters, object_id=visit.question.object_id, cause=cause, postponed_s=postponed_s),
        )
        line.object_id = truth.object_id or line.object_id
        if ruling is None or (postponed_s is not None and truth.refused):
            return truth, None  # what was refused cannot come late
        return self._distort(truth, ruling, line)

    def _distort(
        self, truth: Answer, ruling: Ruling[ExecutionVerdict], line: RequestLine
    ) -> tuple[Answer, Drop | Hang | None]:
        match ruling.verdict:
            case AnswerError(status=status, retry_after_s=retry_after_s):
                self._bit(ruling, line, status=truth.status)
                error = planned_error(status=status, retry_after_s=retry_after_s)
                return replace(error, object_id=truth.object_id), None
            case Postpone(answer=answer, delay_s=delay_s, hang_s=hang_s):
                self._bit(ruling, line, delay_s=delay_s)
                if answer == "error":
                    error = planned_error(status=HTTPStatus.INTERNAL_SERVER_ERROR)
                    return replace(error, object_id=truth.object_id), None
                return truth, Drop() if answer == "drop" else Hang(hang_s=hang_s)
            case _:
                assert_never(ruling.verdict)

    def _metadata(self, question: Question) -> dict[str, str]:
        """Return what the merchant attached to this request and to the object it names."""
        form = question.form
        named = question.object_id or form.get("payment_intent")
        stored = self._books.metadata_of(named) if isinstance(named, str) else {}
        given = form.get("metadata")
        fresh = given.items() if isinstance(given, dict) else ()
        return {**stored, **{name: value for name, value in fresh if isinstance(value, str)}}

    def _bit[V](self, ruling: Ruling[V], line: RequestLine, **detail: object) -> None:
        line.fault = ruling.spec.id
        self._faults.bit(ruling, object_id=line.object_id, **detail)


def _perform(offer: AnyOffer, call: Call[Parameters]) -> Answer:
    """Execute; a refusal by the books is an answer like any other, and remembered like any other."""
    try:
        return offer.perform(call)
    except PspError as refusal:
        return spell(refusal).answer()


async def _turn_away(verdict: ArrivalVerdict) -> Answer | None:
    match verdict:
        case AnswerError(status=status, retry_after_s=retry_after_s):
            return planned_error(status=status, retry_after_s=retry_after_s)
        case Drop() | Hang():
            await silence(verdict)
            return None
        case _:
            assert_never(verdict)
