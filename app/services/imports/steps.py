"""What a person does with an import: upload, correct the columns, have it checked, confirm, cancel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core import queue
from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain import text
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import ImportKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import IMPORT_RUN
from app.models.import_run import ImportProgress, ImportRun
from app.services import transitions
from app.services.imports import mapping, runs, sealing
from app.services.imports.registry import KINDS
from app.services.transitions import Mover

CHECK_IMPORT, APPLY_IMPORT = "check_import", "apply_import"
FILENAME_MAX = 200
NO_NAME = "table"

LOCK = """
    SELECT kind, status, mapping, refused, content IS NOT NULL AS has_content, (
        SELECT a.closed_at IS NOT NULL FROM area a WHERE a.id = r.area_id
    ) AS is_area_closed
    FROM import_run r WHERE id = $1 FOR NO KEY UPDATE
"""
FORGET_ROWS = "DELETE FROM import_row WHERE import_id = $1"
FORGET_REPORT = "UPDATE import_run SET report = NULL, has_findings = false WHERE id = $1"
BEGIN_PROGRESS = "UPDATE import_progress SET done = 0, total = 0 WHERE import_id = $1"
UNCOUNTED: dict[str, None] = dict.fromkeys(runs.COUNTS)


async def upload(
    connection: Connection,
    secret: str,
    mover: Mover,
    *,
    kind: ImportKind,
    area_id: UUID,
    filename: str,
    content: bytes,
    columns: mapping.Columns,
) -> UUID:
    """Keep a file, sealed, with what its columns are taken for; return the id. Whether the mover may is settled."""
    import_id = new_id()
    run = ImportRun(
        id=import_id,
        kind=kind,
        area_id=area_id,
        uploaded_by=mover.id,
        filename=_plain(filename),
        content=sealing.seal_file(secret, import_id, content),
        mapping=mapping.to_keep(columns),
    )
    await insert(connection, run)
    await insert(connection, ImportProgress(import_id=import_id, done=0, total=0))
    await transitions.log_creation(connection, IMPORT_RUN, import_id, mover, facts={"kind": kind, "area_id": area_id})
    return import_id


async def map_columns(connection: Connection, caller: Caller, import_id: UUID, columns: mapping.Columns) -> None:
    """Take the columns for what a person says; what was checked before no longer counts.

    Raises ``not-found`` and ``state-conflict``.
    """
    await runs.find(connection, caller, import_id)
    changes = UNCOUNTED | {"mapping": mapping.to_keep(columns), "notes": "[]", "problem": None}
    await move(connection, import_id, "map", Mover(Party.STAFF, caller.id), changes)
    await forget_findings(connection, import_id)


async def check(connection: Connection, caller: Caller, import_id: UUID) -> None:
    """Have every row judged by the worker; nothing is written.

    Raises ``not-found``, ``state-conflict``, ``area-closed`` and ``mapping-incomplete``.
    """
    await runs.find(connection, caller, import_id)
    await begin_check(connection, import_id, Mover(Party.STAFF, caller.id))
    await queue.order(connection, CHECK_IMPORT, import_id)


async def begin_check(connection: Connection, import_id: UUID, mover: Mover) -> None:
    """Note that a check is under way. Locks the import.

    Raises ``state-conflict``, ``area-closed`` and ``mapping-incomplete``.
    """
    row = await connection.fetchrow(LOCK, import_id)
    _require(row, "check")
    mapping.require_complete(KINDS[ImportKind(row["kind"])], mapping.kept(row["mapping"]))
    await move(connection, import_id, "check", mover, {"problem": None})
    await connection.execute(BEGIN_PROGRESS, import_id)


async def confirm(connection: Connection, caller: Caller, import_id: UUID, *, accepts_refused: bool) -> None:
    """Have what was checked written by the worker, in one transaction.

    Raises ``not-found``, ``state-conflict``, ``area-closed``, and ``import-has-refused`` when rows are refused and
    ``accepts_refused`` does not say that the others are wanted all the same.
    """
    await runs.find(connection, caller, import_id)
    await begin_apply(connection, import_id, Mover(Party.STAFF, caller.id), accepts_refused=accepts_refused)
    await queue.order(connection, APPLY_IMPORT, import_id)


async def begin_apply(connection: Connection, import_id: UUID, mover: Mover, *, accepts_refused: bool) -> None:
    """Note that it is being written. Locks the import.

    Raises ``state-conflict``, ``area-closed`` and ``import-has-refused``.
    """
    row = await connection.fetchrow(LOCK, import_id)
    _require(row, "confirm")
    if row["refused"] and not accepts_refused:
        raise Problem("import-has-refused")
    changes = {"confirmed_by": mover.id, "confirmed_at": now(), "accepts_refused": accepts_refused}
    await move(connection, import_id, "confirm", mover, changes)
    await connection.execute(BEGIN_PROGRESS, import_id)


async def cancel(connection: Connection, caller: Caller, import_id: UUID) -> None:
    """End an import of which nothing was written; the file is gone with it.

    Raises ``not-found`` and ``state-conflict``.
    """
    await runs.find(connection, caller, import_id)
    await drop(connection, import_id, Mover(Party.STAFF, caller.id))


async def drop(connection: Connection, import_id: UUID, mover: Mover) -> None:
    """Cancel, whoever says so. Raises ``state-conflict``."""
    await move(connection, import_id, "cancel", mover, {"content": None, "problem": None, "ended_at": now()})
    await forget_findings(connection, import_id)


async def forget_findings(connection: Connection, import_id: UUID) -> None:
    """Delete what was found of the rows, and the report of it."""
    await connection.execute(FORGET_REPORT, import_id)
    await connection.execute(FORGET_ROWS, import_id)


async def move(
    connection: Connection, import_id: UUID, action: str, mover: Mover, changes: Mapping[str, Any], **facts: Any
) -> None:
    """Move an import along, with the time of it. Locks the import. Raises ``state-conflict``."""
    changes = {**changes, "moved_at": now()}
    await transitions.move(connection, IMPORT_RUN, import_id, action, mover, changes=changes, facts=facts or None)


def _require(row: Record, action: str) -> None:
    if IMPORT_RUN.find(row["status"], action) is None:
        raise Problem("state-conflict")
    if row["is_area_closed"]:
        raise Problem("area-closed")


def _plain(filename: str) -> str:
    """Return the last part of a name, without what could break a screen."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in name if text.find_refused(character) is None)
    return kept.strip()[-FILENAME_MAX:] or NO_NAME
