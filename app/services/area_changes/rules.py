"""Policies and rules of an area that is split: each part has all its versions, as if they had been made for it.

Their dates are those of the old ones, so that whatever began under them is reckoned as before. A unit that is closed by
now is left out of the copies: nothing new refers to it.
"""

from collections.abc import Collection
from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.models.handling_rule import HandlingRule
from app.models.policy import PointsPolicy
from app.models.staffing_rule import StaffingRule
from app.models.strength_rule import StrengthRule
from app.services import transitions
from app.services.transitions import Mover

TABLES = {
    table.__tablename__: [name for name in table.model_fields if name not in {"id", "area_id"}]
    for table in (PointsPolicy, HandlingRule, StrengthRule, StaffingRule)
}
CLOSED_LEFT_OUT = "(SELECT u.id FROM unit u WHERE u.id = v.unit_id AND u.closed_at IS NULL FOR KEY SHARE)"


async def copy(connection: Connection, source_id: UUID, part_ids: Collection[UUID], mover: Mover) -> int:
    """Give each of ``part_ids``, which has none, the versions of ``source_id``; return how many versions those are."""
    copied = 0
    for table, columns in TABLES.items():
        rows = await connection.fetch(f"SELECT id FROM {table} WHERE area_id = $1 ORDER BY version", source_id)
        copied += len(rows)
        names = ", ".join(columns)
        values = ", ".join(CLOSED_LEFT_OUT if name == "unit_id" else f"v.{name}" for name in columns)
        for area_id in sorted(part_ids):
            for (version_id,) in rows:
                copy_id = new_id()
                await connection.execute(
                    f"INSERT INTO {table} (id, area_id, {names}) "
                    f"SELECT $1, $2, {values} FROM {table} v WHERE v.id = $3",
                    copy_id,
                    area_id,
                    version_id,
                )
                facts = {"follows": version_id}
                await transitions.log(connection, table, copy_id, "create", "active", mover, facts=facts)
    return copied
