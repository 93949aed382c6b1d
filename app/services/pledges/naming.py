"""Who goes for a group: people whom its leader names, and who of the group takes one of its seats themselves.

Locks in one order: users by id, the task, the pledge, places in line.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycles import PLEDGE
from app.domain.message_kinds import MessageKind
from app.services import limits, messages, transitions, users
from app.services.callers import IS_HELPER_SQL
from app.services.limits import LIMIT_SQL, Terms
from app.services.pledges import seats, standing
from app.services.transitions import Mover

# Those of the places who are in the group and have the app.
RESOLVE = """
    SELECT l.user_id FROM team_member i JOIN person l ON l.id = i.person_id
    WHERE i.team_id = $1 AND i.id = ANY($3) AND i.status = 'joined' AND l.user_id IS NOT NULL
    UNION
    SELECT l.user_id FROM branch_member i JOIN member m ON m.id = i.member_id JOIN person l ON l.id = m.person_id
    WHERE i.branch_id = $2 AND i.id = ANY($3) AND i.status = 'joined' AND l.user_id IS NOT NULL
"""
GET = "SELECT status, heads, named FROM pledge WHERE id = $1"
# Read once users and task are locked. $2 are the users, $3 is the moment, $4 the limit.
LOOK = f"""
    SELECT u.id, u.id = t.author_id OR EXISTS (
            SELECT FROM task_call y WHERE y.task_id = t.id AND y.called_by = u.id AND y.is_by_staff
        ) AS is_author, u.open_claims, u.narrowed_until, NOT u.is_blocked AND {IS_HELPER_SQL} AS is_helper, EXISTS (
            SELECT FROM claim c
            WHERE c.task_id = t.id AND c.user_id = u.id AND c.status IN ('active', 'submitted', 'returned')
        ) AS is_claimed, u.open_claims < {LIMIT_SQL.format(moment="$3", limit="$4::int")} AS has_hand
    FROM task t, "user" u WHERE t.id = $1 AND u.id = ANY($2)
"""
# $2 is the pledge, $3 the moment, $4 when a claim without a window is due, $5 to $8 the users, their claims, and the
# ids of the events of these and of places in line; $9 and $10 are who names them and in which part.
GIVE = """
    WITH given AS (
        SELECT * FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[])
            AS g (user_id, claim_id, claim_event_id, waiter_event_id)
    ), counted AS (
        UPDATE "user" u SET open_claims = u.open_claims + 1 FROM given g WHERE u.id = g.user_id
    ), taken AS (
        INSERT INTO claim (id, task_id, user_id, pledge_id, status, due_at, remind_at, created_at)
        SELECT g.claim_id, s.id, g.user_id, $2, 'active', s.due_at, s.due_at - ($4 - $3::timestamptz) / 2, $3
        FROM given g, (
            SELECT t.id, greatest($4, t.ends_at + ($4 - $3::timestamptz)) AS due_at FROM task t WHERE t.id = $1
        ) AS s
    ), placed AS (
        UPDATE waiter w SET status = 'moved_up' FROM given g
        WHERE w.task_id = $1 AND w.user_id = g.user_id AND w.status = 'waiting' RETURNING w.id, g.waiter_event_id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
    SELECT g.claim_event_id, 'claim', g.claim_id, 'create', NULL, 'active', $9::uuid, $10::text,
        jsonb_build_object('pledge_id', $2::uuid), clock_timestamp()
    FROM given g
    UNION ALL
    SELECT w.waiter_event_id, 'waiter', w.id, 'claim', 'waiting', 'moved_up', NULL, 'system', NULL, clock_timestamp()
    FROM placed w
"""


async def name(
    connection: Connection, terms: Terms, caller: Caller, pledge_id: UUID, place_ids: Sequence[UUID]
) -> None:
    """Name people of the group by their places in it, all or none: each has a claim at once, and is told.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``task-not-open``, ``pledge-full``, and for whoever
    cannot take it now ``person-not-available``, which says neither who nor why.
    """
    mover, row = await standing.permit(connection, caller, pledge_id, "name")
    wanted = set(place_ids)
    found = await connection.fetch(RESOLVE, row["team_id"], row["branch_id"], list(wanted))
    user_ids = sorted(place["user_id"] for place in found)
    named, people = await _lock(connection, terms, row, user_ids, len(wanted))
    is_fit = all(
        person["is_helper"] and person["has_hand"] and not person["is_author"] and not person["is_claimed"]
        for person in people
    )
    if len(people) < len(wanted) or not is_fit:
        raise Problem("person-not-available")
    given = {user_id: new_id() for user_id in user_ids}
    await _move(connection, row, "name", mover, named, given)
    await _give(connection, terms, row, given, mover)
    await messages.tell_each(connection, list(given.items()), MessageKind.CLAIM_NAMED)


async def claim(connection: Connection, terms: Terms, caller: Caller, pledge_id: UUID) -> UUID:
    """Take one of the seats of one's own group; return the claim's id.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``task-not-open``, ``pledge-full``, ``own-task``,
    ``already-claimed``, ``claim-limit-reached``, ``claims-narrowed``.
    """
    mover, row = await standing.permit(connection, caller, pledge_id, "claim")
    named, [own] = await _lock(connection, terms, row, [caller.id], 1)
    if own["is_author"]:
        raise Problem("own-task")
    if own["is_claimed"]:
        raise Problem("already-claimed")
    if not own["has_hand"]:
        raise limits.why_none(own, now())
    claim_id = new_id()
    await _move(connection, row, "claim", mover, named, {caller.id: claim_id})
    await _give(connection, terms, row, {caller.id: claim_id}, mover)
    return claim_id


async def _lock(
    connection: Connection, terms: Terms, pledge: Record, user_ids: Sequence[UUID], heads: int
) -> tuple[int, list[Record]]:
    """Lock people and the task; return how many are named already, and how each of these people stands.

    Raises ``task-not-open``, ``state-conflict`` and ``pledge-full`` when there is nothing to give to ``heads`` people.
    """
    moment = now()
    await users.lock(connection, user_ids)
    task = await connection.fetchrow(seats.LOCK_TASK, pledge["task_id"])
    if not seats.is_open(task, moment):
        raise Problem("task-not-open")
    held = await connection.fetchrow(GET, pledge["id"])
    if held["status"] != "held":
        raise Problem("state-conflict")
    left = held["heads"] - held["named"]
    if left < heads:
        raise Problem("pledge-full", facts={"left": str(left)})
    return held["named"], await connection.fetch(LOOK, pledge["task_id"], user_ids, moment, terms.limit)


async def _move(
    connection: Connection, pledge: Record, action: str, mover: Mover, named: int, given: Mapping[UUID, UUID]
) -> None:
    """Count those who get a claim, by user, among the ``named`` of a pledge whose task is locked."""
    changes, facts = {"named": named + len(given)}, {"claim_ids": list(given.values())}
    await transitions.move(connection, PLEDGE, pledge["id"], action, mover, changes=changes, facts=facts)


async def _give(connection: Connection, terms: Terms, pledge: Record, given: Mapping[UUID, UUID], mover: Mover) -> None:
    """Give people whose rows are locked, with the task's, their claims on a seat of the pledge."""
    moment = now()
    await connection.execute(
        GIVE,
        pledge["task_id"],
        pledge["id"],
        moment,
        terms.due_after(moment),
        list(given),
        list(given.values()),
        [new_id() for _ in given],
        [new_id() for _ in given],
        mover.id,
        mover.party,
    )
