"""Exports as spreadsheets, in the form of the templates."""

from io import BytesIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import CallerDep, DatabaseDep, SecretDep
from app.domain.kinds import ImportKind
from app.problems import responses
from app.routers.downloads import Spreadsheet, headers, pieces
from app.schemas.fields import Note
from app.services.imports import exporting

router = APIRouter(prefix="/exports", tags=["imports"])


@router.get(
    "/{kind}.xlsx",
    response_class=Spreadsheet,
    responses=responses("invalid-payload", "not-allowed", "area-unknown", "export-too-large"),
)
async def export(
    kind: ImportKind,
    area_id: UUID,
    caller: CallerDep,
    database: DatabaseDep,
    secret: SecretDep,
    reason: Annotated[
        Note | None, Query(description="why the numbers of people are needed, for administrators; kept")
    ] = None,
) -> Response:
    """Get what an area and all below it have, as a table that can be imported again; numbers of people are masked."""
    exported = await exporting.export(database, secret, caller, kind, area_id, reason)
    return Spreadsheet(pieces(BytesIO(exported.content)), headers=headers(exported.name))
