"""How many workers areas need and have, for their staff; the rules that say so are public, like all rules."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, MaybeCallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.staffing import EffectiveStaffingRuleOut, StaffingOut, StaffingRuleIn, StaffingRuleOut
from app.services import area_rules, staffing
from app.services.area_rules import STAFFING

router = APIRouter(tags=["staffing"])


@router.get(
    "/areas/{area_id}/staffing",
    response_model=StaffingOut,
    responses=responses("not-found", "not-allowed", "invalid-payload"),
)
async def get_staffing(area_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get how many workers an area and those right below it need, have and lack, for staff of the area."""
    return answer(await staffing.get(reads, caller, area_id))


@router.post(
    "/staffing-rules",
    status_code=201,
    response_model=StaffingRuleOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "area-unknown", "area-closed", "rule-in-the-past"
    ),
)
async def add(form: StaffingRuleIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Say how many workers households and residents of an area that the caller administers need, in a version."""
    return work.answer(await area_rules.add(work.connection, STAFFING, caller, form), 201)


@router.get(
    "/staffing-rules", response_model=Page[StaffingRuleOut], responses=responses("invalid-payload", "cursor-invalid")
)
async def list_rules(area_id: UUID, reads: ReadsDep, page: PageDep) -> Response:
    """List the versions of one area's own rule, newest first."""
    return answer(await area_rules.list_of_area(reads, STAFFING, area_id, page))


@router.get(
    "/staffing-rules/effective",
    response_model=EffectiveStaffingRuleOut,
    responses=responses("not-found", "invalid-payload"),
)
async def get_effective(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Tell how many workers an area's households and residents need now, and which area says so."""
    return answer(await area_rules.get_effective(reads, STAFFING, caller, area_id))
