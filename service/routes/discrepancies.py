"""Discrepancies: where the PSP's books and ours disagree about a merchant's payments."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from engine.reconciliation import DiscrepancyKind, DiscrepancyState
from service import cursor
from service.dependencies import DeskDependency, MerchantId
from service.schemas import DiscrepancyView, ListView
from service.store import DiscrepancyFilter, Page

router = APIRouter(prefix="/v1/discrepancies", tags=["discrepancies"])

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100


class DiscrepancyQuery(BaseModel):
    """Which discrepancies to list, those found last first."""

    model_config = ConfigDict(extra="forbid")

    status: DiscrepancyState | None = None
    kind: DiscrepancyKind | None = None
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str | None = None


@router.get("")
async def list_discrepancies(
    query: Annotated[DiscrepancyQuery, Query()], merchant_id: MerchantId, desk: DeskDependency
) -> ListView[DiscrepancyView]:
    """Return one page of the discrepancies about the merchant's payments."""
    after = None if query.cursor is None else cursor.parse(query.cursor)
    # One more than asked tells whether there is a next page.
    page = Page(limit=query.limit + 1, after=after)
    wanted = DiscrepancyFilter(state=query.status, kind=query.kind)
    found = await desk.reads.discrepancies(merchant_id=merchant_id, wanted=wanted, page=page)
    shown, has_more = found[: query.limit], len(found) > query.limit
    return ListView(
        data=[
            DiscrepancyView.of(one.discrepancy, discrepancy_id=one.id, closed_at_us=one.closed_at_us) for one in shown
        ],
        has_more=has_more,
        next_cursor=cursor.after(shown[-1].discrepancy.found_at_us, shown[-1].id) if has_more else None,
    )
