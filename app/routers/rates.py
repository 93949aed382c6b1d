"""Rates of response, resolution and satisfaction; public."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.clock import now
from app.deps import ReadsDep, answer
from app.domain import months
from app.domain.errors import Problem
from app.problems import responses
from app.schemas.fields import Moment
from app.schemas.rates import RateGrouping, RatesOut
from app.schemas.settlements import Month
from app.services import rates

MONTHS_MAX = 24

router = APIRouter(prefix="/rates", tags=["rates"])


@router.get("", response_model=RatesOut, responses=responses("not-found", "invalid-payload"))
async def get_rates(
    area_id: UUID,
    first: Annotated[Month, Query(alias="from")],
    last: Annotated[Month, Query(alias="to")],
    reads: ReadsDep,
    by: RateGrouping = "area",
    as_of: Annotated[Moment | None, Query(description="Show what was published by then; now, if left out")] = None,
) -> Response:
    """Get the rates of an area by the areas right below it, by category or by unit, over up to 24 months of posting.

    They are shown as they were published, each month as of its last publication. Of units at most 100 are listed,
    those that received most.
    """
    begin, end = months.read(first), months.read(last)
    if not 1 <= months.count(begin, end) <= MONTHS_MAX:
        raise Problem("invalid-payload", fields=[{"field": "query.to", "reason": "range"}])
    return answer(await rates.get(reads, area_id, begin, end, by, as_of or now()))
