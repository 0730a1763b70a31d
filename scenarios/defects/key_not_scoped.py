"""An answer is remembered by the key alone: not by the merchant, nor by what was asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from engine.idempotency import Answer, KeyedRequest, KeyScope
from engine.ports import Books
from engine.usecases import Once, Reply
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts


class _Global(Once):
    async def __call__(
        self,
        request: KeyedRequest,
        work: Callable[[Books], Awaitable[Done]],
        *,
        expected: Callable[[], Answer | None] = lambda: None,
    ) -> Reply:
        scope = KeyScope(merchant_id="", route="", key=request.scope.key)
        return await super().__call__(replace(request, scope=scope, fingerprint=""), work, expected=expected)


KEY_NOT_SCOPED = Defect(
    id="key-not-scoped",
    what="An answer is remembered by its key alone, so that who refunds, or another merchant, gets somebody else's.",
    seen_in="Truxify#2869",
    breaks=frozenset({"I6", "I10"}),
    habitat=habitat("racing-refunds", scripts=["numbered"], customers=5),
    parts=Parts(once=_Global),
    alterations=("ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_merchant_id_fkey",),
)
