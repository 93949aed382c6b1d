"""Rules of how many people grids must have; public, like all rules."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, MaybeCallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.strength import EffectiveStrengthRuleOut, StrengthRuleIn, StrengthRuleOut
from app.services import area_rules
from app.services.area_rules import STRENGTH

router = APIRouter(prefix="/strength-rules", tags=["strength"])


@router.post(
    "",
    status_code=201,
    response_model=StrengthRuleOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "area-unknown", "area-closed", "rule-in-the-past"
    ),
)
async def add(form: StrengthRuleIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Say how many members and volunteers each grid of an area that the caller administers must have, in a version."""
    return work.answer(await area_rules.add(work.connection, STRENGTH, caller, form), 201)


@router.get("", response_model=Page[StrengthRuleOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_rules(area_id: UUID, reads: ReadsDep, page: PageDep) -> Response:
    """List the versions of one area's own rule, newest first."""
    return answer(await area_rules.list_of_area(reads, STRENGTH, area_id, page))


@router.get("/effective", response_model=EffectiveStrengthRuleOut, responses=responses("not-found", "invalid-payload"))
async def get_effective(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Tell how many people a grid of an area must have now, and which area says so."""
    return answer(await area_rules.get_effective(reads, STRENGTH, caller, area_id))
