"""Adding areas: below another one by its administrators, roots from the command line alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import insert
from app.core.ids import new_id
from app.domain import area_tree
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import AreaKind
from app.domain.lifecycle import Party
from app.models.area import Area
from app.schemas.areas import AreaIn
from app.services import transitions
from app.services.area_changes import standing
from app.services.transitions import Mover


async def add(connection: Connection, caller: Caller, form: AreaIn) -> UUID:
    """Add an area right below one that the caller administers; return its id. Locks the tree.

    Raises ``area-unknown``, ``not-allowed``, ``area-closed``, ``area-kind-misplaced``, ``area-too-deep``, and by the
    database ``area-name-taken`` and ``area-code-taken``.
    """
    await standing.lock_tree(connection)
    parent = await standing.find_parent(connection, caller, form.parent_id)
    fields = form.model_dump(exclude={"parent_id", "kind"})
    return await put(connection, parent, form.kind, fields, Mover(Party.STAFF, caller.id))


async def add_root(connection: Connection, kind: AreaKind, name: str, code: str | None) -> UUID:
    """Add a root by the operator's hand; return its id. Raises as ``add``."""
    await standing.lock_tree(connection)
    return await put(connection, None, kind, {"name": name, "code": code}, transitions.SYSTEM)


async def put(
    connection: Connection,
    parent: Record | None,
    kind: AreaKind,
    fields: Mapping[str, Any],
    mover: Mover,
    *,
    facts: Mapping[str, Any] | None = None,
) -> UUID:
    """Insert an area below ``parent`` with the event of it, the tree being locked; return its id. Raises as ``add``."""
    if not area_tree.may_lie_below(kind, AreaKind(parent["kind"]) if parent else None):
        raise Problem("area-kind-misplaced")
    above: list[UUID] = parent["lineage"] if parent else []
    if len(above) >= area_tree.DEPTH_MAX:
        raise Problem("area-too-deep")
    area_id = new_id()
    parent_id = parent["id"] if parent else None
    area = Area(id=area_id, parent_id=parent_id, kind=kind, lineage=[*above, area_id], **fields)
    await insert(connection, area)
    told = {"parent_id": parent_id, "kind": kind, **fields, **(facts or {})}
    await transitions.log(connection, "area", area_id, "add", "open", mover, facts=told)
    return area_id
