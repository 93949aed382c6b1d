"""Groups of people called: put together by staff or their leader; nobody is in two of one call-out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.models.call_out import CallOutGroup
from app.schemas.call_outs import CallOutGroupIn, CallOutGroupPeopleIn
from app.services import messages, transitions
from app.services.call_outs import standing
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# $1 are the areas where the caller acts as staff, $2 is the caller.
VIEW = """
    SELECT o.id, o.call_out_id, o.name, c.status, t.*
    FROM call_out_group o JOIN call_out c ON c.id = o.call_out_id CROSS JOIN LATERAL (
        SELECT count(*)::int AS people, (count(*) FILTER (WHERE x.answer = 'coming'))::int AS coming,
            max(u.nickname) FILTER (WHERE x.is_leader) AS leader,
            coalesce(bool_or(g.lineage && $1::uuid[]), false) AS in_scope,
            coalesce(bool_or(p.user_id = $2), false) AS is_own,
            coalesce(bool_or(p.user_id = $2) FILTER (WHERE x.is_leader), false) AS is_led,
            min(x.grid_id::text) FILTER (WHERE x.is_leader)::uuid AS leader_grid_id
        FROM call_out_person x JOIN area g ON g.id = x.grid_id
        JOIN person p ON p.id = x.person_id LEFT JOIN "user" u ON u.id = p.user_id
        WHERE x.group_id = o.id
    ) AS t
"""
GET = f"{VIEW} WHERE o.id = $3 AND (t.in_scope OR t.is_own)"
LIST = f"{VIEW} WHERE o.call_out_id = $3 AND (t.in_scope OR t.is_own) AND o.id > $4 ORDER BY o.id LIMIT $5"
# Changes to the groups of one call-out wait for one another, so that nobody waits in a ring.
LOCK_ALL = "SELECT id FROM call_out_group WHERE call_out_id = $1 ORDER BY id FOR UPDATE"
LET_GO = """
    UPDATE call_out_person SET is_leader = false, group_id = CASE WHEN id = ANY($2::uuid[]) THEN group_id END
    WHERE group_id = $1
"""
TAKE_IN = """
    WITH wanted AS (
        SELECT x.id, x.group_id, p.user_id FROM call_out_person x JOIN area g ON g.id = x.grid_id
        JOIN person p ON p.id = x.person_id
        WHERE x.call_out_id = $1 AND x.id = ANY($3::uuid[]) AND (x.group_id IS NULL OR x.group_id = $2)
            AND (g.lineage && $4::uuid[] OR x.grid_id = $5 OR x.group_id = $2)
        ORDER BY x.id FOR UPDATE OF x
    ), taken AS (
        UPDATE call_out_person x SET group_id = $2, is_leader = x.id = $6 FROM wanted WHERE x.id = wanted.id
    )
    SELECT id, user_id, group_id IS NULL AS is_new FROM wanted
"""
PEOPLE = """
    SELECT x.id, u.nickname, x.answer, x.minutes, x.is_leader
    FROM call_out_person x JOIN area g ON g.id = x.grid_id
    JOIN person p ON p.id = x.person_id LEFT JOIN "user" u ON u.id = p.user_id
    WHERE {which} AND x.id > $2 ORDER BY x.id LIMIT $3
"""
LIST_PEOPLE = PEOPLE.format(which="x.group_id = $1 AND ($4 OR g.lineage && $5::uuid[])")
LIST_FREE = PEOPLE.format(
    which="x.call_out_id = $1 AND x.group_id IS NULL AND x.answer IN ('coming', 'later')"
    " AND (g.lineage && $5::uuid[] OR x.grid_id = $4)"
)


async def make(connection: Connection, caller: Caller, call_out_id: UUID, form: CallOutGroupIn) -> UUID:
    """Put people together under a leader, as staff of their grids; those with the app are told. Return the group's id.

    Locks the call-out against its end, its groups, the people. Raises ``not-found``, ``not-allowed``,
    ``call-out-over``, ``call-out-people-unfit``, and by the database ``call-out-group-taken``.
    """
    standing.require_staff(await standing.find(connection, caller, call_out_id))
    await standing.lock_live(connection, call_out_id)
    group = CallOutGroup(id=new_id(), call_out_id=call_out_id, name=mask_text(form.name))
    await insert(connection, group)
    await _assign(connection, caller, call_out_id, group.id, form, None, "create")
    return group.id


async def put_people(connection: Connection, caller: Caller, group_id: UUID, form: CallOutGroupPeopleIn) -> None:
    """Say anew who is in a group: staff take in people of their grids, the leader those of their own grid.

    Who leads is for staff to say. Locks as ``make`` does. Raises ``not-found``, ``not-allowed``, ``call-out-over``,
    ``call-out-people-unfit``.
    """
    row = await _find(connection, caller, group_id)
    if not (row["in_scope"] or row["is_led"]):
        raise Problem("not-allowed")
    await standing.lock_live(connection, row["call_out_id"])
    row = await _find(connection, caller, group_id)
    leader_id = await connection.fetchval("SELECT id FROM call_out_person WHERE group_id = $1 AND is_leader", group_id)
    if not row["in_scope"] and not (row["is_led"] and form.leader_id == leader_id):
        raise Problem("not-allowed")
    own_grid_id = row["leader_grid_id"] if row["is_led"] else None
    await _assign(connection, caller, row["call_out_id"], group_id, form, own_grid_id, "assign")


async def get(reads: Reads, caller: Caller, group_id: UUID) -> dict[str, Any]:
    """Return a group to staff of its people's grids and to those in it. Raises ``not-found`` (I8)."""
    return _view(await _find(reads, caller, group_id))


async def list_of_call_out(reads: Reads, caller: Caller, call_out_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the groups of a call-out that the caller may see. Raises ``not-found`` (I8)."""
    filters = ("call-out-groups", call_out_id)
    last_id = request.above(*filters)
    await standing.find(reads, caller, call_out_id)
    rows = await reads.fetch(LIST, caller.scope(Role.STAFF), caller.id, call_out_id, last_id, request.rows)
    return page(rows, request, _view, *filters)


async def list_people(
    reads: Reads, caller: Caller, group_id: UUID, request: PageRequest, *, is_free: bool
) -> dict[str, Any]:
    """Return who is in a group, by nickname, or with ``is_free`` who comes and is in none: to its leader, of their own
    grid, and to staff. Raises ``not-found``, ``not-allowed``.
    """
    filters = ("group-people", group_id, is_free)
    last_id = request.above(*filters)
    row = await _find(reads, caller, group_id)
    if not (row["in_scope"] or row["is_led"]):
        raise Problem("not-allowed")
    scope = caller.scope(Role.STAFF)
    if is_free:
        grid_id = row["leader_grid_id"] if row["is_led"] else None
        rows = await reads.fetch(LIST_FREE, row["call_out_id"], last_id, request.rows, grid_id, scope)
    else:
        rows = await reads.fetch(LIST_PEOPLE, group_id, last_id, request.rows, row["is_led"], scope)
    return page(rows, request, lambda person: {**dict(person), "actions": []}, *filters)


async def _assign(
    connection: Connection,
    caller: Caller,
    call_out_id: UUID,
    group_id: UUID,
    form: CallOutGroupPeopleIn,
    own_grid_id: UUID | None,
    action: str,
) -> None:
    await connection.execute(LOCK_ALL, call_out_id)
    wanted: Sequence[UUID] = sorted({form.leader_id, *form.people_ids})
    await connection.execute(LET_GO, group_id, wanted)
    scope = caller.scope(Role.STAFF)
    taken = await connection.fetch(TAKE_IN, call_out_id, group_id, wanted, scope, own_grid_id, form.leader_id)
    if len(taken) < len(wanted):
        raise Problem("call-out-people-unfit")
    users = [row["user_id"] for row in taken if row["is_new"] and row["user_id"]]
    await messages.tell(connection, users, MessageKind.CALL_OUT_GROUP, call_out_id)
    facts = {"leader": form.leader_id, "people": wanted}
    mover = Mover(Party.STAFF if scope else Party.OWNER, caller.id)
    await transitions.log(connection, "call_out_group", group_id, action, "active", mover, facts=facts)


async def _find(reads: Reads, caller: Caller, group_id: UUID) -> Record:
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), caller.id, group_id)
    if row is None:
        raise Problem("not-found")
    return row


def _view(row: Record) -> dict[str, Any]:
    may = row["status"] == "gathering" and (row["in_scope"] or row["is_led"])
    return {
        **{name: row[name] for name in ("id", "call_out_id", "name", "leader", "people", "coming")},
        "actions": ["assign"] if may else [],
    }
