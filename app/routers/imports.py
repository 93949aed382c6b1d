"""Imports of spreadsheets: upload, match the columns, check, confirm; templates and reports as files."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    Upload,
    UploadDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.kinds import ImportKind, Verdict
from app.domain.lifecycle import Party
from app.problems import JSON_BODY_PROBLEMS, responses
from app.routers.downloads import SeparatedValues, Spreadsheet, headers, pieces
from app.schemas.fields import Page
from app.schemas.imports import ImportConfirmIn, ImportOut, ImportRowOut, MappingIn
from app.services.imports import mapping, runs, steps, templates
from app.services.transitions import Mover

router = APIRouter(prefix="/imports", tags=["imports"])

FILE_PROBLEMS = (
    "file-empty",
    "file-too-large",
    "file-too-many-rows",
    "file-not-a-table",
    "file-old-excel",
    "file-has-macros",
    "file-encrypted",
    "file-is-packed-too-densely",
    "file-encoding-unknown",
    "file-damaged",
)
STEP_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "state-conflict")
UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "xlsx or csv"}},
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that was read, and what its columns are taken for."""

    upload: Upload
    columns: mapping.Columns


async def _require_importer(kind: ImportKind, area_id: UUID, caller: CallerDep, reads: ReadsDep) -> None:
    await runs.require_importer(reads, caller, kind, area_id)


async def _read_upload(kind: ImportKind, _may: Annotated[None, Depends(_require_importer)], upload: UploadDep) -> Draft:
    """Read the file before the transaction of the write begins: that may take a second or two."""
    return Draft(upload, await asyncio.to_thread(mapping.look, runs.declared(kind), upload.content))


async def _read_again(
    import_id: UUID, form: MappingIn, caller: CallerDep, reads: ReadsDep, secret: SecretDep
) -> mapping.Columns:
    kind, content, kept = await runs.get_content(reads, secret, caller, import_id)
    chosen = None if form.columns is None else mapping.choose((choice.field, choice.index) for choice in form.columns)
    return await asyncio.to_thread(mapping.look, runs.declared(kind), content, form.sheet or kept["sheet"], chosen)


async def _tell(work: UnitOfWork, caller: Caller, import_id: UUID, status: int = 200) -> Response:
    return work.answer(await runs.get(work.connection, caller, import_id), status)


@router.post(
    "",
    status_code=201,
    response_model=ImportOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "upload-unreadable",
        "invalid-payload",
        "not-allowed",
        "area-unknown",
        "area-closed",
        *FILE_PROBLEMS,
    ),
    openapi_extra=UPLOAD_FORM,
)
async def upload(
    kind: ImportKind,
    area_id: UUID,
    caller: CallerDep,
    draft: Annotated[Draft, Depends(_read_upload)],
    work: UnitOfWorkDep,
    secret: SecretDep,
) -> Response:
    """Upload a table (xlsx or csv) for an area and all below it, and see what its columns are taken for."""
    import_id = await steps.upload(
        work.connection,
        secret,
        Mover(Party.STAFF, caller.id),
        kind=kind,
        area_id=area_id,
        filename=draft.upload.filename,
        content=draft.upload.content,
        columns=draft.columns,
    )
    return await _tell(work, caller, import_id, 201)


@router.get("", response_model=Page[ImportOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_imports(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, kind: ImportKind | None = None
) -> Response:
    """List the imports into an area and all below it, newest first."""
    return answer(await runs.list_of_area(reads, caller, area_id, kind, page))


@router.get("/templates/{kind}.xlsx", response_class=Spreadsheet, responses=responses("invalid-payload"))
async def get_template(kind: ImportKind, _caller: CallerDep) -> Response:
    """Get an empty table of a kind with drop-downs and a sheet that explains each column."""
    name, content = await asyncio.to_thread(templates.write_spreadsheet, runs.declared(kind))
    return Spreadsheet(pieces(BytesIO(content)), headers=headers(name))


@router.get("/templates/{kind}.csv", response_class=SeparatedValues, responses=responses("invalid-payload"))
async def get_plain_template(kind: ImportKind, _caller: CallerDep) -> Response:
    """Get the headings of a kind as csv."""
    name, content = templates.write_text(runs.declared(kind))
    return SeparatedValues(pieces(BytesIO(content)), headers=headers(name))


@router.get("/{import_id}", response_model=ImportOut, responses=responses("not-found", "invalid-payload"))
async def get_import(import_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get an import: its state, how far it is, how many rows there are of each verdict."""
    return answer(await runs.get(reads, caller, import_id))


@router.put(
    "/{import_id}/mapping",
    response_model=ImportOut,
    responses=responses(
        *JSON_BODY_PROBLEMS,
        "not-found",
        "state-conflict",
        "mapping-unfit",
        "import-file-gone",
        "file-has-no-such-sheet",
        *FILE_PROBLEMS,
    ),
)
async def put_mapping(
    import_id: UUID,
    caller: CallerDep,
    columns: Annotated[mapping.Columns, Depends(_read_again)],
    connection: TransactionDep,
) -> Response:
    """Say which column is which field; what was checked before no longer counts."""
    await steps.map_columns(connection, caller, import_id, columns)
    return answer(await runs.get(connection, caller, import_id))


@router.post(
    "/{import_id}/check",
    response_model=ImportOut,
    responses=responses(*STEP_PROBLEMS, "area-closed", "mapping-incomplete"),
)
async def check(import_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Have every row judged: what would be added, changed or refused, and why. Nothing is written."""
    await steps.check(work.connection, caller, import_id)
    return await _tell(work, caller, import_id)


@router.get(
    "/{import_id}/rows",
    response_model=Page[ImportRowOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_rows(
    import_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    secret: SecretDep,
    page: PageDep,
    verdict: Verdict | None = None,
) -> Response:
    """List what becomes of the rows, in their order."""
    return answer(await runs.list_rows(reads, secret, caller, import_id, verdict, page))


@router.get(
    "/{import_id}/report.xlsx",
    response_class=Spreadsheet,
    responses=responses("not-found", "import-file-gone", "invalid-payload"),
)
async def get_report(import_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get the table as it was sent, with its faults marked in place; once written, of the refused rows alone."""
    name, content = await runs.get_report(reads, secret, caller, import_id)
    return Spreadsheet(pieces(BytesIO(content)), headers=headers(name))


@router.post(
    "/{import_id}/confirm",
    response_model=ImportOut,
    responses=responses(*STEP_PROBLEMS, "malformed-json", "area-closed", "import-has-refused"),
)
async def confirm(import_id: UUID, form: ImportConfirmIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Have what was checked written, all of it in one transaction or nothing."""
    await steps.confirm(work.connection, caller, import_id, accepts_refused=form.accept_refused)
    return await _tell(work, caller, import_id)


@router.post("/{import_id}/cancel", response_model=ImportOut, responses=responses(*STEP_PROBLEMS))
async def cancel(import_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End an import of which nothing was written; the file is deleted."""
    await steps.cancel(work.connection, caller, import_id)
    return await _tell(work, caller, import_id)
