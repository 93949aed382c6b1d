"""Making a user one with a person of the roster, who is a person of their own no more; and parting them again.

Whoever adds a table that refers to people names it in ``REFERRING`` and sees to its rows here, and puts what gives
somebody rights into ``IS_BEYOND``: nobody gives a user more than they may.
"""

from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import MEMBER, VOLUNTEER
from app.services import merchants, posts, transitions
from app.services.branches import places
from app.services.lending import loans, requests
from app.services.transitions import Mover

HATS = (MEMBER, VOLUNTEER)
REFERRING = frozenset(
    {
        "post_holding",
        "stay",
        "team",
        "team_member",
        "merchant",
        "unit",
        "call_out_person",
        "loan_request",
        "loan",
        *(hat.subject for hat in HATS),
    }
)
"""The tables that refer to people, all of which are gone through when two persons become one. A unit's contact was told
by name and number, so that it is never the one of the two that goes."""

WEARERS = " UNION ALL ".join(
    f"SELECT person_id, '{hat.subject}' AS hat, status, home_area_id AS area_id FROM {hat.subject}" for hat in HATS
)
IS_BEYOND = f"""(EXISTS (
    SELECT FROM ({WEARERS}) h JOIN area b ON b.id = h.area_id
    WHERE h.person_id = {{person_id}} AND h.status = 'approved' AND NOT b.lineage && {{staff}}
) OR EXISTS (
    SELECT FROM post_holding h JOIN post x ON x.id = h.post_id JOIN area b ON b.id = x.area_id
    WHERE h.person_id = {{person_id}} AND h.until IS NULL
        AND NOT b.lineage && CASE WHEN x.role IS NULL THEN {{staff}} ELSE {{administrator}} END
) OR EXISTS (
    SELECT FROM merchant m JOIN area b ON b.id = m.area_id
    WHERE m.person_id = {{person_id}} AND (m.owner_id IS NULL OR m.owner_id = (
        SELECT user_id FROM person WHERE id = m.person_id
    )) AND NOT b.lineage && {{administrator}}
))"""
"""Whether a person is more than somebody may give away or take: a hat or a post outside their areas, a role they could
not grant, or a shop, which takes an administrator. Format it with the person's id and where that somebody is ``staff``
and ``administrator``."""

LOCK = "SELECT id, user_id, identity_hash FROM person WHERE user_id = $1 OR identity_hash = $2 ORDER BY id FOR UPDATE"
FIND_BEYOND = f"SELECT {IS_BEYOND.format(person_id='$1', staff='$2::uuid[]', administrator='$3::uuid[]')}"
GIVE_USER = "UPDATE person SET user_id = $2 WHERE id = $1"
# What the roster says of a time counts; before that, what was known through the app.
MOVE_STAYS = """
    UPDATE stay s SET person_id = $2, until = least(s.until, known.since)
    FROM (SELECT hat, person_id, since FROM stay WHERE person_id = $1) o
    LEFT JOIN (SELECT hat, min(since) AS since FROM stay WHERE person_id = $2 GROUP BY hat) known ON known.hat = o.hat
    WHERE s.person_id = o.person_id AND s.hat = o.hat AND s.since = o.since
        AND (known.since IS NULL OR s.since < known.since)
"""
# Who is nobody's account is asked nothing and lent nowhere: ``unbind`` sees to it.
MOVE_REQUESTS = "UPDATE loan_request SET person_id = $2 WHERE person_id = $1"
MOVE_LOANS = "UPDATE loan SET person_id = $2 WHERE person_id = $1"
MOVE_SHOPS = "UPDATE merchant SET person_id = $2 WHERE person_id = $1"
MOVE_HOLDINGS = "UPDATE post_holding SET person_id = $2 WHERE person_id = $1"
# Of two places in one team the roster's counts.
DROP_PLACES = """
    DELETE FROM team_member o USING team_member known
    WHERE o.person_id = $1 AND known.person_id = $2 AND known.team_id = o.team_id
"""
MOVE_PLACES = "UPDATE team_member SET person_id = $2 WHERE person_id = $1"
MOVE_LEADERSHIP = "UPDATE team SET leader_id = $2 WHERE leader_id = $1"
# Of two places in one call-out the roster's stays, with the last that was said, and in a group if either was.
MERGE_CALLED = """
    WITH gone AS (
        DELETE FROM call_out_person o USING call_out_person known
        WHERE o.person_id = $1 AND known.person_id = $2 AND known.call_out_id = o.call_out_id RETURNING o.*
    )
    UPDATE call_out_person known SET
        answer = CASE WHEN said.later THEN gone.answer ELSE known.answer END,
        minutes = CASE WHEN said.later THEN gone.minutes ELSE known.minutes END,
        answered_at = greatest(gone.answered_at, known.answered_at),
        group_id = coalesce(known.group_id, gone.group_id),
        is_leader = CASE WHEN known.group_id IS NULL THEN gone.is_leader ELSE known.is_leader END
    FROM gone CROSS JOIN LATERAL (
        SELECT gone.answered_at > coalesce(k.answered_at, '-infinity') AS later FROM call_out_person k
        WHERE k.person_id = $2 AND k.call_out_id = gone.call_out_id
    ) AS said WHERE known.person_id = $2 AND known.call_out_id = gone.call_out_id
"""
MOVE_CALLED = "UPDATE call_out_person SET person_id = $2 WHERE person_id = $1"
DROP_STAYS = "DELETE FROM stay WHERE person_id = $1"
DROP_PERSON = "DELETE FROM person WHERE id = $1"

END_SESSIONS = 'UPDATE "user" SET token_version = token_version + 1 WHERE id = $1'
LOCK_OF_USER = "SELECT id FROM person WHERE user_id = $1 AND sealed IS NOT NULL FOR UPDATE"
LOCK_UNLISTED = "SELECT id FROM person WHERE user_id = $1 AND sealed IS NULL FOR UPDATE"
TAKE_USER = "UPDATE person SET user_id = NULL WHERE id = $1"


async def bind(connection: Connection, caller: Caller, user_id: UUID, identity_hash: bytes) -> UUID:
    """Make ``user_id`` the person of the roster with this hash; return the person's id. All they are is theirs at once.

    Raises ``not-on-roster``, ``person-taken``, ``not-allowed`` when the person is more than the caller may
    give away, and by the database ``state-conflict``. Locks both persons, then their hats.
    """
    rows = await connection.fetch(LOCK, user_id, identity_hash)
    known = next((row for row in rows if row["identity_hash"] == identity_hash), None)
    own = next((row for row in rows if row["user_id"] == user_id), None)
    if known is None:
        raise Problem("not-on-roster")
    if known["user_id"] not in {None, user_id} or (
        own is not None and own["identity_hash"] not in {None, identity_hash}
    ):
        raise Problem("person-taken")
    scopes = caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR)
    if await connection.fetchval(FIND_BEYOND, known["id"], *scopes):
        raise Problem("not-allowed")
    if own is not None and own["id"] != known["id"]:
        await _merge(connection, own["id"], known["id"])
    await connection.execute(GIVE_USER, known["id"], user_id)
    await posts.give_grants(connection, known["id"])
    await merchants.give_shops(connection, known["id"])
    return UUID(bytes=known["id"].bytes)


async def unbind(connection: Connection, caller: Caller, user_id: UUID) -> UUID:
    """Part a user from the person of the roster that they were taken for; return that person's id.

    The person stays on the roster with hats, posts and shops, and is nobody's account: they are asked nothing any more,
    and a loan, to which they never agreed, ends. The user has to log in again, has none of it, and keeps what never was
    the person's: points, wishes, claims. Raises ``state-conflict``, and ``not-allowed`` when the person is more than
    the caller may take away. Locks the user, the person, their shops, what they were asked, their loan.
    """
    await connection.execute(END_SESSIONS, user_id)
    person_id = await connection.fetchval(LOCK_OF_USER, user_id)
    if person_id is None:
        raise Problem("state-conflict")
    scopes = caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR)
    if await connection.fetchval(FIND_BEYOND, person_id, *scopes):
        raise Problem("not-allowed")
    await _part(connection, person_id, user_id, Mover(Party.STAFF, caller.id))
    return UUID(bytes=person_id.bytes)


async def part_leaver(connection: Connection, user_id: UUID) -> None:
    """Part somebody who closed their account from the person of the roster, as ``unbind`` does, whatever they are.

    Who is on no roster stays the person of a user without a name, and is asked and lent no more either. Locks the
    person, their shops, what they were asked, their loan.
    """
    mover = Mover(Party.AUTHOR, user_id)
    person_id = await connection.fetchval(LOCK_OF_USER, user_id)
    if person_id is not None:
        await _part(connection, person_id, user_id, mover)
    elif (person_id := await connection.fetchval(LOCK_UNLISTED, user_id)) is not None:
        await requests.withdraw_of(connection, person_id)
        await loans.end_of(connection, person_id, mover)


async def _part(connection: Connection, person_id: UUID, user_id: UUID, mover: Mover) -> None:
    await connection.execute(TAKE_USER, person_id)
    await posts.take_grants(connection, person_id, user_id, mover)
    await merchants.take_shops(connection, person_id, user_id, mover)
    await requests.withdraw_of(connection, person_id)
    await loans.end_of(connection, person_id, mover)


async def _merge(connection: Connection, from_id: UUID, into_id: UUID) -> None:
    """Let one person be the other: what only one is stays as it is, where both are the same the roster's counts."""
    for hat in HATS:
        await _merge_hat(connection, hat, from_id, into_id)
    await connection.execute(MOVE_STAYS, from_id, into_id)
    await connection.execute(MOVE_HOLDINGS, from_id, into_id)
    for statement in (
        DROP_PLACES,
        MOVE_PLACES,
        MERGE_CALLED,
        MOVE_CALLED,
        MOVE_LEADERSHIP,
        MOVE_REQUESTS,
        MOVE_LOANS,
        MOVE_SHOPS,
    ):
        await connection.execute(statement, from_id, into_id)
    await connection.execute(DROP_STAYS, from_id)
    await connection.execute(DROP_PERSON, from_id)


async def _merge_hat(connection: Connection, hat: Lifecycle, from_id: UUID, into_id: UUID) -> None:
    rows = await connection.fetch(
        f"SELECT id, person_id, status FROM {hat.subject} WHERE person_id = ANY($1) ORDER BY id FOR UPDATE",
        [from_id, into_id],
    )
    by_person = {row["person_id"]: row for row in rows}
    own, known = by_person.get(from_id), by_person.get(into_id)
    if own is None:
        return
    if known is None:
        await connection.execute(f"UPDATE {hat.subject} SET person_id = $2 WHERE id = $1", own["id"], into_id)
        await transitions.log_act(connection, hat, own["id"], "bind", transitions.SYSTEM, state=own["status"])
        return
    facts: dict[str, Any] = {"into": known["id"]}
    if own["status"] != "left":
        await transitions.move(connection, hat, own["id"], "merge", transitions.SYSTEM, facts=facts)
    if hat is MEMBER:
        await places.merge(connection, own["id"], known["id"])
    await connection.execute(f"DELETE FROM {hat.subject} WHERE id = $1", own["id"])
