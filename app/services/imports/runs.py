"""Imports and who may see them: administrators of the area, and of people's lists the staff who uploaded them.

The verbs of a person stand in ``steps``, those of the worker in ``checking`` and ``applying``.
"""

from typing import Any
from uuid import UUID

from asyncpg import Record
from pydantic_core import from_json

from app.core.db import Reads
from app.domain import texts
from app.domain.caller import Caller, Role
from app.domain.errors import CATALOGUE, Problem
from app.domain.kinds import ImportKind, Verdict
from app.domain.lifecycle import Party
from app.domain.lifecycles import IMPORT_RUN
from app.services.imports import mapping, sealing
from app.services.imports.kind import Kind
from app.services.imports.registry import KINDS, STAFF_KINDS
from app.services.pages import PageRequest, page

View = dict[str, Any]

FIND_AREA = "SELECT name, lineage && $2::uuid[] AS in_scope, closed_at FROM area WHERE id = $1"
IN_SCOPE = """
    (a.lineage && $1::uuid[] OR (r.uploaded_by = $2 AND r.kind = ANY($3) AND a.lineage && $4::uuid[]))
"""
"""Whether an import is there for a caller (I8)."""
VIEW = f"""
    SELECT r.id, r.kind, r.area_id, a.name AS area_name, r.filename, r.mapping, r.notes, r.status, r.problem, r.rows,
        r.added, r.changed, r.untouched, r.refused, r.created_at, r.confirmed_at, r.ended_at,
        a.closed_at IS NOT NULL AS is_area_closed, r.uploaded_by = $2 AS is_own, r.report IS NOT NULL AS has_report,
        p.done, p.total,
        r.status = 'applying' AND EXISTS (
            SELECT FROM import_run o JOIN area oa ON oa.id = o.area_id
            WHERE o.status = 'applying' AND oa.lineage[1] = a.lineage[1] AND o.confirmed_at < r.confirmed_at
        ) AS waits
    FROM import_run r JOIN area a ON a.id = r.area_id LEFT JOIN import_progress p ON p.import_id = r.id
    WHERE {IN_SCOPE}
"""
GET = f"{VIEW} AND r.id = $5"
LIST = f"""
    {VIEW} AND a.lineage @> ARRAY[$5::uuid] AND ($6::text IS NULL OR r.kind = $6) AND r.id < $7
    ORDER BY r.id DESC LIMIT $8
"""
FIND_REPORT = f"""
    SELECT r.filename, r.report FROM import_run r JOIN area a ON a.id = r.area_id WHERE {IN_SCOPE} AND r.id = $5
"""
FIND_CONTENT = f"""
    SELECT r.kind, r.content, r.mapping FROM import_run r JOIN area a ON a.id = r.area_id WHERE {IN_SCOPE} AND r.id = $5
"""
LIST_ROWS = """
    SELECT number, verdict, sealed, ('00000000-0000-0000-0000-' || lpad(to_hex(number), 12, '0'))::uuid AS place
    FROM import_row WHERE import_id = $1 AND ($2::text IS NULL OR verdict = $2) AND number > $3
    ORDER BY number LIMIT $4
"""
COUNTS = ("rows", "added", "changed", "untouched", "refused")


def standing(caller: Caller) -> tuple[list[UUID], UUID, list[ImportKind], list[UUID]]:
    """Return the arguments of ``IN_SCOPE``."""
    return caller.scope(Role.ADMINISTRATOR), caller.id, STAFF_KINDS, caller.scope(Role.STAFF)


def declared(kind: ImportKind) -> Kind:
    """Return what a kind of import is made of. Raises ``invalid-payload`` for one that is not served."""
    found = KINDS.get(kind)
    if found is None:
        raise Problem("invalid-payload", fields=[{"field": "kind", "reason": "enum"}])
    return found


async def require_importer(reads: Reads, caller: Caller, kind: ImportKind, area_id: UUID) -> Record:
    """Return the area if the caller may import this kind there.

    Raises ``area-unknown``, ``not-allowed`` and ``area-closed``.
    """
    area = await reads.fetchrow(FIND_AREA, area_id, caller.scope(declared(kind).role))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if area["closed_at"] is not None:
        raise Problem("area-closed")
    return area


async def find(reads: Reads, caller: Caller, import_id: UUID) -> Record:
    """Return an import as it stands. Raises ``not-found``."""
    row = await reads.fetchrow(GET, *standing(caller), import_id)
    if row is None:
        raise Problem("not-found")
    return row


async def get(reads: Reads, caller: Caller, import_id: UUID) -> View:
    """Return an import, how far it is and what may be done next. Raises ``not-found``."""
    return _view(await find(reads, caller, import_id))


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, kind: ImportKind | None, request: PageRequest
) -> View:
    """Return the imports into an area and all below it, newest first."""
    filters = ("imports", area_id, kind)
    rows = await reads.fetch(LIST, *standing(caller), area_id, kind, request.below(*filters), request.rows)
    return page(rows, request, _view, *filters)


async def list_rows(
    reads: Reads, secret: str, caller: Caller, import_id: UUID, verdict: Verdict | None, request: PageRequest
) -> View:
    """Return what was found of the rows, in their order. Raises ``not-found``."""
    filters = ("import-rows", import_id, verdict)
    last = request.above(*filters).int
    row = await find(reads, caller, import_id)
    kind = KINDS[ImportKind(row["kind"])]

    def view(found: Record) -> View:
        kept = sealing.open_row(secret, import_id, found["number"], found["sealed"])
        label, faults, changes = sealing.read_findings(kept)
        return {
            "number": found["number"],
            "verdict": found["verdict"],
            "label": label,
            "reasons": [
                {
                    "code": fault.code,
                    "field": fault.column,
                    "heading": _title(kind.titles, fault.column),
                    "reason": fault.sentence,
                }
                for fault in faults
            ],
            "changes": [
                {
                    "field": change.column,
                    "heading": kind.title_of(change.column),
                    "from": change.old,
                    "to": change.new,
                }
                for change in changes
            ],
            "actions": [],
        }

    rows = await reads.fetch(LIST_ROWS, import_id, verdict, last, request.rows)
    return page(rows, request, view, *filters, key="place")


async def get_report(reads: Reads, secret: str, caller: Caller, import_id: UUID) -> tuple[str, bytes]:
    """Return the file with its faults marked, and its name. Raises ``not-found`` and ``import-file-gone``."""
    row = await reads.fetchrow(FIND_REPORT, *standing(caller), import_id)
    if row is None:
        raise Problem("not-found")
    if row["report"] is None:
        raise Problem("import-file-gone")
    name = texts.IMPORT_REPORT_FILE.format(name=row["filename"].rpartition(".")[0] or row["filename"])
    return name, sealing.open_report(secret, import_id, row["report"])


async def get_content(
    reads: Reads, secret: str, caller: Caller, import_id: UUID
) -> tuple[ImportKind, bytes, dict[str, Any]]:
    """Return kind, file and mapping as they were uploaded. Raises ``not-found`` and ``import-file-gone``."""
    row = await reads.fetchrow(FIND_CONTENT, *standing(caller), import_id)
    if row is None:
        raise Problem("not-found")
    if row["content"] is None:
        raise Problem("import-file-gone")
    content = sealing.open_file(secret, import_id, row["content"])
    return ImportKind(row["kind"]), content, mapping.kept(row["mapping"])


def _title(titles: dict[str, str], column: str | None) -> str | None:
    return None if column is None else titles.get(column)


def _view(row: Record) -> View:
    kind = KINDS[ImportKind(row["kind"])]
    problem = row["problem"]
    actions = IMPORT_RUN.actions(row["status"], frozenset({Party.STAFF}))
    return {
        "id": row["id"],
        "kind": row["kind"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "filename": row["filename"],
        "is_own": bool(row["is_own"]),
        "status": row["status"],
        "mapping": _view_mapping(kind.titles, mapping.kept(row["mapping"])),
        "notes": from_json(row["notes"]),
        "counts": None if row["rows"] is None else {name: row[name] for name in COUNTS},
        "progress": None if row["total"] is None else {"done": row["done"], "total": row["total"]},
        "notice": texts.IMPORT_WAITS if row["waits"] else None,
        "problem": None if problem is None else {"code": problem, "detail": CATALOGUE[problem].detail},
        "has_report": row["has_report"],
        "created_at": row["created_at"],
        "confirmed_at": row["confirmed_at"],
        "ended_at": row["ended_at"],
        "actions": [action for action in actions if action == "cancel" or not row["is_area_closed"]],
    }


def _view_mapping(titles: dict[str, str], kept: dict[str, Any]) -> View:
    return kept | {
        "columns": [column | {"title": _title(titles, column["field"])} for column in kept["columns"]],
        "fields": [{"field": name, "title": title} for name, title in titles.items()],
        "missing": [{"field": name, "title": titles[name]} for name in kept["missing"]],
    }
