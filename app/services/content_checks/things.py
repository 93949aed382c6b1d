"""Checking what whole things say: WeChat's verdict on them moves them on. What is not a clear pass waits for a person.

WeChat is asked between two short transactions, never inside one.
"""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Lifecycle
from app.domain.lifecycles import COMPLAINT, ERRAND, OFFER, TASK, TASK_SERIES, WISH
from app.domain.message_kinds import MessageKind
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW
from app.services import complainants, messages, offers, posted_tasks, series_tasks, task_series, transitions, wishes
from app.services.complaints import handling, repeats
from app.services.content_checks.judging import Judge, Judgement, Words
from app.services.content_checks.keeping import DROP, HOLD, NOTES, PASS, REJECT, keep

FIND_WISH = """
    SELECT w.title, w.body, u.openid, u.nickname, a.is_wish_review_required
    FROM wish w JOIN "user" u ON u.id = w.author_id JOIN area a ON a.id = w.area_id
    WHERE w.id = $1 AND w.status = $2
"""
FIND_ERRAND = """
    SELECT e.title, e.body, u.openid, u.nickname FROM errand e JOIN "user" u ON u.id = e.author_id
    WHERE e.id = $1 AND e.status = $2
"""
FIND_OFFER = """
    SELECT o.title, o.description, o.terms, u.openid
    FROM offer o JOIN merchant m ON m.id = o.merchant_id JOIN "user" u ON u.id = m.owner_id
    WHERE o.id = $1 AND o.status = $2
"""
LOCK_OFFER = "SELECT title, description, terms FROM offer WHERE id = $1 AND status = $2 FOR UPDATE"
FIND_COMPLAINT = """
    SELECT c.title, c.body, c.shown_name, typist.openid FROM complaint c
    LEFT JOIN "user" typist ON typist.id = c.entered_by WHERE c.id = $1 AND c.status = $2
"""
FIND_OPENID = 'SELECT openid FROM "user" WHERE id = $1'
FIND_ANSWER = """
    SELECT c.answer, c.answered_at, u.openid, ARRAY(
        SELECT s.answer FROM complaint_step s WHERE s.complaint_id = c.id AND s.is_told ORDER BY s.id
    ) AS parts
    FROM complaint c
    JOIN LATERAL (
        SELECT e.actor_id FROM event e
        WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id AND e.action = 'answer'
        ORDER BY e.created_at DESC, e.id DESC LIMIT 1
    ) AS given ON true JOIN "user" u ON u.id = given.actor_id
    WHERE c.id = $1 AND c.answer IS NOT NULL AND c.echo_id IS NULL
"""
LOCK_ANSWER = "SELECT answered_at FROM complaint WHERE id = $1 AND echo_id IS NULL FOR NO KEY UPDATE"
FIND_TASK = """
    SELECT u.openid, t.title, t.body, t.place, t.skills FROM task t JOIN "user" u ON u.id = t.author_id
    WHERE t.id = $1 AND t.status = 'draft' AND t.passed_at IS NULL
"""
LOCK_TASK = """
    SELECT title, body, place, skills FROM task WHERE id = $1 AND status = 'draft' AND passed_at IS NULL FOR UPDATE
"""
FIND_SERIES = """
    SELECT s.title, s.body, s.place, u.openid FROM task_series s JOIN "user" u ON u.id = s.author_id
    WHERE s.id = $1 AND s.status = 'draft'
"""
LOCK_WAITING = "SELECT true FROM {} WHERE id = $1 AND status = 'reviewing' FOR NO KEY UPDATE"
FIND_FORGOTTEN = {
    lifecycle: f"SELECT id FROM {lifecycle.subject} WHERE status = 'checking' AND {since} < $1 ORDER BY id LIMIT 500"
    for lifecycle, since in (
        (WISH, "created_at"),
        (ERRAND, "created_at"),
        (OFFER, "worded_at"),
        (COMPLAINT, "created_at"),
    )
}
REJECTED = {WISH: MessageKind.WISH_REJECTED, ERRAND: MessageKind.ERRAND_REJECTED}
"""What authors are told whose words are turned away."""


async def check_wish(database: Database, judge: Judge, wish_id: UUID, base_points: int, *, again: bool = False) -> None:
    """Check a wish and move it on. Done twice, the second time finds nothing to do.

    Here and below, ``again`` is for what is held because WeChat was too busy: a verdict after all lets pass what
    may pass unread, and tells whoever reads the rest what WeChat makes of it.
    """
    wish = await database.reads.fetchrow(FIND_WISH, wish_id, _state(again=again))
    if wish is None:
        return
    judgement = await judge.judge(Words(wish["openid"], wish["body"], wish["title"], wish["nickname"]))
    is_published = judgement.outcome == "pass" and not wish["is_wish_review_required"]
    async with database.transaction() as connection:
        if not is_published:
            await _move(connection, WISH, wish_id, judgement, passed=HOLD, again=again)
            return
        try:
            await wishes.publish(connection, wish_id, "pass_check_unreviewed", transitions.SYSTEM, base_points)
        except Problem as problem:
            if problem.type.code != "state-conflict":
                raise
            await _keep(connection, WISH, wish_id, DROP, judgement)  # its author withdrew it meanwhile
        else:
            await _keep(connection, WISH, wish_id, PASS, judgement)


async def check_errand(database: Database, judge: Judge, errand_id: UUID, *, again: bool = False) -> None:
    """Check the words of an errand; whatever comes of it but a clear refusal, staff read it next."""
    errand = await database.reads.fetchrow(FIND_ERRAND, errand_id, _state(again=again))
    if errand is None:
        return
    judgement = await judge.judge(Words(errand["openid"], errand["body"], errand["title"], errand["nickname"]))
    async with database.transaction() as connection:
        await _move(connection, ERRAND, errand_id, judgement, passed=HOLD, again=again)


async def check_offer(database: Database, judge: Judge, offer_id: UUID, *, again: bool = False) -> None:
    """Check an offer's words and list it, hold it for the alliance, or reject it.

    Words that were changed while WeChat was asked are another job's: the verdict counts for what it was asked about.
    """
    offer = await database.reads.fetchrow(FIND_OFFER, offer_id, _state(again=again))
    if offer is None:
        return
    title, *more = offer["title"], offer["description"], offer["terms"]
    judgement = await judge.judge(Words(offer["openid"], "\n".join(filter(None, more)) or title, title))
    async with database.transaction() as connection:
        standing = await connection.fetchrow(LOCK_OFFER, offer_id, _state(again=again))
        if standing is not None and tuple(standing) == (title, *more):
            await _move(connection, OFFER, offer_id, judgement, passed=PASS, again=again)


async def check_complaint(
    database: Database, judge: Judge, secret: str, complaint_id: UUID, *, again: bool = False
) -> None:
    """Check a complaint: a clear pass opens it, everything else waits for a person. None is turned away by a machine.

    WeChat is asked about what others would read, as the person who typed it; where nobody of WeChat
    did, a person looks.
    """
    words = await database.reads.fetchrow(FIND_COMPLAINT, complaint_id, _state(again=again))
    if words is None:
        return
    openid = words["openid"]
    if openid is None:
        who = await complainants.find(database.reads, secret, complaint_id)
        openid = who.user_id and await database.reads.fetchval(FIND_OPENID, who.user_id)
    judgement = await judge.judge(Words(openid, words["body"], words["title"], words["shown_name"]))
    async with database.transaction() as connection:
        if judgement.outcome == "pass":
            found = await repeats.look(connection, complaint_id)
            opened = await transitions.find_and_move(
                connection, COMPLAINT, complaint_id, "pass_check", transitions.SYSTEM, changes={"opened_at": now()}
            )
            if opened is not None:
                await repeats.follow(connection, opened, found)
            await _keep(connection, COMPLAINT, complaint_id, PASS if opened else DROP, judgement)
        elif again:
            await _tell_readers(connection, COMPLAINT, complaint_id, judgement)
        else:
            note = CHECK_UNAVAILABLE if judgement.outcome == "failed" else HELD_FOR_REVIEW
            held = await transitions.find_and_move(
                connection, COMPLAINT, complaint_id, "hold_check", transitions.SYSTEM, note=note
            )
            await _keep(connection, COMPLAINT, complaint_id, HOLD if held else DROP, judgement)


async def check_answer(database: Database, judge: Judge, complaint_id: UUID, *, again: bool = False) -> None:
    """Check the answer to a complaint, with those of its units, and put it on the echo wall.

    What does not clearly pass waits for a person.
    """
    words = await database.reads.fetchrow(FIND_ANSWER, complaint_id)
    if words is None:
        return
    judgement = await judge.judge(Words(words["openid"], "\n".join([words["answer"], *words["parts"]])))
    if again and judgement.outcome == "failed":
        return
    async with database.transaction() as connection:
        if await connection.fetchval(LOCK_ANSWER, complaint_id) != words["answered_at"]:
            return  # another answer has a check of its own, and one that is public was let through by a person
        passed = judgement.outcome == "pass"
        note = None if passed else NOTES[judgement.outcome]
        await keep(
            connection,
            COMPLAINT.subject,
            complaint_id,
            CheckedPart.ANSWER,
            PASS if passed else HOLD,
            judgement,
            note=note,
        )
        if passed:
            await handling.echo(connection, complaint_id, words["answered_at"], transitions.SYSTEM)


async def check_task(database: Database, judge: Judge, task_id: UUID, *, again: bool = False) -> None:
    """Check what staff call helpers with and let the task in; what does not clearly pass stays a draft for a person.

    Words that were changed while WeChat was asked are another job's.
    """
    words = await database.reads.fetchrow(FIND_TASK, task_id)
    if words is None:
        return
    openid, title, *told, skills = words
    content = "\n".join(filter(None, (*told, *skills)))
    judgement = await judge.judge(Words(openid, content or title, title))
    if again and judgement.outcome == "failed":
        return
    async with database.transaction() as connection:
        standing = await connection.fetchrow(LOCK_TASK, task_id)
        if standing is None or tuple(standing) != (title, *told, skills):
            return
        passed = judgement.outcome == "pass" and await posted_tasks.let_in(connection, task_id, transitions.SYSTEM)
        await _keep(connection, TASK, task_id, PASS if passed else HOLD, judgement)


async def check_series(
    database: Database, judge: Judge, series_id: UUID, *, weeks: int, base_points: int, again: bool = False
) -> None:
    """Check the words of a series, once for all of its tasks, and open it with those that are due.

    What does not clearly pass stays a draft for a person; words that were changed meanwhile are another job's.
    """
    words = await database.reads.fetchrow(FIND_SERIES, series_id)
    if words is None:
        return
    title, *told = words["title"], words["body"], words["place"]
    judgement = await judge.judge(Words(words["openid"], "\n".join(filter(None, told)) or title, title))
    if again and judgement.outcome == "failed":
        return
    async with database.transaction() as connection:
        series = await series_tasks.lock(connection, series_id)
        if series["status"] != "draft" or [series[name] for name in ("title", "body", "place")] != [title, *told]:
            return
        passed = judgement.outcome == "pass"
        if passed:
            opened = await transitions.move(connection, TASK_SERIES, series_id, "open", transitions.SYSTEM)
            until = task_series.horizon(weeks)
            await series_tasks.open_all(connection, opened, transitions.SYSTEM, until, base_points)
        await _keep(connection, TASK_SERIES, series_id, PASS if passed else HOLD, judgement)


async def hold_forgotten(database: Database, posted_before: datetime) -> int:
    """Hand what was never checked to its end over to people; return how many. None stays unseen (I10)."""
    held = 0
    for lifecycle, find in FIND_FORGOTTEN.items():
        for row in await database.reads.fetch(find, posted_before):
            async with database.transaction() as connection:
                moved = await transitions.find_and_move(
                    connection, lifecycle, row["id"], "hold_check", transitions.SYSTEM, note=CHECK_UNAVAILABLE
                )
                if moved is not None:
                    await keep(
                        connection, lifecycle.subject, row["id"], CheckedPart.WORDS, HOLD, note=CHECK_UNAVAILABLE
                    )
            held += moved is not None
    return held


def _state(*, again: bool) -> str:
    """Return in which state a thing waits for its verdict."""
    return "reviewing" if again else "checking"


async def _tell_readers(connection: Connection, lifecycle: Lifecycle, subject_id: UUID, judgement: Judgement) -> None:
    """Keep a verdict on what goes on waiting for people, who read it; no verdict is nothing new."""
    if judgement.outcome != "failed" and await connection.fetchval(LOCK_WAITING.format(lifecycle.subject), subject_id):
        await _keep(connection, lifecycle, subject_id, HOLD, judgement)


async def _move(
    connection: Connection, lifecycle: Lifecycle, subject_id: UUID, judgement: Judgement, *, passed: str, again: bool
) -> None:
    """Move a thing by its verdict and keep that; ``passed`` is what becomes of the check when WeChat says pass.

    What waits for people already is let through by a pass, and else goes on waiting.
    """
    kept = {"pass": passed, "review": HOLD, "failed": HOLD, "risky": REJECT}[judgement.outcome]
    if again and kept != PASS:
        await _tell_readers(connection, lifecycle, subject_id, judgement)
        return
    action = "pass_check" if judgement.outcome == "pass" else kept
    moved = await transitions.find_and_move(
        connection, lifecycle, subject_id, action, transitions.SYSTEM, note=NOTES[judgement.outcome]
    )
    await _keep(connection, lifecycle, subject_id, kept if moved is not None else DROP, judgement)
    if moved is not None and lifecycle is OFFER and moved["status"] in offers.TOLD:
        await offers.tell_owner(connection, moved)
    if moved is not None and kept == REJECT and lifecycle in REJECTED:
        told = [moved["author_id"]]
        await messages.tell(connection, told, REJECTED[lifecycle], subject_id, title=moved["title"])


async def _keep(
    connection: Connection, lifecycle: Lifecycle, subject_id: UUID, action: str, judgement: Judgement
) -> None:
    note = None if action == DROP else NOTES[judgement.outcome]
    await keep(connection, lifecycle.subject, subject_id, CheckedPart.WORDS, action, judgement, note=note)
