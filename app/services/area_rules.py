"""Rules of areas that say numbers, in versions, each number inherited by itself from the area above until one says it.

What areas say in other things than numbers (points policies, handling rules) stands in services of its own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain import inheritance, staffing, strength
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.schemas.staffing import StaffingRuleIn
from app.schemas.strength import StrengthRuleIn
from app.services import area_versions
from app.services.pages import PageRequest, page


@dataclass(frozen=True, slots=True)
class AreaRule:
    """A rule: the ``table`` of its versions, the name of their list, and each number with what holds by default."""

    table: str
    list_name: str
    defaults: Mapping[str, int]


STAFFING = AreaRule("staffing_rule", "staffing-rules", asdict(staffing.DEFAULT))
"""How many workers areas need."""

STRENGTH = AreaRule("strength_rule", "strength-rules", asdict(strength.DEFAULT))
"""How many people grids must have."""

VIEW = "SELECT v.*, a.name AS area_name FROM {table} v JOIN area a ON a.id = v.area_id"


async def add(
    connection: Connection, rule: AreaRule, caller: Caller, form: StaffingRuleIn | StrengthRuleIn
) -> dict[str, Any]:
    """Give an area a new version of its rule; return it. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` for an area that the caller does not administer, ``rule-in-the-past``,
    and by the database ``area-closed``.
    """
    says = {name: getattr(form, name) for name in rule.defaults}
    in_the_past = Problem("rule-in-the-past")
    version_id = await area_versions.append(
        connection, caller, rule.table, form.area_id, form.effective_from, says, if_past=in_the_past
    )
    row = await connection.fetchrow(f"{VIEW.format(table=rule.table)} WHERE v.id = $1", version_id)
    assert row is not None, "versions are never deleted"
    return _view(rule, row)


async def list_of_area(reads: Reads, rule: AreaRule, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the versions of one area's own rule, newest first."""
    statement = area_versions.list_sql(VIEW.format(table=rule.table), rule.table)
    filters = (rule.list_name, area_id)
    rows = await reads.fetch(statement, area_id, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(rule, row), *filters)


async def get_effective(reads: Reads, rule: AreaRule, caller: Caller | None, area_id: UUID) -> dict[str, Any]:
    """Return what holds in an area now, and for each number the area that says so. Raises ``not-found``."""
    moment = now()
    rows = await reads.fetch(area_versions.in_force_sql(rule.table), area_id, moment)
    if not rows:
        raise Problem("not-found")
    names = {row["lineage_id"]: row["area_name"] for row in rows}
    chain = [row for row in rows if row["id"] is not None]
    values, origins = inheritance.inherit(chain, rule.defaults, Record.__getitem__)
    administered = set(caller.scope(Role.ADMINISTRATOR)) if caller else set()
    return {
        "area": {"id": area_id, "name": names[area_id]},
        "effective_at": moment,
        **{
            name: {
                "value": values[name],
                "area": origin and {"id": origin["area_id"], "name": names[origin["area_id"]]},
            }
            for name, origin in origins.items()
        },
        "actions": ["add_rule"] if administered & names.keys() else [],
    }


def _view(rule: AreaRule, row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "version": row["version"],
        "effective_from": row["effective_from"],
        **{name: row[name] for name in rule.defaults},
        "created_at": row["created_at"],
        "actions": [],
    }
