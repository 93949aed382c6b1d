"""Merging an area into another one beside it or elsewhere: it is closed, and all that is open goes there."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.areas import AreaMergeIn
from app.services import transitions
from app.services.area_changes import closing, complaints, handing, land, standing
from app.services.area_changes.following import Destinations
from app.services.transitions import Mover

ADD_PEOPLE = "UPDATE area SET households = $2, residents = $3 WHERE id = $1"


async def merge(connection: Connection, caller: Caller, area_id: UUID, form: AreaMergeIn) -> None:
    """Close an area and give what is open in it to another of its kind, with its land and its people. Locks the tree.

    The rules of the other one hold, and what had been handed up goes to the area of the same level above it.

    Raises ``not-found``, ``not-allowed`` unless the caller administers the areas above both, ``area-closed``,
    ``area-unknown``, ``area-into-itself``, ``areas-unlike``, ``area-too-deep``, and by the database
    ``call-out-active`` when both are in an emergency.
    """
    await standing.lock_tree(connection)
    area = await standing.find_to_change(connection, caller, area_id)
    into = await standing.find_to_join(connection, caller, form.into_id)
    if area_id in into["lineage"]:
        raise Problem("area-into-itself")
    if area["kind"] != into["kind"]:
        raise Problem("areas-unlike")
    mover = Mover(Party.STAFF, caller.id)
    await closing.shut(connection, area_id, into["id"])
    gone = await handing.hand_over(
        connection, Destinations(area_id, into["id"], frozenset({into["id"]})), mover, form.reason
    )
    handed = await complaints.hand_to_those_above(connection, into["id"], area["lineage"], into["lineage"][:-1], mover)
    await land.join(connection, area_id, into["id"], mover)
    people = {name: _sum(area, into, name) for name in ("households", "residents")}
    await connection.execute(ADD_PEOPLE, into["id"], *people.values())
    facts = {"into_id": into["id"], "gone": gone, "handed_on": handed}
    await transitions.log(
        connection, "area", area_id, "merge", "closed", mover, from_state="open", note=form.reason, facts=facts
    )
    facts = {"merged_id": area_id, "gone": gone, **people}
    await transitions.log(
        connection, "area", into["id"], "take_in", "open", mover, from_state="open", note=form.reason, facts=facts
    )


def _sum(area: Record, into: Record, name: str) -> int | None:
    """Return how many live in both; unknown when it is of one of them."""
    return None if area[name] is None or into[name] is None else area[name] + into[name]
