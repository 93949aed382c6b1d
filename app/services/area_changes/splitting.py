"""Splitting an area: it is closed, its parts are opened beside it, and all that is open goes to them."""

from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.kinds import AreaKind
from app.domain.lifecycle import Party
from app.schemas.areas import SplitIn
from app.schemas.places import ShapeIn
from app.services import transitions
from app.services.area_changes import adding, closing, handing, land, rules, standing
from app.services.area_changes.following import Destinations
from app.services.transitions import Mover

SET_SUCCESSOR = "UPDATE area SET successor_id = $2 WHERE id = $1"


async def split(connection: Connection, caller: Caller, area_id: UUID, form: SplitIn) -> list[UUID]:
    """Close an area and open its parts, of its kind and right below what it lay below; return their ids.

    What is open and has a place goes to the part in whose shape it lies, all else to the default part. Every part has
    the rules that there were, and whoever held a role on the area holds it on each. Locks the tree.

    Raises ``not-found``, ``not-allowed``, ``area-closed``, by the database ``area-name-taken`` and ``area-code-taken``,
    and what ``places.put_shape`` does.
    """
    await standing.lock_tree(connection)
    area = await standing.find_to_change(connection, caller, area_id)
    parent = await standing.find(connection, caller, area["parent_id"])
    mover = Mover(Party.STAFF, caller.id)
    await closing.shut(connection, area_id, None)  # its name and code are free from here on
    part_ids = [
        await adding.put(
            connection,
            parent,
            AreaKind(area["kind"]),
            part.model_dump(exclude={"shape"}) | {"is_wish_review_required": area["is_wish_review_required"]},
            mover,
            facts={"split_from_id": area_id},
        )
        for part in form.parts
    ]
    default_id = part_ids[form.default_part]
    await connection.execute(SET_SUCCESSOR, area_id, default_id)
    shapes = {
        part_id: ShapeIn(coordinates=form.coordinates, shape=part.shape)
        for part_id, part in zip(part_ids, form.parts, strict=True)
        if part.shape is not None
    }
    found_in = await land.draw_parts(connection, caller, shapes)
    await rules.copy(connection, area_id, part_ids, mover)
    to = Destinations(area_id, default_id, frozenset(part_ids), found_in)
    gone = await handing.hand_over(connection, to, mover, form.reason)
    facts = {"part_ids": part_ids, "default_id": default_id, "gone": gone}
    await transitions.log(
        connection, "area", area_id, "split", "closed", mover, from_state="open", note=form.reason, facts=facts
    )
    return part_ids
