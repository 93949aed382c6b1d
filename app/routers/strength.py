"""How many members and volunteers grids have and lack; for the staff of an area."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.clock import today
from app.deps import CallerDep, PageDep, ReadsDep, answer
from app.domain import months
from app.domain.errors import Problem
from app.problems import responses
from app.schemas.settlements import Month
from app.schemas.strength import StrengthHistoryOut, StrengthOut
from app.services import strength

MONTHS_MAX = 24

router = APIRouter(prefix="/strength", tags=["strength"])


@router.get("", response_model=StrengthOut, responses=responses("not-allowed", "invalid-payload", "cursor-invalid"))
async def list_strength(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the grids of an area with their members and volunteers against the rule, where most are missing first."""
    return answer(await strength.list_of_area(reads, caller, area_id, page))


@router.get("/history", response_model=StrengthHistoryOut, responses=responses("not-allowed", "invalid-payload"))
async def get_history(
    area_id: UUID,
    first: Annotated[Month, Query(alias="from")],
    last: Annotated[Month, Query(alias="to")],
    caller: CallerDep,
    reads: ReadsDep,
) -> Response:
    """Get the strength of an area at the end of each month that has begun, over up to 24 months."""
    begin, end = months.read(first), months.read(last)
    if begin > today():
        raise Problem("invalid-payload", fields=[{"field": "query.from", "reason": "range"}])
    if not 1 <= months.count(begin, end) <= MONTHS_MAX:
        raise Problem("invalid-payload", fields=[{"field": "query.to", "reason": "range"}])
    return answer(await strength.get_history(reads, caller, area_id, begin, end))
