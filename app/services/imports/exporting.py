"""Exports in the form of the templates, so that what was exported can be imported.

Whoever is staff for the area may have them, with numbers masked where they are people's. Administrators may have the
numbers too, for a reason that is kept with who had them and when (I12).
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Database
from app.core.ids import new_id
from app.domain import texts
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import ImportKind
from app.domain.lifecycle import Party
from app.domain.sheets.rows import ROWS_MAX
from app.services import transitions
from app.services.imports import runs, writing
from app.services.imports.kind import Kind
from app.services.transitions import Mover

FIND_AREA = """
    SELECT name, lineage && $2::uuid[] AS in_scope, lineage && $3::uuid[] AS administers FROM area WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file, and how many rows stand in it."""

    name: str
    content: bytes
    rows: int


async def export(
    database: Database, secret: str, caller: Caller, kind: ImportKind, area_id: UUID, reason: str | None
) -> Exported:
    """Return what an area and all below it have of a kind; with ``reason`` the numbers of people too, and an event.

    Raises ``area-unknown``, ``not-allowed`` and ``export-too-large``.
    """
    declared = runs.declared(kind)
    area = await database.reads.fetchrow(FIND_AREA, area_id, caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"] or (reason is not None and not area["administers"]):
        raise Problem("not-allowed")
    exported = await write(database, secret, declared, area_id, area["name"], with_personal=reason is not None)
    if declared.personal and reason is not None:
        await log(database, Mover(Party.STAFF, caller.id), kind, area_id, exported.rows, reason)
    return exported


async def write(
    database: Database, secret: str, kind: Kind, area_id: UUID, area_name: str, *, with_personal: bool
) -> Exported:
    """Return the file, whoever asks. Raises ``export-too-large`` for one that could not be imported again."""
    rows = await kind.export(database.reads, secret, area_id, with_personal)
    if len(rows) > ROWS_MAX:
        raise Problem("export-too-large")
    content = await asyncio.to_thread(writing.export, kind.title, kind.columns, rows)
    return Exported(texts.IMPORT_EXPORT_FILE.format(area=area_name, title=kind.title), content, len(rows))


async def log(database: Database, mover: Mover, kind: ImportKind, area_id: UUID, rows: int, reason: str | None) -> None:
    """Keep that somebody had the numbers of people."""
    facts = {"kind": kind, "area_id": area_id, "rows": rows}
    async with database.transaction() as connection:
        await transitions.log(connection, "export", new_id(), "export", "exported", mover, note=reason, facts=facts)
