"""Moving an area with all that lies below it to another place in the tree."""

from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.areas import MoveIn
from app.services import transitions
from app.services.area_changes import belongings, complaints, hanging, lending, standing
from app.services.transitions import Mover


async def move(connection: Connection, caller: Caller, area_id: UUID, form: MoveIn) -> None:
    """Put an area and all below it right below another one; what they may do there counts at once.

    What had been handed up goes to the area of the same level above the new place, and nobody is asked any more for a
    plan whose area is left. Locks the tree, then those areas and their open complaints. Raises ``not-found``,
    ``not-allowed`` unless the caller administers both places, ``area-closed``, ``area-unknown``, ``area-into-itself``,
    ``area-kind-misplaced``, ``area-too-deep``, and by the database ``area-name-taken``.
    """
    await standing.lock_tree(connection)
    area = await standing.find_to_change(connection, caller, area_id)
    parent = await standing.find_parent(connection, caller, form.parent_id)
    if area_id in parent["lineage"]:
        raise Problem("area-into-itself")
    if parent["id"] == area["parent_id"]:
        return
    await belongings.lock_land(connection, area_id)
    await hanging.hang(connection, area, parent)
    mover = Mover(Party.STAFF, caller.id)
    handed = await complaints.hand_to_those_above(connection, area_id, area["lineage"], parent["lineage"], mover)
    await lending.lapse(connection)
    await complaints.order_texts(connection, area_id)
    facts = {"parent_id": parent["id"], "former_parent_id": area["parent_id"], "handed_on": handed}
    await transitions.log(
        connection,
        "area",
        area_id,
        "move",
        "open",
        mover,
        from_state="open",
        note=form.reason,
        facts=facts,
    )
