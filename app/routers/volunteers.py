"""Volunteers: offering help, the staff's decision, the roster."""

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
from app.domain.lifecycles import VOLUNTEER
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page, Skill
from app.schemas.members import (
    EnrolmentStatus,
    RefusalIn,
    TransferIn,
    VolunteerCountOut,
    VolunteerEditIn,
    VolunteerEntryIn,
    VolunteerIn,
    VolunteerOut,
)
from app.schemas.people import CorrectionIn, Phone, UnmaskedOut
from app.services import corrections, enrolments, looks, volunteers

router = APIRouter(prefix="/volunteers", tags=["volunteers"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")
DECISION_WITH_WORDS = responses(*DECISION_PROBLEMS, "malformed-json")
FreeAt = Annotated[
    str,
    Query(
        pattern=r"^[1-7]T([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="a day of the week, 1 for Monday, and a time of the day: 6T14:00 is Saturday at two",
    ),
]
HOME_PROBLEMS = ("area-unknown", "area-not-a-home", "area-closed")


@router.post(
    "",
    status_code=201,
    response_model=VolunteerOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, *HOME_PROBLEMS, "already-enrolled", "state-conflict"),
)
async def apply(form: VolunteerIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Offer help in the home grid, or again after a refusal or after having left."""
    await volunteers.apply(work.connection, caller, form)
    return work.answer(await volunteers.get_own(work.connection, secret, caller, is_kept=True), 201)


@router.post(
    "/enter",
    status_code=201,
    response_model=VolunteerOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *HOME_PROBLEMS,
        "not-allowed",
        "own-interest",
        "already-enrolled",
        "state-conflict",
    ),
)
async def enter(form: VolunteerEntryIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Put somebody on the roster by name and number, verified at once; once identified they are this volunteer."""
    volunteer_id = await volunteers.enter(work.connection, secret, caller, form)
    return work.answer(await volunteers.get(work.connection, secret, caller, volunteer_id, is_kept=True), 201)


@router.get("", response_model=Page[VolunteerOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_volunteers(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: EnrolmentStatus = "applied",
    skill: Annotated[Skill | None, Query(description="in the very words")] = None,
    free_at: FreeAt | None = None,
    phone: Annotated[
        Phone | None, Query(description="the whole number, with which everybody who has it is found")
    ] = None,
) -> Response:
    """List the volunteerships of an area to its staff."""
    found = await volunteers.list_of_area(
        reads, secret, caller, area_id, page, status=status, skill=skill, free_at=free_at, phone=phone
    )
    return answer(found)


@router.get("/count", response_model=VolunteerCountOut, responses=responses("invalid-payload"))
async def count_volunteers(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    status: EnrolmentStatus = "approved",
    skill: Annotated[Skill | None, Query(description="in the very words")] = None,
    free_at: FreeAt | None = None,
) -> Response:
    """Count the volunteers of an area who can do something, or are free at a time of the week, for its staff."""
    return answer(await volunteers.count(reads, caller, area_id, status=status, skill=skill, free_at=free_at))


@router.get("/{volunteer_id}", response_model=VolunteerOut, responses=responses("not-found", "invalid-payload"))
async def get_volunteer(volunteer_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one volunteership, as its owner or as staff of the home grid."""
    return answer(await volunteers.get(reads, secret, caller, volunteer_id))


@router.put(
    "/{volunteer_id}",
    response_model=VolunteerOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "state-conflict"),
)
async def edit(
    volunteer_id: UUID, form: VolunteerEditIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Say anew what one can do and when one is free, or as staff of the home grid what somebody told."""
    await volunteers.edit(connection, caller, volunteer_id, form)
    return answer(await volunteers.get(connection, secret, caller, volunteer_id))


@router.post("/{volunteer_id}/approve", response_model=VolunteerOut, responses=responses(*DECISION_PROBLEMS))
async def approve(volunteer_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Admit a volunteer."""
    await enrolments.decide(work.connection, VOLUNTEER, caller, volunteer_id, "approve")
    return await _tell(work, secret, caller, volunteer_id)


@router.post("/{volunteer_id}/refuse", response_model=VolunteerOut, responses=DECISION_WITH_WORDS)
async def refuse(
    volunteer_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Refuse an application with a reason."""
    await enrolments.decide(work.connection, VOLUNTEER, caller, volunteer_id, "refuse", reason=form.reason)
    return await _tell(work, secret, caller, volunteer_id)


@router.post("/{volunteer_id}/leave", response_model=VolunteerOut, responses=DECISION_WITH_WORDS)
async def leave(
    volunteer_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """End a volunteership, one's own or as staff of the home grid; who left may apply again."""
    await enrolments.decide(work.connection, VOLUNTEER, caller, volunteer_id, "leave", reason=form.reason)
    return await _tell(work, secret, caller, volunteer_id)


@router.post(
    "/{volunteer_id}/transfer",
    response_model=VolunteerOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", *HOME_PROBLEMS, "not-allowed", "already-there"),
)
async def transfer(
    volunteer_id: UUID, form: TransferIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Let a volunteer belong to another grid, as staff of both."""
    await volunteers.transfer(work.connection, caller, volunteer_id, form)
    return await _tell(work, secret, caller, volunteer_id)


@router.post(
    "/{volunteer_id}/correct",
    response_model=VolunteerOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "not-allowed", "person-exists"),
)
async def correct(
    volunteer_id: UUID, form: CorrectionIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Put right how somebody is called or called up, with the reason; whoever they are elsewhere, they are so there."""
    await corrections.correct(work.connection, secret, VOLUNTEER, caller, volunteer_id, form)
    return await _tell(work, secret, caller, volunteer_id)


@router.post("/{volunteer_id}/unmask", response_model=VolunteerOut, responses=DECISION_WITH_WORDS)
async def unmask(
    volunteer_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Give the reason for which one has to know the number; whose it is reads it, and who looked."""
    await looks.unmask(work.connection, looks.VOLUNTEER, caller, volunteer_id, form.reason)
    return await _tell(work, secret, caller, volunteer_id)


@router.get(
    "/{volunteer_id}/contact",
    response_model=UnmaskedOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_contact(volunteer_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get name and number, within ten minutes of having given a reason."""
    return answer(await looks.show(reads, secret, looks.VOLUNTEER, caller, volunteer_id))


async def _tell(work: UnitOfWork, secret: str, caller: Caller, volunteer_id: UUID) -> Response:
    return work.answer(await volunteers.get(work.connection, secret, caller, volunteer_id, is_kept=True))
