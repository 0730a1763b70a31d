"""Discrepancies: where the PSP's books and ours disagree about a merchant's payments."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from engine.reconciliation import DiscrepancyKind, DiscrepancyState
from service.dependencies import DeskDependency, MerchantId
from service.merchant_route import MerchantRoute
from service.paging import page_of, paged
from service.schemas import DiscrepancyView, ListView, PageQuery
from service.store import DiscrepancyFilter

router = APIRouter(prefix="/v1/discrepancies", tags=["discrepancies"], route_class=MerchantRoute)


class DiscrepancyQuery(PageQuery):
    """Which discrepancies to list, those found last first."""

    status: Annotated[DiscrepancyState | None, Field(description="Only those in this state.")] = None
    kind: Annotated[DiscrepancyKind | None, Field(description="Only those of this kind.")] = None


@router.get("")
async def list_discrepancies(
    query: Annotated[DiscrepancyQuery, Query()], merchant_id: MerchantId, desk: DeskDependency
) -> ListView[DiscrepancyView]:
    """Return one page of the discrepancies about the merchant's payments."""
    wanted = DiscrepancyFilter(state=query.status, kind=query.kind)
    found = await desk.reads.discrepancies(merchant_id=merchant_id, wanted=wanted, page=page_of(query))
    return paged(
        found,
        query,
        view=lambda one: DiscrepancyView.of(one.discrepancy, discrepancy_id=one.id, closed_at_us=one.closed_at_us),
        place=lambda one: (one.discrepancy.found_at_us, one.id),
    )
