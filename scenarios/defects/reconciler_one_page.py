"""Whoever reads the settlement reads its first page, and takes that for all of it."""

from dataclasses import replace

from engine.statement import StatementPage, Window
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.stripe_books import StripeBooks
from service.wiring import Parts


class _FirstPage(StripeBooks):
    async def page(self, window: Window, *, after: str | None) -> StatementPage | None:
        page = await super().page(window, after=after)
        return None if page is None else replace(page, next_after=None)


RECONCILER_ONE_PAGE = Defect(
    id="reconciler-one-page",
    what="Of the settlement only the first page is read, so that what is wrong on the others is never found.",
    seen_in="alphagov/pay-toolbox#158",
    breaks=frozenset({"I2", "I12"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[
            FaultSpec(id="short-page", where="books", kind="short-page", window={"to_s": 10_000}),
            FaultSpec(id="row-wrong", where="books", kind="settlement-row-wrong"),
        ],
        ends_when_quiet=False,
        service={"settlement_period_s": 60},
    ),
    parts=Parts(psp_books=_FirstPage),
)
