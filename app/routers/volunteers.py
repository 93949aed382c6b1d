"""Volunteers: offering help and the staff's decision."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.domain.lifecycles import VOLUNTEER
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import EnrolmentStatus, RefusalIn, VolunteerIn, VolunteerOut
from app.services import enrolments, volunteers

router = APIRouter(prefix="/volunteers", tags=["volunteers"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=VolunteerOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "area-not-a-home",
        "already-enrolled",
        "state-conflict",
    ),
)
async def apply(form: VolunteerIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Offer help in the home grid, or again after a refusal."""
    volunteer_id = await volunteers.apply(work.connection, caller, form)
    return work.answer(await volunteers.get(work.connection, caller, volunteer_id), 201)


@router.get("", response_model=Page[VolunteerOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_volunteers(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: EnrolmentStatus = "applied"
) -> Response:
    """List the volunteers of an area to its staff."""
    return answer(await volunteers.list_of_area(reads, caller, area_id, status, page))


@router.get("/{volunteer_id}", response_model=VolunteerOut, responses=responses("not-found", "invalid-payload"))
async def get_volunteer(volunteer_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one volunteer, as its owner or as staff of the home grid."""
    return answer(await volunteers.get(reads, caller, volunteer_id))


@router.post("/{volunteer_id}/approve", response_model=VolunteerOut, responses=responses(*DECISION_PROBLEMS))
async def approve(volunteer_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Admit a volunteer."""
    await enrolments.decide(work.connection, VOLUNTEER, caller, volunteer_id, "approve")
    return work.answer(await volunteers.get(work.connection, caller, volunteer_id))


@router.post(
    "/{volunteer_id}/refuse", response_model=VolunteerOut, responses=responses(*DECISION_PROBLEMS, "malformed-json")
)
async def refuse(volunteer_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse an application with a reason."""
    await enrolments.decide(work.connection, VOLUNTEER, caller, volunteer_id, "refuse", reason=form.reason)
    return work.answer(await volunteers.get(work.connection, caller, volunteer_id))
