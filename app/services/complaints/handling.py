"""What staff do with a complaint where it stands: admit, accept, answer, wait, correct, turn away, merge."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart, Outcome, PictureOf, Urgency
from app.domain.lifecycles import COMPLAINT, HIDDEN_COMPLAINT_STATES, LIVE_COMPLAINT_STATES
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.services import complainants, transitions
from app.services.complaints import clocks, helping, news, repeats, standing, steps
from app.services.content_checks import asking, writers
from app.services.media import attaching
from app.services.transitions import Mover

CHECK_ANSWER = "check_answer"

FIND_TARGET = """
    SELECT c.status FROM complaint c JOIN area a ON a.id = c.area_id
    WHERE c.id = $1 AND a.lineage && $2::uuid[]
"""
COUNT_JOINS = "UPDATE complaint SET joins = joins + $2 WHERE id = $1"
CORRECT = """
    UPDATE complaint c SET category = k.code, urgency = $3, accept_due_at = $4, answer_due_at = $5,
        is_confidential = k.is_confidential OR c.hidden_at IS NOT NULL
    FROM complaint_category k WHERE c.id = $1 AND k.code = $2 RETURNING c.is_confidential
"""
IS_ACTIVE = "SELECT is_active FROM complaint_category WHERE code = $1"
PUBLISH_ECHO = (
    "UPDATE complaint SET echo_id = $2 WHERE id = $1 AND answered_at = $3 AND echo_id IS NULL RETURNING status"
)

IS_ANSWERED_BY = f"SELECT $2 = {writers.of_answer('$1')}"
HIDE = """
    UPDATE complaint SET hidden_at = $2, is_confidential = true WHERE id = $1 AND NOT is_confidential RETURNING true
"""
HIDE_ECHO = "UPDATE complaint SET echo_id = NULL WHERE id = $1 AND echo_id IS NOT NULL RETURNING true"


async def admit(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Let a complaint onto the wall that the content check left to people; one of many alike goes up at once."""
    found = await repeats.look(connection, complaint_id)
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "admit")
    opened = await transitions.move(connection, COMPLAINT, complaint_id, "admit", mover, changes={"opened_at": now()})
    await repeats.follow(connection, opened, found)


async def accept(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Sign for a complaint (签收): from here on an answer is due."""
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "accept")
    await transitions.move(connection, COMPLAINT, complaint_id, "accept", mover, changes={"accepted_at": now()})
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_ACCEPTED)


async def take_on(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Answer for a complaint by name (书记领办): everybody sees who, and since when it waits.

    For leaders: staff of an area above the complaint's own. Raises ``not-allowed`` to others.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "take_on")
    if not row["leads"]:
        raise Problem("not-allowed")
    changes = {"leader_id": caller.id, "accepted_at": now()}
    await transitions.move(connection, COMPLAINT, complaint_id, "take_on", mover, changes=changes)
    if row["status"] != "accepted":
        await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_ACCEPTED)


async def answer(
    connection: Connection,
    secret: str,
    caller: Caller,
    complaint_id: UUID,
    words: str,
    outcome: Outcome,
    picture_ids: Collection[UUID] = (),
) -> None:
    """Answer a complaint: its complainant and staff read it at once, everybody once its content check has passed.

    What the units answered becomes part of it. Raises ``steps-open`` while one has not, and ``media-unknown``.
    """
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "answer")
    lead_id = await steps.conclude(connection, complaint_id)
    changes = {
        "answer": mask_text(words),
        "outcome": outcome,
        "answered_at": now(),
        "echo_id": None,
        "is_satisfied": None,
    }
    facts = {"outcome": outcome} | ({"unit_id": lead_id} if lead_id else {})
    await transitions.move(connection, COMPLAINT, complaint_id, "answer", mover, changes=changes, facts=facts)
    await attaching.attach(connection, caller, PictureOf.ANSWER, complaint_id, picture_ids)
    await helping.end(connection, complaint_id)
    await asking.ask(connection, COMPLAINT.subject, complaint_id, CheckedPart.ANSWER, mover)
    await order(connection, CHECK_ANSWER, complaint_id)
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_ANSWERED)


async def publish_answer(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> None:
    """Put an answer on the echo wall that the content check left to people: not one's own (I2)."""
    row = await standing.get(connection, secret, caller, complaint_id)
    mover = standing.require_staff(row, caller)
    if row["echo_id"] is None and await connection.fetchval(IS_ANSWERED_BY, complaint_id, caller.id):
        raise Problem("own-interest")
    if row["answered_at"] is None or not await echo(connection, complaint_id, row["answered_at"], mover):
        raise Problem("state-conflict")


async def echo(connection: Connection, complaint_id: UUID, answered_at: datetime, mover: Mover) -> bool:
    """Make the answer of a moment public; return False when another one came since or it is public already."""
    status = await connection.fetchval(PUBLISH_ECHO, complaint_id, new_id(), answered_at)
    if status is None:
        return False
    await transitions.log_act(connection, COMPLAINT, complaint_id, "publish_answer", mover, state=status)
    await transitions.settle_checks(connection, COMPLAINT.subject, complaint_id, CheckedPart.ANSWER, "pass", mover)
    return True


async def hide_answer(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Keep an answer from the echo wall, or take it off there; who complained goes on reading it. Staff read it."""
    row = await standing.get(connection, secret, caller, complaint_id)
    mover = standing.require_staff(row, caller)
    if await connection.fetchval(HIDE_ECHO, complaint_id):
        await transitions.log_act(
            connection, COMPLAINT, complaint_id, "hide_answer", mover, state=row["status"], note=reason
        )


async def wait(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, needed: str) -> None:
    """Ask the resident for something and stop the clock until it is there."""
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "wait")
    facts = {"paused_at": now()}
    await transitions.move(connection, COMPLAINT, complaint_id, "wait", mover, note=needed, facts=facts)
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_WAITING)


async def resume(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, words: str) -> None:
    """Let the clock run again: the resident gives what was asked for, or staff have it from elsewhere."""
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "resume")
    dues, facts = await clocks.go_on(
        connection,
        complaint_id,
        area_id=row["handler_id"],
        category=row["category"],
        urgency=Urgency(row["urgency"]),
        moment=now(),
    )
    changes = clocks.by_name(dues)
    await transitions.move(
        connection, COMPLAINT, complaint_id, "resume", mover, note=words, changes=changes, facts=facts
    )


async def reject(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, reason: str) -> None:
    """Turn a complaint away, with a reason that its complainant reads; hide one that is further on, which goes on.

    What is hidden is confidential: it stands on no wall, nobody joins in, and helpers are called no more.
    """
    row = await standing.get(connection, secret, caller, complaint_id)
    if row["status"] in HIDDEN_COMPLAINT_STATES:
        await _hide(connection, row, standing.require_staff(row, caller), reason)
        return
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "reject")
    await transitions.move(connection, COMPLAINT, complaint_id, "reject", mover, note=reason)
    await steps.drop(connection, complaint_id)
    await helping.withhold(connection, complaint_id, mover, reason)
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_REJECTED)


async def _hide(connection: Connection, row: Record, mover: Mover, reason: str) -> None:
    if not await connection.fetchval(HIDE, row["id"], now()):
        raise Problem("state-conflict")
    await transitions.log_act(connection, COMPLAINT, row["id"], "hide", mover, state=row["status"], note=reason)
    await transitions.settle_checks(
        connection, COMPLAINT.subject, row["id"], CheckedPart.WORDS, "reject", mover, note=reason
    )
    await helping.withhold(connection, row["id"], mover, reason)
    await news.note(connection, row["id"], MessageKind.OWN_COMPLAINT_HIDDEN)


async def merge(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, into_id: UUID) -> None:
    """Merge a complaint into another on the same matter; everybody of it joins there and gets that one's answer.

    Of two who merge against each other the second finds its target merged: no ring comes to be. Raises
    ``merge-into-itself`` and ``merge-target-unfit``.
    """
    if complaint_id == into_id:
        raise Problem("merge-into-itself")
    await standing.lock(connection, complaint_id, into_id)
    _, mover = await standing.permit(connection, secret, caller, complaint_id, "merge")
    target = await connection.fetchval(FIND_TARGET, into_id, caller.scope(Role.STAFF))
    if target not in LIVE_COMPLAINT_STATES:
        raise Problem("merge-target-unfit")
    await transitions.move(
        connection,
        COMPLAINT,
        complaint_id,
        "merge",
        mover,
        changes={"merged_into_id": into_id},
        facts={"into": into_id},
    )
    await steps.drop(connection, complaint_id)
    await helping.end(connection, complaint_id)
    joined = await complainants.join_all(connection, secret, complaint_id, into_id)
    await connection.execute(COUNT_JOINS, into_id, joined)
    await news.note(connection, complaint_id, MessageKind.OWN_COMPLAINT_MERGED)


async def correct(
    connection: Connection, secret: str, caller: Caller, complaint_id: UUID, category: str, urgency: Urgency
) -> None:
    """Correct category and urgency; the deadlines are those that it would have had from the beginning.

    Raises ``category-unknown``, and ``state-conflict`` once nobody owes an answer any more.
    """
    row = await standing.get(connection, secret, caller, complaint_id)
    mover = standing.require_staff(row, caller)
    if row["status"] not in LIVE_COMPLAINT_STATES:
        raise Problem("state-conflict")
    if category != row["category"] and not await connection.fetchval(IS_ACTIVE, category):
        raise Problem("category-unknown")
    dues, facts = await clocks.look(
        connection, complaint_id, area_id=row["handler_id"], category=category, urgency=urgency
    )
    is_confidential = await connection.fetchval(
        CORRECT, complaint_id, category, urgency, dues.accept_due_at, dues.answer_due_at
    )
    if is_confidential:
        await helping.end(connection, complaint_id)
    facts |= {"category": category, "urgency": urgency}
    await transitions.log_act(connection, COMPLAINT, complaint_id, "correct", mover, state=row["status"], facts=facts)
