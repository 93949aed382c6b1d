"""Members: reporting in (双报到), the staff's decision, the roster."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.kinds import MemberKind
from app.domain.lifecycles import MEMBER
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import (
    EnrolmentStatus,
    MemberEditIn,
    MemberEntryIn,
    MemberIn,
    MemberOut,
    RefusalIn,
    TransferIn,
)
from app.schemas.people import CorrectionIn, Phone, UnmaskedOut
from app.services import corrections, enrolments, looks, members

router = APIRouter(prefix="/members", tags=["members"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")
DECISION_WITH_WORDS = responses(*DECISION_PROBLEMS, "malformed-json")
HOME_PROBLEMS = ("area-unknown", "area-not-a-home", "area-closed")


@router.post(
    "",
    status_code=201,
    response_model=MemberOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *HOME_PROBLEMS,
        "unit-unknown",
        "unit-closed",
        "already-enrolled",
        "state-conflict",
    ),
)
async def apply(form: MemberIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Report in at the work unit and the home grid, or again after a refusal or after having left."""
    await members.apply(work.connection, caller, form)
    return work.answer(await members.get_own(work.connection, secret, caller, is_kept=True), 201)


@router.post(
    "/enter",
    status_code=201,
    response_model=MemberOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *HOME_PROBLEMS,
        "not-allowed",
        "own-interest",
        "unit-unknown",
        "unit-closed",
        "already-enrolled",
        "state-conflict",
    ),
)
async def enter(form: MemberEntryIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Put somebody on the roster by name and number, verified at once; once identified they are this member."""
    member_id = await members.enter(work.connection, secret, caller, form)
    return work.answer(await members.get(work.connection, secret, caller, member_id, is_kept=True), 201)


@router.get("", response_model=Page[MemberOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_members(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: EnrolmentStatus = "applied",
    kind: MemberKind | None = None,
    unit_id: UUID | None = None,
    phone: Annotated[
        Phone | None, Query(description="the whole number, with which everybody who has it is found")
    ] = None,
) -> Response:
    """List the memberships of an area to its staff."""
    found = await members.list_of_area(
        reads, secret, caller, area_id, page, status=status, kind=kind, unit_id=unit_id, phone=phone
    )
    return answer(found)


@router.get("/{member_id}", response_model=MemberOut, responses=responses("not-found", "invalid-payload"))
async def get_member(member_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one membership, as its owner or as staff of the home grid."""
    return answer(await members.get(reads, secret, caller, member_id))


@router.put(
    "/{member_id}",
    response_model=MemberOut,
    responses=responses(
        *JSON_BODY_PROBLEMS, "not-found", "own-interest", "unit-unknown", "unit-closed", "area-unknown", "area-closed"
    ),
)
async def edit(
    member_id: UUID, form: MemberEditIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Put a membership right, as staff of the home grid."""
    await members.edit(connection, caller, member_id, form)
    return answer(await members.get(connection, secret, caller, member_id))


@router.post("/{member_id}/approve", response_model=MemberOut, responses=responses(*DECISION_PROBLEMS))
async def approve(member_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Admit a member."""
    await enrolments.decide(work.connection, MEMBER, caller, member_id, "approve")
    return await _tell(work, secret, caller, member_id)


@router.post("/{member_id}/refuse", response_model=MemberOut, responses=DECISION_WITH_WORDS)
async def refuse(
    member_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Refuse an application with a reason."""
    await enrolments.decide(work.connection, MEMBER, caller, member_id, "refuse", reason=form.reason)
    return await _tell(work, secret, caller, member_id)


@router.post("/{member_id}/leave", response_model=MemberOut, responses=DECISION_WITH_WORDS)
async def leave(
    member_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """End a membership, one's own or as staff of the home grid; who left may apply again."""
    await enrolments.decide(work.connection, MEMBER, caller, member_id, "leave", reason=form.reason)
    return await _tell(work, secret, caller, member_id)


@router.post(
    "/{member_id}/transfer",
    response_model=MemberOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", *HOME_PROBLEMS, "not-allowed", "already-there"),
)
async def transfer(
    member_id: UUID, form: TransferIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Let a member belong to another grid, as staff of both."""
    await members.transfer(work.connection, caller, member_id, form)
    return await _tell(work, secret, caller, member_id)


@router.post(
    "/{member_id}/correct",
    response_model=MemberOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "not-allowed", "person-exists"),
)
async def correct(
    member_id: UUID, form: CorrectionIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Put right how somebody is called or called up, with the reason; whoever they are elsewhere, they are so there."""
    await corrections.correct(work.connection, secret, MEMBER, caller, member_id, form)
    return await _tell(work, secret, caller, member_id)


@router.post("/{member_id}/unmask", response_model=MemberOut, responses=DECISION_WITH_WORDS)
async def unmask(
    member_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Give the reason for which one has to know the number; whose it is reads it, and who looked."""
    await looks.unmask(work.connection, looks.MEMBER, caller, member_id, form.reason)
    return await _tell(work, secret, caller, member_id)


@router.get(
    "/{member_id}/contact",
    response_model=UnmaskedOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_contact(member_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get name and number, within ten minutes of having given a reason."""
    return answer(await looks.show(reads, secret, looks.MEMBER, caller, member_id))


async def _tell(work: UnitOfWork, secret: str, caller: Caller, member_id: UUID) -> Response:
    return work.answer(await members.get(work.connection, secret, caller, member_id, is_kept=True))
