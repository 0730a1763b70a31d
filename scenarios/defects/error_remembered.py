"""An error of the moment is remembered under the key and replayed for good."""

from collections.abc import Awaitable, Callable

from engine.errors import StoreError
from engine.idempotency import Answer, KeyedRequest, Remembered
from engine.ports import Books
from engine.usecases import Once, Reply
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.database import BackendKilled
from service.problems import Problem
from service.wiring import Parts


class _Resentful(Once):
    async def __call__(
        self,
        request: KeyedRequest,
        work: Callable[[Books], Awaitable[Done]],
        *,
        expected: Callable[[], Answer | None] = lambda: None,
    ) -> Reply:
        try:
            return await super().__call__(request, work, expected=expected)
        except StoreError as error:
            answer, now_us = Problem.UNAVAILABLE.answer(str(error)), self.clock.now_us()
            expires_at_us = now_us + self.retention_us
            kept = Remembered(fingerprint=request.fingerprint, answer=answer, expires_at_us=expires_at_us)
            self.replays.put(request.scope, kept)
            return Reply(answer=answer, is_replay=False)


ERROR_REMEMBERED = Defect(
    id="error-remembered",
    what="A 503 is remembered as the answer to its key, so that a repeat gets it again when all is well.",
    seen_in="the IETF draft on idempotency keys, issue 41",
    breaks=frozenset({"I6", "I8"}),
    habitat=habitat(
        "failing-database",
        scripts=["patient"],
        faults=[BackendKilled(id="killed-at-work", moment="statement", probability=0.4)],
        customers=8,
    ),
    parts=Parts(once=_Resentful),
)
