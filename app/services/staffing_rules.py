"""How many workers areas need: rules of areas, in versions, inherited number by number."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain import staffing
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.staffing import Version
from app.schemas.staffing import StaffingRuleIn
from app.services import area_versions
from app.services.pages import PageRequest, page

TABLE = "staffing_rule"
NUMBERS = ("households_per_grid_worker", "workers_per_10000")
VIEW = f"SELECT v.*, a.name AS area_name FROM {TABLE} v JOIN area a ON a.id = v.area_id"
GET = f"{VIEW} WHERE v.id = $1"
LIST = area_versions.list_sql(VIEW, TABLE)
IN_FORCE = area_versions.in_force_sql(TABLE)


async def add(connection: Connection, caller: Caller, form: StaffingRuleIn) -> UUID:
    """Give an area a new version of its rule; return its id. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` for an area that the caller does not administer, ``rule-in-the-past``,
    and by the database ``area-closed``.
    """
    says = {name: getattr(form, name) for name in NUMBERS}
    in_the_past = Problem("rule-in-the-past")
    return await area_versions.append(
        connection, caller, TABLE, form.area_id, form.effective_from, says, if_past=in_the_past
    )


async def get(reads: Reads, rule_id: UUID) -> dict[str, Any]:
    """Return one version, which is there."""
    row = await reads.fetchrow(GET, rule_id)
    assert row is not None, "versions are never deleted"
    return _view(row)


async def list_of_area(reads: Reads, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the versions of one area's own rule, newest first."""
    filters = ("staffing-rules", area_id)
    rows = await reads.fetch(LIST, area_id, request.below(*filters), request.rows)
    return page(rows, request, _view, *filters)


async def get_effective(reads: Reads, caller: Caller | None, area_id: UUID) -> dict[str, Any]:
    """Return what holds in an area now, and for each number the area that says so. Raises ``not-found``."""
    moment = now()
    rows = await reads.fetch(IN_FORCE, area_id, moment)
    if not rows:
        raise Problem("not-found")
    names = {row["lineage_id"]: row["area_name"] for row in rows}
    versions = [
        Version(row["area_id"], row["version"], row["effective_from"], *(row[name] for name in NUMBERS))
        for row in rows
        if row["id"] is not None
    ]
    rule, origins = staffing.resolve(list(names), versions, moment)
    administered = set(caller.scope(Role.ADMINISTRATOR)) if caller else set()
    return {
        "area": {"id": area_id, "name": names[area_id]},
        "effective_at": moment,
        **{
            name: {
                "value": getattr(rule, name),
                "area": None if origin is None else {"id": origin.area_id, "name": names[origin.area_id]},
            }
            for name, origin in origins.items()
        },
        "actions": ["add_rule"] if administered & names.keys() else [],
    }


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "version": row["version"],
        "effective_from": row["effective_from"],
        **{name: row[name] for name in NUMBERS},
        "created_at": row["created_at"],
        "actions": [],
    }
