"""How pledges hang together with the seats of their task. Whoever changes either has locked the row of the task."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.domain.lifecycles import PLEDGE
from app.domain.message_kinds import MessageKind
from app.services import messages, transitions
from app.services.transitions import Told

PEOPLE_SQL = """({task}.seats_taken - coalesce((
    SELECT sum(p.heads - p.named) FROM pledge p WHERE p.task_id = {task}.id AND p.status = 'held'
), 0))"""
"""How many people have seats of a locked task, those not yet named left out; format it with the alias of its row."""

LEADER_SQL = """coalesce((
    SELECT l.user_id FROM team x JOIN person l ON l.id = x.leader_id WHERE x.id = {pledge}.team_id
), (
    SELECT l.user_id FROM branch_term y JOIN member m ON m.id = y.member_id JOIN person l ON l.id = m.person_id
    WHERE y.branch_id = {pledge}.branch_id AND y.ended_at IS NULL
))"""
"""The user who leads the team, or is secretary of the branch; format it with the alias of the pledge."""

LOCK_TASK = "SELECT status, claim_until, seats - seats_taken AS free FROM task WHERE id = $1 FOR NO KEY UPDATE"
TAKE_BACK = f"""
    WITH back AS (
        UPDATE pledge p SET named = p.named - 1 WHERE p.id = $1
        RETURNING p.task_id, p.status, {LEADER_SQL.format(pledge="p")} AS leader_id
    ), kept AS (
        UPDATE task t SET seats_taken = t.seats_taken + 1 FROM back WHERE t.id = back.task_id AND back.status = 'held'
    )
    SELECT leader_id FROM back WHERE status = 'held'
"""


def is_open(task: Record, moment: datetime) -> bool:
    """Whether anybody may take a seat of a task at ``moment``."""
    return task["status"] == "open" and (task["claim_until"] is None or task["claim_until"] > moment)


async def take_back(connection: Connection, pledge_id: UUID) -> None:
    """Give the seat of a claim that has ended, which the task counts as free, to the pledge that it came from.

    Once that is not held any more the seat stays with the task. Locks the pledge after the task. Tells the leader.
    """
    kept = await connection.fetchrow(TAKE_BACK, pledge_id)
    if kept is not None:
        await transitions.log_act(connection, PLEDGE, pledge_id, "take_back", transitions.SYSTEM, state="held")
        await messages.tell(connection, [kept["leader_id"]], MessageKind.PLEDGE_SEAT_BACK, pledge_id)


async def note_ends(connection: Connection, ended: Sequence[Record]) -> None:
    """Note that pledges (``id``, ``seats_left``, ``leader_id``) ended with their task, and tell who has to name nobody.

    Their seats are free already.
    """
    told = [Told(row["id"], "end", "ended", "held", {"seats_left": row["seats_left"]}) for row in ended]
    if told:
        await transitions.log_many(connection, PLEDGE.subject, transitions.SYSTEM, told)
    for row in ended:
        await tell_end(connection, row)


async def tell_end(connection: Connection, row: Record) -> None:
    """Tell the leader that the seats for which nobody was named are given up."""
    if row["seats_left"]:
        await messages.tell(
            connection, [row["leader_id"]], MessageKind.PLEDGE_ENDED, row["id"], seats=str(row["seats_left"])
        )
