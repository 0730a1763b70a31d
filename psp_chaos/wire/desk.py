"""The desk: the order in which a request meets everything.

0. Contact faults are asked.
1. It is read: whose it is, what its key may do, how large it is, its form. What fails here was never understood.
2. Arrival faults are asked.
3. The idempotency key is looked up: another request's, in use, or answered before. Recall faults may make it unknown.
4. The parameters are checked. A request refused up to here is not remembered.
5. The key is claimed and the PSP thinks for a while; processing faults make it longer.
6. Execution and reading faults are asked, the books are changed or shown, the answer is remembered, and all of it is
   committed, without a pause between them.
7. Webhooks that are to be early are waited for.
8. Departure faults are asked, and the answer leaves.

Nothing may be awaited within step 6: it is what makes the effect and the memory of it one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from psp_chaos.answers import Answer
from psp_chaos.errors import PspError
from psp_chaos.faults.fault import (
    ArrivalFault,
    ContactFault,
    DepartureFault,
    ExecutionFault,
    Occasion,
    ProcessingFault,
    ReadingFault,
    RecallFault,
)
from psp_chaos.faults.installed import Faults, Ruling
from psp_chaos.faults.verdicts import Drop, Hang, ReadingVerdict, Refuse
from psp_chaos.journal import Journal, RequestLine
from psp_chaos.keeping.archive import Archive
from psp_chaos.money.bank import UNDECIDED, Fate
from psp_chaos.operations import Operation
from psp_chaos.ports import Clock, Names
from psp_chaos.profiles import Profile
from psp_chaos.records import Cause
from psp_chaos.settings import PspSettings
from psp_chaos.spans import draw_s
from psp_chaos.wire.calls import AnyOffer, Call
from psp_chaos.wire.distortion import details, distort, fate, turn_away
from psp_chaos.wire.errors import WireError, spell
from psp_chaos.wire.parameters import Parameters, read
from psp_chaos.wire.questions import Question, idempotency_key, read_question
from psp_chaos.wire.realms import Realm, Realms
from psp_chaos.wire.replies import CutConnection, as_replay, reply, silence, spoil


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request at the desk."""

    offer: AnyOffer
    realm: Realm
    question: Question
    occasion: Occasion
    line: RequestLine

    @property
    def cause(self) -> Cause:
        """What this request makes happen was caused by it."""
        return Cause(request_id=self.line.request_id, idempotency_key=self.line.idempotency_key)


class Desk:
    """Serves requests; see the module for the order."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        settings: PspSettings,
        profile: Profile,
        random: Random,
        realms: Realms,
        offers: Mapping[Operation, AnyOffer],
        faults: Faults,
        journal: Journal,
        archive: Archive,
    ) -> None:
        self._clock = clock
        self._names = names
        self._settings = settings
        self._profile = profile
        self._random = random
        self._realms = realms
        self._offers = offers
        self._faults = faults
        self._journal = journal
        self._archive = archive

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
        answer = None if self._refuses(line) else await self._understand(offer, request, line)
        line.status = None if answer is None else answer.status
        self._journal.end(line, at_us=self._clock.now_us())
        if answer is None:
            return CutConnection()
        return reply(
            answer,
            request_id=line.request_id,
            idempotency_key=line.idempotency_key,
            version=request.headers.get("stripe-version"),
        )

    def _refuses(self, line: RequestLine) -> bool:
        """Tell whether the connection is cut before anything is known of the request but where it goes."""
        occasion = Occasion(where="reply", target=line.operation, metadata={}, request_id=line.request_id)
        contact = self._faults.ask(ContactFault, occasion)
        if contact is None:
            return False
        self._bit(contact, line)
        return True

    async def _understand(self, offer: AnyOffer, request: Request, line: RequestLine) -> Answer | None:
        try:
            visitor = self._realms.visitor(request.headers.get("authorization", ""))
            visitor.require(offer.resource, writes=offer.writes)
            question = await read_question(request, body_bytes_max=self._settings.body_bytes_max)
        except WireError as error:
            return error.answer(request_id=line.request_id)
        except ClientDisconnect:
            return None
        line.account = visitor.realm.account
        occasion = _occasion(offer, visitor.realm, question, request_id=line.request_id)
        return await self._receive(
            Visit(offer=offer, realm=visitor.realm, question=question, occasion=occasion, line=line)
        )

    async def _receive(self, visit: Visit) -> Answer | None:
        arrival = self._faults.ask(ArrivalFault, visit.occasion)
        if arrival is not None:
            self._bit(arrival, visit.line)
            return await turn_away(arrival.verdict)
        answer = await self._answer(visit)
        if answer is None:
            return None
        departure = self._faults.ask(DepartureFault, visit.occasion)
        if departure is None:
            return answer
        self._bit(departure, visit.line, status=answer.status)
        return await spoil(answer, departure.verdict)

    async def _answer(self, visit: Visit) -> Answer | None:
        key = self._key(visit)
        try:
            remembered = self._recall(visit, key)
            if remembered is not None:
                return remembered
            parameters = read(
                visit.offer.parameters,
                visit.question.form,
                strict=self._settings.strict_parameters,
                shows=visit.offer.shows,
            )
        except PspError as refusal:
            return spell(refusal, profile=self._profile).answer(request_id=visit.line.request_id)
        return await self._work(visit, parameters, key)

    def _key(self, visit: Visit) -> str | None:
        """Return the key by which this request is known, if the provider looks at keys at all."""
        key = visit.question.idempotency_key
        if key is None or not self._profile.has_keys:
            return None
        if not visit.realm.keys.is_known(key):
            return key
        ruling = self._faults.ask(RecallFault, visit.occasion)
        if ruling is None:
            return key
        older_than_s = ruling.verdict.older_than_s
        is_ignored = older_than_s == 0 and visit.realm.keys.is_busy(key)
        if is_ignored or visit.realm.keys.forget(key, older_than_s=older_than_s):
            self._bit(ruling, visit.line, key=key)
        return None if is_ignored else key  # two requests cannot hold one key

    def _recall(self, visit: Visit, key: str | None) -> Answer | None:
        if key is None:
            return None
        remembered = visit.realm.keys.recall(key, fingerprint=visit.question.fingerprint)
        if remembered is None:
            return None
        visit.line.replayed = True
        visit.line.object_id = remembered.object_id or visit.line.object_id
        return self._as_it_stands(visit, remembered) if self._profile.replays == "current" else remembered

    def _as_it_stands(self, visit: Visit, remembered: Answer) -> Answer:
        """Return what a remembered answer was about as it is now, if it was about anything."""
        shows = visit.offer.retrieved_by
        if remembered.refused or shows is None or remembered.object_id is None:
            return remembered
        call = Call(parameters=Parameters(), object_id=remembered.object_id, cause=visit.cause)
        now = _perform(self._offers[shows], visit.realm, call)
        return replace(now, headers=remembered.headers)

    async def _work(self, visit: Visit, parameters: Parameters, key: str | None) -> Answer | None:
        line = visit.line
        with visit.realm.keys.claim(key, fingerprint=visit.question.fingerprint) as claim:
            await self._think(visit)
            answer, silent = self._execute(visit, parameters)
            claim.remember(as_replay(answer, request_id=line.request_id))
            self._archive.commit()
        await visit.realm.webhooks.before_answer(line.request_id)
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
        """Change or show the books; return the answer to remember, and the silence to keep instead of giving it."""
        if not visit.offer.writes:
            return self._show(visit, parameters), None
        moves_money = visit.offer.moves_money(parameters)
        ruling = self._faults.ask(ExecutionFault, replace(visit.occasion, moves_money=moves_money))
        if ruling is not None and isinstance(ruling.verdict, Refuse):
            self._bit(ruling, visit.line)
            return WireError(ruling.verdict.message, code=ruling.verdict.code).answer(), None
        decided = UNDECIDED if ruling is None else fate(ruling.verdict)
        truth = self._perform(visit, parameters, fate=decided)
        if ruling is None or (decided is not UNDECIDED and truth.refused):
            return truth, None  # what was refused cannot come late
        self._bit(ruling, visit.line, status=truth.status, **details(ruling.verdict))
        return distort(truth, ruling.verdict)

    def _show(self, visit: Visit, parameters: Parameters) -> Answer:
        ruling = self._faults.ask(ReadingFault, replace(visit.occasion, where="books"))
        shown = self._perform(visit, parameters, view=None if ruling is None else ruling.verdict)
        if ruling is not None and shown.is_distorted:
            self._bit(ruling, visit.line)
        return shown

    def _perform(
        self, visit: Visit, parameters: Parameters, *, fate: Fate = UNDECIDED, view: ReadingVerdict | None = None
    ) -> Answer:
        call = Call(parameters=parameters, object_id=visit.question.object_id, cause=visit.cause, fate=fate, view=view)
        truth = _perform(visit.offer, visit.realm, call)
        visit.line.object_id = truth.object_id or visit.line.object_id
        return truth

    def _bit[V](self, ruling: Ruling[V], line: RequestLine, **detail: object) -> None:
        line.fault = ruling.spec.id
        self._faults.bit(ruling, object_id=line.object_id, **detail)


def _perform(offer: AnyOffer, realm: Realm, call: Call[Parameters]) -> Answer:
    """Execute; a refusal by the books is an answer like any other, and remembered like any other."""
    try:
        return offer.perform(realm.counter(offer.counter), call)
    except PspError as refusal:
        return spell(refusal).answer(request_id=call.cause.request_id)


def _occasion(offer: AnyOffer, realm: Realm, question: Question, *, request_id: str) -> Occasion:
    """Describe a request for the faults, with what the merchant attached to it and to the object it names."""
    form = question.form
    named = question.object_id or form.get("payment_intent") or form.get("charge")
    stored = realm.books.metadata_of(named) if isinstance(named, str) else {}
    payment = realm.books.payment_of(named) if isinstance(named, str) else None
    given = form.get("metadata")
    fresh = given.items() if isinstance(given, dict) else ()
    return Occasion(
        where="reply",
        target=offer.operation,
        metadata={**stored, **{name: value for name, value in fresh if isinstance(value, str)}},
        account=realm.account,
        payment_id=payment.id if payment else None,
        request_id=request_id,
    )
