"""Donations of points to a community's fund. There is no way to give points to a person."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, MaybeCallerDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.adjustments import DonationIn, DonationOut, FundOut
from app.services import donations

router = APIRouter(tags=["donations"])


@router.post(
    "/donations",
    status_code=201,
    response_model=DonationOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "area-not-a-community",
        "points-insufficient",
    ),
)
async def give(form: DonationIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give points to a community's fund."""
    return work.answer(await donations.give(work.connection, caller, form), 201)


@router.get("/areas/{area_id}/fund", response_model=FundOut, responses=responses("not-found", "invalid-payload"))
async def get_fund(area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get what was given to an area's fund."""
    return answer(await donations.get_fund(reads, caller, area_id))
