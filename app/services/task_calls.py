"""Calls of alliances to a task (召集令): leaders of all teams are told, each team pledges seats or says that it cannot.

Locks in one order: the alliance, the task.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_team
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import PUBLIC_TASK_STATES, TASK
from app.domain.message_kinds import MessageKind
from app.domain.pledging import PLEDGED_KINDS
from app.domain.texts import DRILL_MARK
from app.models.task_call import TaskCall
from app.schemas.task_calls import CallAnswerIn, TaskCallIn
from app.services import messages, task_references, tasks, transitions
from app.services.pages import PageRequest, page
from app.services.pledges import seats
from app.services.transitions import Mover

# Nobody closes the alliance meanwhile.
LOCK_ALLIANCE = "SELECT FROM alliance WHERE id = $1 FOR SHARE"
# $2 is the alliance, $3 the areas where the caller acts as staff, $4 the caller.
FIND = """
    SELECT t.status, t.kind, t.is_drill, t.author_id, t.claim_until, t.groups_until, a.name AS area_name,
        a.lineage && $3::uuid[] AS in_scope, x.closed_at IS NULL AND x.id IS NOT NULL AS is_alliance,
        b.lineage @> ARRAY[t.area_id] OR a.lineage @> ARRAY[x.area_id] AS is_in_line, EXISTS (
            SELECT FROM person l JOIN member m ON m.person_id = l.id
            JOIN branch_term y ON y.member_id = m.id AND y.ended_at IS NULL
            JOIN branch over ON over.id = y.branch_id AND over.status = 'active'
            WHERE l.user_id = $4 AND over.area_id = ANY (a.lineage)
        ) AS is_secretary
    FROM task t JOIN area a ON a.id = t.area_id
    LEFT JOIN alliance x ON x.id = $2 LEFT JOIN area b ON b.id = x.area_id WHERE t.id = $1
"""
FIND_LEADERS = """
    SELECT DISTINCT l.user_id FROM alliance_team i JOIN team t ON t.id = i.team_id AND t.status = 'approved'
    JOIN person l ON l.id = t.leader_id WHERE i.alliance_id = $1 AND l.user_id IS NOT NULL
"""
# In the views $1 is the caller, $2 the areas where they act as staff.
TEAM = """
    SELECT s.id, s.name, l.user_id = $1 AS is_leader, g.lineage && $2::uuid[] AS in_scope, n.note,
        n.team_id IS NOT NULL AS cannot, p.status AS pledge_status, p.heads, p.named, ARRAY(
            SELECT jsonb_build_object('nickname', u.nickname, 'status', k.status)
            FROM claim k JOIN "user" u ON u.id = k.user_id
            WHERE k.pledge_id = p.id AND k.status IN ('active', 'submitted', 'returned', 'verified') ORDER BY k.id
        ) AS people
    FROM alliance_team i JOIN team s ON s.id = i.team_id AND s.status = 'approved' JOIN area g ON g.id = s.area_id
    JOIN person l ON l.id = s.leader_id LEFT JOIN task_call_answer n ON n.call_id = c.id AND n.team_id = s.id
    LEFT JOIN LATERAL (
        SELECT * FROM pledge h WHERE h.task_id = c.task_id AND h.team_id = s.id AND (h.status = 'held' OR h.named > 0)
        ORDER BY h.status = 'held' DESC, h.id DESC LIMIT 1
    ) AS p ON true
    WHERE i.alliance_id = c.alliance_id
"""
VIEW = f"""
    SELECT c.id, c.task_id, c.is_by_staff, c.created_at, {task_references.COLUMNS}, t.status AS task_status,
        t.claim_until, t.groups_until, t.seats - t.seats_taken AS seats_left, x.id AS alliance_id,
        x.name AS alliance_name, a.lineage && $2::uuid[] OR b.lineage && $2::uuid[] OR c.called_by = $1 AS is_calling,
        (SELECT coalesce(jsonb_agg(team ORDER BY team.id), '[]') FROM ({TEAM}) AS team) AS teams
    FROM task_call c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id
    JOIN alliance x ON x.id = c.alliance_id JOIN area b ON b.id = x.area_id
    WHERE (
        a.lineage && $2::uuid[] OR b.lineage && $2::uuid[] OR c.called_by = $1 OR EXISTS (
            SELECT FROM alliance_team i JOIN team s ON s.id = i.team_id AND s.status = 'approved'
            JOIN person l ON l.id = s.leader_id WHERE i.alliance_id = c.alliance_id AND l.user_id = $1
        )
    )
"""
GET = f"{VIEW} AND c.id = $3"
LIST = f"{VIEW} AND c.task_id = $3 AND c.id < $4 ORDER BY c.id DESC LIMIT $5"
ANSWER = """
    INSERT INTO task_call_answer (call_id, team_id, note) VALUES ($1, $2, $3)
    ON CONFLICT (call_id, team_id) DO UPDATE SET note = excluded.note, created_at = now()
"""


async def call(connection: Connection, caller: Caller, task_id: UUID, form: TaskCallIn) -> UUID:
    """Call all teams of an alliance to an open posted task, as staff of its area or secretary of a branch over it.

    With ``groups_until`` groups alone take seats until then; it is never earlier than it was. Locks the alliance and
    the task. Tells the leaders.

    Raises ``not-found``, ``alliance-unknown``, ``not-allowed``, ``task-for-persons``, ``alliance-elsewhere``,
    ``task-not-open``, ``task-in-the-past``, ``groups-until-late``, ``alliance-empty``, and by the database
    ``already-called``.
    """
    await connection.execute(LOCK_ALLIANCE, form.alliance_id)
    task = await connection.fetchrow(seats.LOCK_TASK, task_id)
    row = await connection.fetchrow(FIND, task_id, form.alliance_id, caller.scope(Role.STAFF), caller.id)
    party = _permit(row, caller)
    moment = now()
    if not seats.is_open(task, moment):
        raise Problem("task-not-open")
    leaders = [leader["user_id"] for leader in await connection.fetch(FIND_LEADERS, form.alliance_id)]
    if not leaders:
        raise Problem("alliance-empty")
    made = TaskCall(
        id=new_id(),
        task_id=task_id,
        alliance_id=form.alliance_id,
        called_by=caller.id,
        is_by_staff=party == Party.STAFF,
    )
    await insert(connection, made)
    mover = Mover(party, caller.id)
    await transitions.log(connection, "task_call", made.id, "create", "called", mover)
    changes = {"groups_until": _groups_until(row, form.groups_until, moment)}
    facts = changes | {"call_id": made.id, "alliance_id": form.alliance_id}
    await transitions.move(connection, TASK, task_id, "call", mover, changes=changes, facts=facts)
    mark = DRILL_MARK if row["is_drill"] else ""
    await messages.tell(connection, leaders, MessageKind.TEAM_CALLED, made.id, mark=mark, area=row["area_name"])
    return made.id


async def answer(connection: Connection, caller: Caller, call_id: UUID, team_id: UUID, form: CallAnswerIn) -> None:
    """Say for a team that it cannot come, as who leads it or staff of its area; it may pledge seats after all.

    Raises ``not-found`` for a team that was not called, too, ``not-allowed``, ``already-pledged``, ``task-not-open``.
    Locks the task.
    """
    row = await _find(connection, caller, call_id)
    task = await connection.fetchrow(seats.LOCK_TASK, row["task_id"])
    row = await _find(connection, caller, call_id)
    team = next((team for team in json.loads(row["teams"]) if team["id"] == str(team_id)), None)
    if team is None:
        raise Problem("not-found")
    parties = _parties(team, caller)
    if not parties:
        raise Problem("not-allowed")
    if team["pledge_status"] == "held":
        raise Problem("already-pledged")
    if not seats.is_open(task, now()):
        raise Problem("task-not-open")
    await connection.execute(ANSWER, call_id, team_id, form.note)
    facts = {"team_id": team_id, "answer": form.answer}
    mover = Mover(min(parties), caller.id)
    await transitions.log(connection, "task_call", call_id, "answer", "called", mover, from_state="called", facts=facts)


async def get(reads: Reads, caller: Caller, call_id: UUID) -> dict[str, Any]:
    """Return one call to who called, staff, and the leaders of its teams. Raises ``not-found`` to others (I8)."""
    return _view(await _find(reads, caller, call_id), caller)


async def list_of_task(
    reads: Reads, secret: str, caller: Caller, task_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the calls to a task that the caller may see, newest first; others see none.

    Raises ``not-found`` to whoever may not know of the task.
    """
    filters = ("task-calls", task_id)
    arguments = (caller.id, caller.scope(Role.STAFF), task_id, request.below(*filters), request.rows)
    rows = await reads.fetch(LIST, *arguments)
    if not rows:
        await tasks.get(reads, secret, caller, task_id)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def _find(reads: Reads, caller: Caller, call_id: UUID) -> Record:
    row = await reads.fetchrow(GET, caller.id, caller.scope(Role.STAFF), call_id)
    if row is None:
        raise Problem("not-found")
    return row


def _permit(row: Record | None, caller: Caller) -> Party:
    """Return the part in which the caller calls an alliance. Raises what stands against it."""
    if row is None or not (row["status"] in PUBLIC_TASK_STATES or row["in_scope"] or row["author_id"] == caller.id):
        raise Problem("not-found")
    if not row["is_alliance"]:
        raise Problem("alliance-unknown")
    if not (row["in_scope"] or row["is_secretary"]):
        raise Problem("not-allowed")  # tasks and alliances are public
    if row["kind"] not in PLEDGED_KINDS:
        raise Problem("task-for-persons")
    if not row["is_in_line"]:
        raise Problem("alliance-elsewhere")
    return Party.STAFF if row["in_scope"] else Party.OWNER


def _groups_until(task: Record, wanted: datetime | None, moment: datetime) -> datetime | None:
    """Return until when groups alone take seats. Raises ``task-in-the-past`` and ``groups-until-late``."""
    if wanted is not None and wanted <= moment:
        raise Problem("task-in-the-past")
    if wanted is not None and task["claim_until"] is not None and wanted > task["claim_until"]:
        raise Problem("groups-until-late")
    return max((until for until in (wanted, task["groups_until"]) if until is not None), default=None)


def _parties(team: dict[str, Any], caller: Caller) -> frozenset[Party]:
    return parties_to_team(caller, leader_id=caller.id if team["is_leader"] else None, in_scope=team["in_scope"])


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    return {
        "id": row["id"],
        "task": task_references.refer(row),
        "alliance": {"id": row["alliance_id"], "name": row["alliance_name"]},
        "is_by_staff": row["is_by_staff"],
        "groups_until": row["groups_until"],
        "seats_left": row["seats_left"],
        "created_at": row["created_at"],
        "teams": [_team(team, row, caller) for team in json.loads(row["teams"])],
        "actions": [],
    }


def _team(team: dict[str, Any], row: Record, caller: Caller) -> dict[str, Any]:
    may_answer = team["pledge_status"] != "held" and seats.is_open(
        {"status": row["task_status"], "claim_until": row["claim_until"]}, now()
    )
    return {
        "team": {"id": team["id"], "name": team["name"]},
        "answer": "pledged" if team["pledge_status"] else "cannot" if team["cannot"] else None,
        "heads": team["heads"] or 0,
        "named": team["named"] or 0,
        "people": team["people"],
        "note": team["note"] if row["is_calling"] or team["is_leader"] else None,
        "actions": ["pledge", "answer"] if may_answer and _parties(team, caller) else [],
    }
