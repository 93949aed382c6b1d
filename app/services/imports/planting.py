"""Planting the district that a table of areas begins with: the one area that no import can add below another."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.domain.sheets.records import read_records
from app.services.area_changes import adding
from app.services.imports import mapping
from app.services.imports.kind import Kind
from app.services.imports.tree import KIND_OF, Step, steps_of

FIND = "SELECT id FROM area WHERE parent_id IS NULL AND closed_at IS NULL AND name = $1"


@dataclass(frozen=True, slots=True)
class Root:
    """The area at the top of a table."""

    kind: AreaKind
    name: str
    code: str | None


def find_root(kind: Kind, content: bytes) -> Root:
    """Return the one area that all others of a table lie below. Raises ``area-unknown`` when there is none or several.

    That is the one row that names a single level, or the district that stands in every row.
    """
    table = mapping.read(kind, content)
    paths: list[tuple[Sequence[Step], str | None]] = []
    for record in read_records(table, kind.columns):
        code = record.values.get("code")
        paths.append((steps_of(record.values), code if isinstance(code, str) else None))
    tops = {steps[0] for steps, _ in paths if steps}
    if len(tops) != 1:
        raise Problem("area-unknown")
    [(column, name)] = tops
    code = next((code for steps, code in paths if len(steps) == 1), None)
    return Root(KIND_OF[column], name, code)


async def find(reads: Reads, root: Root) -> UUID | None:
    """Return the root of this name, if it is there."""
    found: UUID | None = await reads.fetchval(FIND, root.name)
    return found


async def plant(connection: Connection, root: Root) -> UUID:
    """Add it by the operator's hand; return its id. Raises what ``adding.add_root`` does."""
    return await adding.add_root(connection, root.kind, root.name, root.code)
