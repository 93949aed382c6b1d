"""Editing what an area is called, its code and its figures."""

from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.lifecycle import Party
from app.schemas.areas import AreaEditIn
from app.services import transitions
from app.services.area_changes import standing
from app.services.transitions import Mover

EDIT = """
    UPDATE area SET name = $2, code = $3, households = $4, residents = $5, is_wish_review_required = $6 WHERE id = $1
"""


async def edit(connection: Connection, caller: Caller, area_id: UUID, form: AreaEditIn) -> None:
    """Change the fields that differ; what has been is remembered. Locks the tree.

    Raises ``not-found``, ``not-allowed``, ``area-closed``, and by the database ``area-name-taken`` and
    ``area-code-taken``.
    """
    await standing.lock_tree(connection)
    area = await standing.find_to_keep_in_place(connection, caller, area_id)
    fields = form.model_dump()
    changed = {name: {"from": area[name], "to": value} for name, value in fields.items() if area[name] != value}
    if not changed:
        return
    await connection.execute(
        EDIT,
        area_id,
        form.name,
        form.code,
        form.households,
        form.residents,
        form.is_wish_review_required,
    )
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log(connection, "area", area_id, "edit", "open", mover, from_state="open", facts=changed)
