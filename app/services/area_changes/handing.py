"""Handing over everything that is open from a closed area to those that take its place."""

from asyncpg import Connection

from app.services.area_changes import (
    branches,
    buildings,
    circles,
    complaints,
    following,
    grants,
    hanging,
    lending,
    orders,
    units,
)
from app.services.area_changes.following import Destinations
from app.services.transitions import Mover


async def hand_over(connection: Connection, to: Destinations, mover: Mover, reason: str) -> dict[str, int]:
    """Send all that is open in the closed area where ``to`` says; return how much of each table went.

    Locks what goes: complaints first, then what hangs on people, tasks and shops, lending last; each table in
    the order of ids.
    """
    gone = {"area": await hanging.hang_children(connection, to, mover)}
    gone["complaint"] = await complaints.send_open(connection, to, mover)
    gone["joint_case"] = await complaints.send_cases(connection, to, mover, reason)
    for area_id in sorted(to.part_ids):
        await lending.end_within(connection, to.source_id, area_id, mover)
    gone |= await following.send_all(connection, to, mover)
    gone["order_part"] = await orders.send_parts(connection, to, mover)
    gone["branch"] = await branches.send(connection, to, mover, reason)
    gone["unit_area"] = await units.send_reports(connection, to, mover)
    gone["grant"] = await grants.send(connection, to, mover)
    gone["building"] = await buildings.send(connection, to, mover)
    gone["circle_area"] = await circles.send(connection, to.source_id, to.part_ids, mover)
    await lending.lapse(connection)
    for area_id in sorted(to.part_ids):
        await complaints.order_texts(connection, area_id)
    return {table: count for table, count in gone.items() if count}
