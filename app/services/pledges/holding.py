"""Taking seats for a group, more or fewer of them, giving them up, and every other end of a pledge.

Locks in one order: the group, its tasks in the order of ids, their pledges.
"""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_team
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import PLEDGE, PUBLIC_TASK_STATES
from app.domain.pledging import PLEDGED_KINDS, name_by
from app.models.pledge import Pledge
from app.schemas.pledges import PledgeIn
from app.services import transitions, waiting
from app.services.limits import Terms
from app.services.pledges import seats, standing
from app.services.transitions import Mover

# Nobody dissolves the group meanwhile: whoever does ends what it holds.
LOCK_TEAM = "SELECT FROM team WHERE id = $1 AND status = 'approved' FOR SHARE"
LOCK_BRANCH = "SELECT FROM branch WHERE id = $1 AND status = 'active' FOR SHARE"
# $2 is the team or null, $3 the branch or null, $4 the areas where the caller acts as staff.
FIND = f"""
    SELECT t.status, t.kind, t.author_id, t.seats - t.seats_taken AS free, t.claim_until,
        ta.lineage && $4::uuid[] AS is_task_staff, g.id AS group_id, ga.lineage && $4::uuid[] AS in_scope,
        {seats.LEADER_SQL.format(pledge="g")} AS leader_id,
        ga.lineage @> ARRAY[t.area_id] OR ta.lineage @> ARRAY[g.area_id] OR EXISTS (
            SELECT FROM task_call c JOIN alliance_team i ON i.alliance_id = c.alliance_id
            WHERE c.task_id = t.id AND i.team_id = g.team_id
        ) AS is_in_line, EXISTS (
            SELECT FROM pledge p
            WHERE p.task_id = t.id AND p.status = 'held' AND (p.team_id = g.team_id OR p.branch_id = g.branch_id)
        ) AS is_pledged
    FROM task t JOIN area ta ON ta.id = t.area_id LEFT JOIN (
        SELECT id, area_id, id AS team_id, NULL::uuid AS branch_id FROM team WHERE id = $2 AND status = 'approved'
        UNION ALL
        SELECT id, area_id, NULL, id FROM branch WHERE id = $3 AND status = 'active'
    ) AS g ON true LEFT JOIN area ga ON ga.id = g.area_id WHERE t.id = $1
"""
TAKE = """
    UPDATE task SET seats_taken = seats_taken + $2
    WHERE id = $1 AND status = 'open' AND seats_taken + $2 <= seats AND (claim_until > $3 OR claim_until IS NULL)
    RETURNING groups_until, claim_until, starts_at
"""
GET = f"""
    SELECT p.id, p.task_id, p.status, p.heads, p.named, p.heads - p.named AS seats_left, p.name_by,
        {seats.LEADER_SQL.format(pledge="p")} AS leader_id
    FROM pledge p WHERE p.id = $1
"""
TASK_OF = "SELECT task_id FROM pledge WHERE id = $1"
ADD_TAKEN = "UPDATE task SET seats_taken = seats_taken + $2 WHERE id = $1"
FIND_DUE = "SELECT id FROM pledge WHERE status = 'held' AND name_by <= $2 ORDER BY name_by LIMIT $1"
FIND_OF_GROUP = """
    SELECT id, task_id FROM pledge WHERE status = 'held' AND (team_id = $1 OR branch_id = $2) ORDER BY task_id
"""


async def pledge(connection: Connection, caller: Caller, task_id: UUID, form: PledgeIn) -> UUID:
    """Take seats of an open task for a team or a branch, as who leads it or staff of its area; return the pledge's id.

    People are named until the first of the task's own deadlines, or within seven days. Locks the group and the task.

    Raises ``not-found``, ``group-unknown``, ``not-allowed``, ``task-for-persons``, ``group-elsewhere``,
    ``task-not-open``, ``already-pledged``, ``task-full``, ``seats-too-few``.
    """
    await connection.execute(LOCK_TEAM if form.team_id else LOCK_BRANCH, form.team_id or form.branch_id)
    moment = now()
    mover = await _permit(connection, caller, task_id, form)
    taken = await connection.fetchrow(TAKE, task_id, form.heads, moment)
    if taken is None:
        row = await connection.fetchrow(seats.LOCK_TASK, task_id)
        raise _why_refused(row, form.heads, moment)
    held = Pledge(
        id=new_id(),
        task_id=task_id,
        **form.model_dump(),
        name_by=name_by(moment, taken["groups_until"], taken["claim_until"], taken["starts_at"]),
    )
    await insert(connection, held)
    facts = {"task_id": task_id, "heads": form.heads}
    await transitions.log_creation(connection, PLEDGE, held.id, mover, facts=facts)
    return held.id


async def change(connection: Connection, terms: Terms, caller: Caller, pledge_id: UUID, heads: int) -> None:
    """Hold more seats of the task, or fewer; the first in line have those that are given back.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``heads-below-named``, ``task-not-open``,
    ``task-full``, ``seats-too-few``. Locks the task and the pledge.
    """
    mover, row, task = await _lock(connection, caller, pledge_id, "change")
    more = heads - row["heads"]
    if heads < row["named"]:
        raise Problem("heads-below-named", facts={"named": str(row["named"])})
    moment = now()
    if more > 0 and (task["free"] < more or not seats.is_open(task, moment)):
        raise _why_refused(task, more, moment)
    await transitions.move(
        connection, PLEDGE, pledge_id, "change", mover, changes={"heads": heads}, facts={"heads": heads}
    )
    await connection.execute(ADD_TAKEN, row["task_id"], more)
    if more < 0:
        await waiting.move_up(connection, terms, row["task_id"])


async def withdraw(connection: Connection, terms: Terms, caller: Caller, pledge_id: UUID) -> None:
    """Give back the seats for which nobody is named; whoever is named goes on. The leader is told what staff did.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``. Locks the task and the pledge.
    """
    mover, row, _ = await _lock(connection, caller, pledge_id, "withdraw")
    await _end(connection, terms, row, "withdraw", mover)
    if mover.party == Party.STAFF:
        await seats.tell_end(connection, row)


async def find_due(connection: Connection, limit: int) -> list[UUID]:
    """Return pledges whose time to name people is over."""
    return [row["id"] for row in await connection.fetch(FIND_DUE, limit, now())]


async def end_due(connection: Connection, terms: Terms, pledge_id: UUID) -> None:
    """Give back what nobody was named for in time, and tell the leader. Raises ``state-conflict`` when it has ended."""
    await connection.execute(seats.LOCK_TASK, await connection.fetchval(TASK_OF, pledge_id))
    await _end_and_tell(connection, terms, pledge_id)


async def end_of_group(
    connection: Connection, terms: Terms | None, *, team_id: UUID | None = None, branch_id: UUID | None = None
) -> None:
    """Give back what a group holds that is no more; its row is locked. Whoever is named goes on.

    Without ``terms`` the seats are offered to whoever waits by the next sweep.
    """
    for held in await connection.fetch(FIND_OF_GROUP, team_id, branch_id):
        await connection.execute(seats.LOCK_TASK, held["task_id"])
        row = await connection.fetchrow(GET, held["id"])
        if row["status"] == "held":  # the task may have ended before it was locked
            await _end_and_tell(connection, terms, held["id"])


async def _end_and_tell(connection: Connection, terms: Terms | None, pledge_id: UUID) -> None:
    row = await connection.fetchrow(GET, pledge_id)
    await _end(connection, terms, row, "end", transitions.SYSTEM)
    await seats.tell_end(connection, row)


async def _end(connection: Connection, terms: Terms | None, row: Record, action: str, mover: Mover) -> None:
    """End a pledge, read under the lock of its task, and let the first in line have its free seats."""
    facts = {"seats_left": row["seats_left"]}
    await transitions.move(connection, PLEDGE, row["id"], action, mover, facts=facts)
    await connection.execute(ADD_TAKEN, row["task_id"], -row["seats_left"])
    if terms is not None:
        await waiting.move_up(connection, terms, row["task_id"])


async def _lock(connection: Connection, caller: Caller, pledge_id: UUID, action: str) -> tuple[Mover, Record, Record]:
    """Return the caller as who may take ``action``, the pledge and its task, both as they stand under the task's lock.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    mover, row = await standing.permit(connection, caller, pledge_id, action)
    task = await connection.fetchrow(seats.LOCK_TASK, row["task_id"])
    return mover, await connection.fetchrow(GET, pledge_id), task


async def _permit(connection: Connection, caller: Caller, task_id: UUID, form: PledgeIn) -> Mover:
    """Return the caller as who may take seats for a group. Raises what stands against it but for the seats."""
    row = await connection.fetchrow(FIND, task_id, form.team_id, form.branch_id, caller.scope(Role.STAFF))
    if row is None or not (
        row["status"] in PUBLIC_TASK_STATES or row["is_task_staff"] or row["author_id"] == caller.id
    ):
        raise Problem("not-found")
    if row["group_id"] is None:
        raise Problem("group-unknown")
    parties = parties_to_team(caller, leader_id=row["leader_id"], in_scope=row["in_scope"])
    if not parties:
        raise Problem("not-allowed")  # teams and branches are public
    if row["kind"] not in PLEDGED_KINDS:
        raise Problem("task-for-persons")
    if not row["is_in_line"]:
        raise Problem("group-elsewhere")
    if row["is_pledged"]:
        raise Problem("already-pledged")
    return Mover(min(parties), caller.id)


def _why_refused(task: Record, heads: int, moment: datetime) -> Problem:
    """Name why a task, read after the decision, gives a group no ``heads`` seats."""
    if not seats.is_open(task, moment):
        return Problem("task-not-open")
    if task["free"] <= 0 or task["free"] >= heads:  # what is free now was not when it counted
        return Problem("task-full")
    return Problem("seats-too-few", facts={"left": str(task["free"])})
