"""A key is looked up and its answer given, whatever is asked for this time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from engine.idempotency import Answer, KeyedRequest
from engine.ports import Books
from engine.usecases import Once, Reply
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts


class _Unread(Once):
    async def __call__(
        self,
        request: KeyedRequest,
        work: Callable[[Books], Awaitable[Done]],
        *,
        expected: Callable[[], Answer | None] = lambda: None,
    ) -> Reply:
        return await super().__call__(replace(request, fingerprint=""), work, expected=expected)


KEY_WITHOUT_FINGERPRINT = Defect(
    id="key-without-fingerprint",
    what="A key that is used again with another amount replays the first answer, as if that had been asked.",
    seen_in="fjordllc/bootcamp#4268",
    breaks=frozenset({"I6"}),
    habitat=habitat("duplicate-clicks", scripts=["changed-order"]),
    parts=Parts(once=_Unread),
)
