"""Points policies; public, since everybody may know the rules that they are rewarded by."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SettingsDep,
    UnitOfWorkDep,
    answer,
)
from app.domain.points import default_terms
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.policies import EffectivePolicyOut, PolicyIn, PolicyOut
from app.services import policies

router = APIRouter(prefix="/policies", tags=["policies"])


@router.post(
    "",
    status_code=201,
    response_model=PolicyOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "area-unknown", "area-closed", "policy-in-the-past"
    ),
)
async def add(form: PolicyIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give an area that the caller administers a new version of its policy; what was promised or awarded stays."""
    policy_id = await policies.add(work.connection, caller, form)
    return work.answer(await policies.get(work.connection, policy_id), 201)


@router.get("", response_model=Page[PolicyOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_policies(area_id: UUID, reads: ReadsDep, page: PageDep) -> Response:
    """List the versions of one area's own policy, newest first."""
    return answer(await policies.list_of_area(reads, area_id, page))


@router.get("/effective", response_model=EffectivePolicyOut, responses=responses("not-found", "invalid-payload"))
async def get_effective(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, settings: SettingsDep) -> Response:
    """Tell what holds in an area now, and for each field which area says so."""
    return answer(await policies.get_effective(reads, caller, area_id, default_terms(settings.wish_reward_points)))
