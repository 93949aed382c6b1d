"""What those do whose complaint it is: join in, take it back, say whether they are content, have it taken up again."""

from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart, Urgency
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT, LIVE_COMPLAINT_STATES, RATED_COMPLAINT_STATES
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.services import complainants, transitions
from app.services.area_changes import homing
from app.services.complainants import Complainant
from app.services.complaints import clocks, helping, news, standing, steps
from app.services.transitions import Mover

FEEDBACK = timedelta(days=14)
"""How long after an answer its complainant may rate it or have the complaint taken up again."""

NICKNAME = 'SELECT nickname FROM "user" WHERE id = $1'
COUNT_JOIN = "UPDATE complaint SET joins = joins + 1 WHERE id = $1 AND status = ANY($2) RETURNING status"
INSERT_RATING = """
    INSERT INTO complaint_rating (complaint_id, answered_at, rater_hash, party, is_satisfied, note, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
    ON CONFLICT (complaint_id, answered_at, rater_hash) DO NOTHING RETURNING true
"""
FIND_SILENT = """
    SELECT id FROM complaint WHERE status = 'answered' AND answered_at < $1 ORDER BY answered_at LIMIT 500
"""
ASKED_BEFORE = timedelta(days=1)
"""So long before the end of that time who complained is asked to rate, unless they did."""
IS_ASKED = """EXISTS (
    SELECT FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.action = 'ask_to_rate'
        AND (e.facts ->> 'answered_at')::timestamptz = c.answered_at
)"""
FIND_UNRATED = f"""
    SELECT c.id FROM complaint c WHERE c.status = 'answered' AND c.answered_at BETWEEN $1 AND $2 AND NOT {IS_ASKED}
    ORDER BY c.answered_at, c.id LIMIT $3
"""
LOCK_UNRATED = """
    SELECT answered_at FROM complaint WHERE id = $1 AND status = 'answered' AND answered_at BETWEEN $2 AND $3
    FOR NO KEY UPDATE
"""
FIND_ASKED = f"SELECT {IS_ASKED} FROM complaint c WHERE c.id = $1"


async def join(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Say "me too": it counts, and the answer comes to the joiner as well. Joining twice changes nothing.

    Raises ``state-conflict`` once it is answered.
    """
    row = await standing.get(connection, secret, caller, complaint_id)
    if row["part"] is not None:
        return
    if row["is_confidential"]:
        raise Problem("not-allowed")
    who = Complainant(caller.id, await connection.fetchval(NICKNAME, caller.id))
    if not await complainants.add(connection, secret, complaint_id, caller.id, ComplaintPart.JOINER, who):
        return  # another phone of theirs was first
    status = await connection.fetchval(COUNT_JOIN, complaint_id, [*LIVE_COMPLAINT_STATES])
    if status is None:
        raise Problem("state-conflict")
    await transitions.log_act(connection, COMPLAINT, complaint_id, "join", Mover(Party.JOINER), state=status)


async def withdraw(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Take one's complaint back before it is answered."""
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "withdraw")
    await transitions.move(connection, COMPLAINT, complaint_id, "withdraw", mover)
    await steps.drop(connection, complaint_id)
    await helping.end(connection, complaint_id)


async def rate(
    connection: Connection, secret: str, caller: Caller, complaint_id: UUID, *, is_satisfied: bool, note: str | None
) -> None:
    """Say whether the answer satisfies. The author's word closes the complaint; the first refusal takes it up again.

    Those who joined in rate as well, and in a joint case the units and the staff who handle it (联评); that moves
    nothing. Raises ``already-rated``; ``not-allowed`` to whoever has no part.
    """
    row = await standing.get(connection, secret, caller, complaint_id)
    party = _rater(row)
    if row["status"] not in RATED_COMPLAINT_STATES:
        raise Problem("state-conflict")
    words = mask_text(note) if note else None
    rater = complainants.hash_of(secret, caller.id)
    if not await connection.fetchval(
        INSERT_RATING, complaint_id, row["answered_at"], rater, party, is_satisfied, words
    ):
        raise Problem("already-rated")
    if party != Party.AUTHOR:
        return
    if row["status"] == "closed":
        raise Problem("state-conflict")  # closed by silence: the time to rate is over
    moment = now()
    author = Mover(Party.AUTHOR)
    changes = {"is_satisfied": is_satisfied, "closed_at": moment}
    await transitions.move(
        connection,
        COMPLAINT,
        complaint_id,
        "rate",
        author,
        note=words,
        changes=changes,
        facts={"is_satisfied": is_satisfied},
    )
    if not is_satisfied and not row["has_reopened"]:
        await _take_up(connection, row, author, moment, words)


async def reopen(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Have a closed complaint taken up again: its author once by right, staff whenever there is a reason.

    Raises ``reopen-used`` and ``reopen-too-late``.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "reopen")
    moment = now()
    if mover.party == Party.AUTHOR:
        if row["has_reopened"]:
            raise Problem("reopen-used")
        if moment > row["answered_at"] + FEEDBACK:
            raise Problem("reopen-too-late")
    await _take_up(connection, row, mover, moment, reason)
    if mover.party == Party.STAFF:
        await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_REOPENED)


async def close_silent(connection: Connection, complaint_id: UUID) -> None:
    """Close a complaint to whose answer nobody said anything in time; it counts as neither content nor not."""
    await transitions.move(
        connection, COMPLAINT, complaint_id, "close_silent", transitions.SYSTEM, changes={"closed_at": now()}
    )


async def find_silent(connection: Connection) -> list[UUID]:
    """Return answered complaints whose time for a word is over."""
    return [row["id"] for row in await connection.fetch(FIND_SILENT, now() - FEEDBACK)]


async def find_unrated(connection: Connection, limit: int) -> list[UUID]:
    """Return answered complaints that will be closed within a day unless their complainants say something."""
    return [row["id"] for row in await connection.fetch(FIND_UNRATED, *_closing_soon(), limit)]


async def ask_to_rate(connection: Connection, complaint_id: UUID) -> None:
    """Have a complainant asked to rate an answer, once each. Locks the complaint.

    Raises ``state-conflict`` when that was done or is needless meanwhile.
    """
    answered_at = await connection.fetchval(LOCK_UNRATED, complaint_id, *_closing_soon())
    if answered_at is None or await connection.fetchval(FIND_ASKED, complaint_id):
        raise Problem("state-conflict")
    facts = {"answered_at": answered_at}
    await transitions.log_act(
        connection, COMPLAINT, complaint_id, "ask_to_rate", transitions.SYSTEM, state="answered", facts=facts
    )
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_CLOSING)


def _closing_soon() -> tuple[datetime, datetime]:
    """Return between which moments those were answered that are closed within a day."""
    first = now() - FEEDBACK
    return first, first + ASKED_BEFORE


def _rater(row: Record) -> Party:
    """Return the part in which somebody rates. Raises ``not-allowed``."""
    if row["part"] is not None:
        return Party.AUTHOR if row["part"] == ComplaintPart.AUTHOR else Party.JOINER
    if row["works"]:
        return Party.UNIT
    if row["is_joint"] and row["handles"]:
        return Party.STAFF
    raise Problem("not-allowed")


async def _take_up(connection: Connection, row: Record, mover: Mover, moment: datetime, note: str | None) -> None:
    handler_id = await homing.bring_home(connection, row)
    dues, clock = await clocks.start(
        connection, area_id=handler_id, category=row["category"], urgency=Urgency(row["urgency"]), moment=moment
    )
    changes = {
        "accepted_at": None,
        "closed_at": None,
        "has_reopened": row["has_reopened"] or mover.party == Party.AUTHOR,
        **clocks.by_name(dues),
    }
    await transitions.move(connection, COMPLAINT, row["id"], "reopen", mover, note=note, changes=changes, facts=clock)
