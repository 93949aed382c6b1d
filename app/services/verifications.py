"""Verifying the claims of one task together: the list of an activity, ticked off."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller, parties_to_service
from app.domain.check_in import TICKED_KINDS
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.tasks import TicksIn
from app.services import check_ins, fulfilment
from app.services.limits import Terms
from app.services.media.links import Links
from app.services.transitions import Mover

OPEN_WORK = frozenset({"active", "returned"})


async def verify_all(
    connection: Connection, links: Links, terms: Terms, caller: Caller, task_id: UUID, form: TicksIn
) -> dict[str, Any]:
    """Verify the ticked claims that were delivered, or whose helpers were at an activity; return all as they are now.

    All or nothing: nobody's own is among them (I2). A claim that somebody verified, gave back or sent back meanwhile
    stays as it is. Raises ``not-found``, ``not-allowed``, ``own-interest``, ``claims-unknown``, ``own-among-them``,
    ``state-conflict``. Locks the complaint, the claimants and the task, then the claims, each in the order of ids.
    """
    task = await check_ins.find_task(connection, terms.secret, caller, task_id)
    mover, action = _part(task, caller)
    claim_ids = [tick.id for tick in form.claims]
    await check_ins.find_ticked(connection, caller, task_id, claim_ids)
    minutes = {tick.id: tick.minutes for tick in form.claims}
    may_tick = task["in_scope"]  # who posted it may be staff no more
    for row in await fulfilment.lock_all(connection, task_id, claim_ids):
        told = minutes[row["claim_id"]]
        service = fulfilment.of(row)
        if row["status"] == "submitted":
            changes = {"minutes": told} if told else None
            await fulfilment.fulfil(connection, service, action, mover, changes=changes, terms=terms)
        elif may_tick and row["status"] in OPEN_WORK and row["was_there"] and row["kind"] in TICKED_KINDS:
            await fulfilment.tick(connection, service, Mover(Party.STAFF, caller.id), told)
    return await check_ins.list_some(connection, links, terms.secret, caller, claim_ids)


def _part(task: Record, caller: Caller) -> tuple[Mover, str]:
    """Return in which part the caller verifies claims of a task, and by which action: staff, or who posted it."""
    parties = parties_to_service(
        caller,
        author_id=task["author_id"],
        claimant_id=None,
        in_scope=task["in_scope"],
        is_complainant=task["is_complainant"],
    )
    if Party.STAFF in parties:
        return Mover(Party.STAFF, caller.id), "verify"
    if Party.AUTHOR in parties:
        return Mover(Party.AUTHOR, caller.id), "confirm"
    raise Problem("own-interest" if Party.JOINER in parties else "not-allowed")
