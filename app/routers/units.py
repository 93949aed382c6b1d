"""Organisations: where members work and what sits in an area; public but for whom to call there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.kinds import UnitKind
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.people import ContactIn, UnmaskedOut
from app.schemas.units import UnitAreaIn, UnitEditIn, UnitForStaffOut, UnitIn, UnitName, UnitOut
from app.services import looks, units

router = APIRouter(prefix="/units", tags=["units"])
View = UnitForStaffOut | UnitOut
IsReported = Annotated[bool, Query(description="those that reported there, wherever they sit")]
NAME_PROBLEMS = ("unit-name-taken", "credit-code-taken")
CHANGE_PROBLEMS = ("not-found", "not-allowed", "unit-closed")


@router.get("", response_model=Page[UnitOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_units(
    area_id: UUID,
    reads: ReadsDep,
    page: PageDep,
    kind: UnitKind | None = None,
    name: Annotated[UnitName | None, Query(description="a part of the name")] = None,
    *,
    is_reported: IsReported = False,
) -> Response:
    """List the organisations of an area and all below it: where members work."""
    found = await units.list_of_area(reads, area_id, page, kind=kind, name=name, is_reported=is_reported)
    return answer(found)


@router.post(
    "",
    status_code=201,
    response_model=UnitForStaffOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "not-allowed", *NAME_PROBLEMS
    ),
)
async def add_unit(form: UnitIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Add an organisation, as staff of its area."""
    unit_id = await units.add(work.connection, secret, caller, form)
    return work.answer(await units.get(work.connection, secret, caller, unit_id, is_kept=True), 201)


@router.get("/{unit_id}", response_model=View, responses=responses("not-found", "invalid-payload"))
async def get_unit(unit_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get one organisation; staff of its area see whom to call there and where it reported."""
    return answer(await units.get(reads, secret, caller, unit_id))


@router.put(
    "/{unit_id}",
    response_model=UnitForStaffOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, *NAME_PROBLEMS),
)
async def edit(
    unit_id: UUID, form: UnitEditIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Change what an organisation is, as staff of its area."""
    await units.edit(connection, caller, unit_id, form)
    return answer(await units.get(connection, secret, caller, unit_id))


@router.put(
    "/{unit_id}/contact", response_model=UnitForStaffOut, responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS)
)
async def set_contact(
    unit_id: UUID, form: ContactIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Say whom to call there, as staff of its area."""
    await units.set_contact(connection, secret, caller, unit_id, form)
    return answer(await units.get(connection, secret, caller, unit_id))


@router.delete("/{unit_id}/contact", status_code=204, responses=responses(*CHANGE_PROBLEMS, "invalid-payload"))
async def remove_contact(unit_id: UUID, caller: CallerDep, connection: TransactionDep, secret: SecretDep) -> Response:
    """Have nobody to call there."""
    await units.set_contact(connection, secret, caller, unit_id, None)
    return Response(status_code=204)


@router.post(
    "/{unit_id}/close",
    response_model=UnitForStaffOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "unit-busy"),
)
async def close(unit_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Close an organisation that is no more: it takes nothing new, and what it did stays."""
    await units.close(work.connection, caller, unit_id, form.reason)
    return await _tell(work, secret, caller, unit_id)


@router.put(
    "/{unit_id}/areas/{area_id}",
    response_model=View,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "area-closed"),
)
async def report(
    unit_id: UUID, area_id: UUID, form: UnitAreaIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Note that an organisation reported to an area, as staff of that area."""
    await units.report(connection, caller, unit_id, area_id, form.reported_on)
    return answer(await units.get(connection, secret, caller, unit_id))


@router.delete(
    "/{unit_id}/areas/{area_id}",
    status_code=204,
    responses=responses(*CHANGE_PROBLEMS, "invalid-payload"),
)
async def unreport(unit_id: UUID, area_id: UUID, caller: CallerDep, connection: TransactionDep) -> Response:
    """Take back that an organisation reported to an area, as staff of that area."""
    await units.unreport(connection, caller, unit_id, area_id)
    return Response(status_code=204)


@router.post(
    "/{unit_id}/unmask",
    response_model=UnitForStaffOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "own-interest"),
)
async def unmask(unit_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Give the reason for which one has to call; whose number it is reads it, and who looked."""
    await looks.unmask(work.connection, looks.UNIT, caller, unit_id, form.reason)
    return await _tell(work, secret, caller, unit_id)


@router.get(
    "/{unit_id}/contact",
    response_model=UnmaskedOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_contact(unit_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get whom to call and the number, within ten minutes of having given a reason."""
    return answer(await looks.show(reads, secret, looks.UNIT, caller, unit_id))


async def _tell(work: UnitOfWork, secret: str, caller: Caller, unit_id: UUID) -> Response:
    return work.answer(await units.get(work.connection, secret, caller, unit_id, is_kept=True))
