"""Asking people to help in another grid: they agree or decline, give no reason, and nobody else learns which.

Nobody is asked for two grids at once, nor more than once in 30 days, nor twice for one line; staff see how many agreed
and nothing else. Locks are taken in this order: the lending grid's area, the line, the request.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain import months
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import Hat
from app.domain.lifecycle import Party
from app.domain.lifecycles import LENDING_LINE, LOAN, LOAN_REQUEST
from app.models.lending import Loan
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.strength import HATS, NOW
from app.services.transitions import Mover

ASKED_PER_PLACE = 2
"""So many are asked at a time for each who is missing: one alone would feel it as a duty, and it would take weeks."""
PAUSE = timedelta(days=30)
"""Nobody is asked again within that time, whatever they said."""
PATIENCE = timedelta(days=7)
"""Whoever says nothing for that time is asked no more, and others are."""

LOCK_LENDER = "SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE"
LOCK_LINE = """
    SELECT l.id, l.people, l.from_area_id, l.to_area_id, l.hat, p.skills, p.until
    FROM lending_line l JOIN lending_plan p ON p.id = l.plan_id WHERE l.id = $1 AND l.status = 'asking'
    FOR NO KEY UPDATE OF l
"""
COUNT = """
    SELECT (count(*) FILTER (WHERE status = 'agreed'))::int AS agreed,
        (count(*) FILTER (WHERE status = 'open'))::int AS open
    FROM loan_request WHERE line_id = $1
"""
# Those with a skill that is looked for, with the least to do already, asked longest ago; nothing else is known of them.
FIND_CANDIDATES = """
    SELECT h.person_id FROM {hat} h JOIN person p ON p.id = h.person_id JOIN "user" u ON u.id = p.user_id
    LEFT JOIN LATERAL (
        SELECT r.created_at FROM loan_request r WHERE r.person_id = h.person_id ORDER BY r.id DESC LIMIT 1
    ) AS last ON true
    WHERE h.home_area_id = $1 AND h.status = 'approved' AND NOT u.is_blocked
        AND (last.created_at IS NULL OR last.created_at < $2)
        AND NOT EXISTS (
            SELECT FROM loan_request r
            WHERE r.person_id = h.person_id AND (r.status = 'open' OR r.line_id = $3)
        )
        AND NOT EXISTS (SELECT FROM loan l WHERE l.person_id = h.person_id AND l.status = 'running')
    ORDER BY {skills} && $5::varchar[] DESC, u.open_claims, last.created_at NULLS FIRST, h.person_id LIMIT $4
"""
CANDIDATES = {
    Hat.MEMBER: FIND_CANDIDATES.format(hat=Hat.MEMBER, skills="'{}'::varchar[]"),
    Hat.VOLUNTEER: FIND_CANDIDATES.format(hat=Hat.VOLUNTEER, skills="h.skills"),
}
# Somebody whom another line asks in the same moment is left to it. In one order, so that two lines never deadlock.
INSERT = """
    INSERT INTO loan_request (id, line_id, person_id, status)
    SELECT x.id, $1, x.person_id, $2 FROM unnest($3::uuid[], $4::uuid[]) AS x (id, person_id)
    ON CONFLICT DO NOTHING RETURNING id
"""
FIND_OPEN = "SELECT id FROM loan_request WHERE line_id = $1 AND status = 'open' ORDER BY id FOR UPDATE"
FIND_OPEN_OF = "SELECT id FROM loan_request WHERE person_id = $1 AND status = 'open' FOR UPDATE"
FIND_STALE = """
    SELECT r.id FROM loan_request r WHERE r.line_id = $1 AND r.status = 'open' AND (
        r.created_at < $2 OR NOT EXISTS (
            SELECT FROM stay s WHERE s.person_id = r.person_id AND s.hat = $3 AND s.area_id = $4 AND s.until IS NULL
        )
    ) ORDER BY r.id FOR UPDATE
"""
IS_THERE = """
    SELECT EXISTS (SELECT FROM stay WHERE person_id = $1 AND hat = $2 AND area_id = $3 AND until IS NULL)
"""
FORCE = f"""
    WITH place AS (SELECT id FROM area WHERE id = $1), moments AS (SELECT 1 AS n, $2::timestamptz AS at), {NOW}
    SELECT * FROM judged WHERE id = $1
"""
FIND_OWN = """
    SELECT r.status, r.person_id, r.line_id, l.from_area_id
    FROM loan_request r JOIN person p ON p.id = r.person_id JOIN lending_line l ON l.id = r.line_id
    WHERE r.id = $1 AND p.user_id = $2
"""
VIEW = """
    SELECT r.id, r.status, r.created_at, l.hat, l.distance_m, l.is_distance_assumed, l.from_area_id, l.to_area_id,
        giver.name AS from_name, taker.name AS to_name, p.until, p.skills, o.id AS loan_id
    FROM loan_request r JOIN person x ON x.id = r.person_id JOIN lending_line l ON l.id = r.line_id
    JOIN lending_plan p ON p.id = l.plan_id
    JOIN area giver ON giver.id = l.from_area_id JOIN area taker ON taker.id = l.to_area_id
    LEFT JOIN loan o ON o.request_id = r.id
    WHERE x.user_id = $1
"""
GET = f"{VIEW} AND r.id = $2"
LIST = f"{VIEW} AND r.id < $2 ORDER BY r.id DESC LIMIT $3"


async def ask(connection: Connection, line_id: UUID) -> None:
    """Ask as many people of the lending grid as are to be asked at a time. Locks the line's row."""
    line = await connection.fetchrow(LOCK_LINE, line_id)
    if line is None:
        return
    said = await connection.fetchrow(COUNT, line_id)
    assert said is not None, "a count is one row"
    wanted = ASKED_PER_PLACE * (line["people"] - said["agreed"]) - said["open"]
    if wanted <= 0:
        return
    since = now() - PAUSE
    rows = await connection.fetch(
        CANDIDATES[Hat(line["hat"])], line["from_area_id"], since, line_id, wanted, line["skills"]
    )
    person_ids = sorted(row["person_id"] for row in rows)
    made = await connection.fetch(INSERT, line_id, LOAN_REQUEST.initial, [new_id() for _ in rows], person_ids)
    await transitions.log_creations(connection, LOAN_REQUEST, [row["id"] for row in made], transitions.SYSTEM)


async def agree(connection: Connection, caller: Caller, request_id: UUID) -> None:
    """Lend the caller, who was asked, to the other grid until the plan's last day.

    Raises ``not-found``, ``state-conflict`` when enough agreed before or nobody is asked any more, ``lender-at-rule``
    when the caller's grid has nobody to spare any more, and by the database ``area-closed``. Locks the lending grid's
    area, the line and the request, so that of two who agree at once the second finds what the first left.
    """
    own = await _find(connection, caller, request_id)
    party = transitions.permit(LOAN_REQUEST, own["status"], "agree", frozenset({Party.AUTHOR}))
    await connection.execute(LOCK_LENDER, own["from_area_id"])
    line = await connection.fetchrow(LOCK_LINE, own["line_id"])
    if line is None or line["until"] < today():
        raise Problem("state-conflict")
    mover = Mover(party, caller.id)
    await transitions.move(connection, LOAN_REQUEST, request_id, "agree", mover)
    if not await connection.fetchval(IS_THERE, own["person_id"], line["hat"], line["from_area_id"]):
        raise Problem("state-conflict")
    moment = now()
    hat = Hat(line["hat"])
    here = await connection.fetchrow(FORCE, line["from_area_id"], moment)
    if here is None or here[HATS[hat]] <= here[f"{HATS[hat]}_required"]:
        raise Problem("lender-at-rule")
    loan = Loan(
        id=new_id(),
        request_id=request_id,
        person_id=own["person_id"],
        hat=hat,
        from_area_id=line["from_area_id"],
        to_area_id=line["to_area_id"],
        since=moment,
        until=months.start(line["until"] + timedelta(days=1)),
    )
    await insert(connection, loan)
    await transitions.log_creation(connection, LOAN, loan.id, mover)
    said = await connection.fetchrow(COUNT, own["line_id"])
    assert said is not None, "a count is one row"
    if said["agreed"] == line["people"]:
        await transitions.move(connection, LENDING_LINE, own["line_id"], "fill", transitions.SYSTEM)
        await withdraw_open(connection, own["line_id"])


async def decline(connection: Connection, caller: Caller, request_id: UUID) -> None:
    """Say no; somebody else is asked. Raises ``not-found``, ``state-conflict``. Locks the line and the request."""
    own = await _find(connection, caller, request_id)
    party = transitions.permit(LOAN_REQUEST, own["status"], "decline", frozenset({Party.AUTHOR}))
    await connection.fetchrow(LOCK_LINE, own["line_id"])
    await transitions.move(connection, LOAN_REQUEST, request_id, "decline", Mover(party, caller.id))
    await ask(connection, own["line_id"])


async def withdraw_open(connection: Connection, line_id: UUID) -> None:
    """Ask nobody for a line any more. The line's row is locked."""
    await _withdraw(connection, await connection.fetch(FIND_OPEN, line_id))


async def withdraw_of(connection: Connection, person_id: UUID) -> None:
    """Ask somebody nothing any more. Locks what they were asked."""
    await _withdraw(connection, await connection.fetch(FIND_OPEN_OF, person_id))


async def tend(connection: Connection, line_id: UUID) -> None:
    """Let go whoever said nothing for long or is not of the lending grid any more, and ask others. Locks the line."""
    line = await connection.fetchrow(LOCK_LINE, line_id)
    if line is None:
        return
    stale = await connection.fetch(FIND_STALE, line_id, now() - PATIENCE, line["hat"], line["from_area_id"])
    await _withdraw(connection, stale)
    await ask(connection, line_id)


async def get_own(reads: Reads, caller: Caller, request_id: UUID) -> dict[str, Any]:
    """Return what the caller was asked. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET, caller.id, request_id)
    if row is None:
        raise Problem("not-found")
    return _view(row)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return what the caller was asked, newest first."""
    rows = await reads.fetch(LIST, caller.id, request.below("loan-requests"), request.rows)
    return page(rows, request, _view, "loan-requests")


async def _withdraw(connection: Connection, rows: list[Record]) -> None:
    for row in rows:
        await transitions.move(connection, LOAN_REQUEST, row["id"], "withdraw", transitions.SYSTEM)


async def _find(connection: Connection, caller: Caller, request_id: UUID) -> Record:
    row = await connection.fetchrow(FIND_OWN, request_id, caller.id)
    if row is None:
        raise Problem("not-found")
    return row


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "hat", "until", "skills", "distance_m", "is_distance_assumed", "status", "created_at", "loan_id")
    return {
        **{name: row[name] for name in kept},
        "from_area": {"id": row["from_area_id"], "name": row["from_name"]},
        "to_area": {"id": row["to_area_id"], "name": row["to_name"]},
        "actions": LOAN_REQUEST.actions(row["status"], frozenset({Party.AUTHOR})),
    }
