"""Members: reporting in (双报到) and the staff's decision."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.domain.lifecycles import MEMBER
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import EnrolmentStatus, MemberIn, MemberOut, RefusalIn
from app.services import enrolments, members

router = APIRouter(prefix="/members", tags=["members"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=MemberOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "area-not-a-home",
        "unit-unknown",
        "already-enrolled",
        "state-conflict",
    ),
)
async def apply(form: MemberIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Report in at the work unit and the home grid, or again after a refusal."""
    member_id = await members.apply(work.connection, caller, form)
    return work.answer(await members.get(work.connection, caller, member_id), 201)


@router.get("", response_model=Page[MemberOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_members(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: EnrolmentStatus = "applied"
) -> Response:
    """List the memberships of an area to its staff."""
    return answer(await members.list_of_area(reads, caller, area_id, status, page))


@router.get("/{member_id}", response_model=MemberOut, responses=responses("not-found", "invalid-payload"))
async def get_member(member_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one membership, as its owner or as staff of the home grid."""
    return answer(await members.get(reads, caller, member_id))


@router.post("/{member_id}/approve", response_model=MemberOut, responses=responses(*DECISION_PROBLEMS))
async def approve(member_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Admit a member."""
    await enrolments.decide(work.connection, MEMBER, caller, member_id, "approve")
    return work.answer(await members.get(work.connection, caller, member_id))


@router.post("/{member_id}/refuse", response_model=MemberOut, responses=responses(*DECISION_PROBLEMS, "malformed-json"))
async def refuse(member_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse an application with a reason."""
    await enrolments.decide(work.connection, MEMBER, caller, member_id, "refuse", reason=form.reason)
    return work.answer(await members.get(work.connection, caller, member_id))
