"""Content checks: what somebody wrote, WeChat's verdict on it, and what follows. Nothing is published unchecked (I10).

WeChat is asked between two short transactions, never inside one. Whatever is not a clear pass waits for a person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog

from app.core.clock import now
from app.core.db import Database
from app.domain.errors import Problem
from app.domain.lifecycles import COMPLAINT, ERRAND, OFFER, TASK_SERIES, WISH
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from app.services import complainants, posted_tasks, series_tasks, task_series, transitions, users, wishes
from app.services.complaints import handling, repeats
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError
from app.wechat.texts import Scene

log = structlog.get_logger(__name__)

FIND_WISH = """
    SELECT w.title, w.body, u.openid, a.is_wish_review_required
    FROM wish w JOIN "user" u ON u.id = w.author_id JOIN area a ON a.id = w.area_id
    WHERE w.id = $1 AND w.status = 'checking'
"""
FIND_ERRAND = """
    SELECT e.title, e.body, u.openid FROM errand e JOIN "user" u ON u.id = e.author_id
    WHERE e.id = $1 AND e.status = 'checking'
"""
FIND_OFFER = """
    SELECT o.title, o.description, o.terms, u.openid
    FROM offer o JOIN merchant m ON m.id = o.merchant_id JOIN "user" u ON u.id = m.owner_id
    WHERE o.id = $1 AND o.status = 'checking'
"""
LOCK_OFFER = "SELECT title, description, terms FROM offer WHERE id = $1 AND status = 'checking' FOR UPDATE"
FIND_COMPLAINT = """
    SELECT c.title, c.body, typist.openid FROM complaint c LEFT JOIN "user" typist ON typist.id = c.entered_by
    WHERE c.id = $1 AND c.status = 'checking'
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
FIND_TASK = """
    SELECT u.openid, t.title, t.body, t.place, t.skills FROM task t JOIN "user" u ON u.id = t.author_id
    WHERE t.id = $1 AND t.status = 'draft'
"""
FIND_SERIES = """
    SELECT s.title, s.body, s.place, u.openid FROM task_series s JOIN "user" u ON u.id = s.author_id
    WHERE s.id = $1 AND s.status = 'draft'
"""
LOCK_TASK = "SELECT title, body, place, skills FROM task WHERE id = $1 AND status = 'draft' FOR UPDATE"
FIND_FORGOTTEN = {
    lifecycle: f"SELECT id FROM {lifecycle.subject} WHERE status = 'checking' AND {since} < $1 ORDER BY id LIMIT 500"
    for lifecycle, since in (
        (WISH, "created_at"),
        (ERRAND, "created_at"),
        (OFFER, "worded_at"),
        (COMPLAINT, "created_at"),
    )
}

Outcome = Literal["pass", "review", "risky", "failed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The action that an outcome leads to, and what history says of it."""

    action: str
    note: str | None = None


DECISIONS: dict[Outcome, Decision] = {
    "pass": Decision("pass_check"),
    "review": Decision("hold_check", HELD_FOR_REVIEW),
    "failed": Decision("hold_check", CHECK_UNAVAILABLE),
    "risky": Decision("reject_check", REJECTED_BY_CHECK),
}


async def check_wish(database: Database, wechat: WeChat, wish_id: UUID, base_points: int) -> None:
    """Check a wish and move it on. Done twice, the second time finds nothing to do."""
    wish = await database.reads.fetchrow(FIND_WISH, wish_id)
    if wish is None:
        return
    outcome = await _ask(wechat, wish["openid"], f"{wish['title']}\n{wish['body']}", Scene.FORUM)
    decision = DECISIONS[outcome]
    async with database.transaction() as connection:
        try:
            if outcome == "pass" and not wish["is_wish_review_required"]:
                await wishes.publish(connection, wish_id, "pass_check_unreviewed", transitions.SYSTEM, base_points)
            else:
                await transitions.move(
                    connection, WISH, wish_id, decision.action, transitions.SYSTEM, note=decision.note
                )
        except Problem as problem:
            if problem.type.code != "state-conflict":
                raise  # its author withdrew it meanwhile: nothing is left to decide


async def check_errand(database: Database, wechat: WeChat, errand_id: UUID) -> None:
    """Check the words of an errand; whatever comes of it but a clear refusal, staff read it next."""
    errand = await database.reads.fetchrow(FIND_ERRAND, errand_id)
    if errand is None:
        return
    outcome = await _ask(wechat, errand["openid"], f"{errand['title']}\n{errand['body']}", Scene.FORUM)
    decision = DECISIONS[outcome]
    async with database.transaction() as connection:
        await transitions.find_and_move(
            connection, ERRAND, errand_id, decision.action, transitions.SYSTEM, note=decision.note
        )


async def check_offer(database: Database, wechat: WeChat, offer_id: UUID) -> None:
    """Check an offer's words and list it, hold it for the alliance, or reject it.

    Words that were changed while WeChat was asked are another job's: the verdict counts for what it was asked about.
    """
    offer = await database.reads.fetchrow(FIND_OFFER, offer_id)
    if offer is None:
        return
    words = (offer["title"], offer["description"], offer["terms"])
    outcome = await _ask(wechat, offer["openid"], "\n".join(filter(None, words)), Scene.FORUM)
    decision = DECISIONS[outcome]
    async with database.transaction() as connection:
        standing = await connection.fetchrow(LOCK_OFFER, offer_id)
        if standing is None or tuple(standing) != words:
            return
        await transitions.find_and_move(
            connection, OFFER, offer_id, decision.action, transitions.SYSTEM, note=decision.note
        )


async def check_complaint(database: Database, wechat: WeChat, secret: str, complaint_id: UUID) -> None:
    """Check a complaint: a clear pass opens it, everything else waits for a person. None is turned away by a machine.

    WeChat is asked about what others would read, as the person who typed it; where nobody of WeChat
    did, a person looks.
    """
    words = await database.reads.fetchrow(FIND_COMPLAINT, complaint_id)
    if words is None:
        return
    openid = words["openid"]
    if openid is None:
        who = await complainants.find(database.reads, secret, complaint_id)
        openid = who.user_id and await database.reads.fetchval(FIND_OPENID, who.user_id)
    content = "\n".join(filter(None, (words["title"], words["body"])))
    outcome = await _ask(wechat, openid, content, Scene.FORUM) if openid else "failed"
    async with database.transaction() as connection:
        if outcome == "pass":
            found = await repeats.look(connection, complaint_id)
            opened = await transitions.find_and_move(
                connection, COMPLAINT, complaint_id, "pass_check", transitions.SYSTEM, changes={"opened_at": now()}
            )
            if opened is not None:
                await repeats.follow(connection, opened, found)
        else:
            note = CHECK_UNAVAILABLE if outcome == "failed" else HELD_FOR_REVIEW
            await transitions.find_and_move(
                connection, COMPLAINT, complaint_id, "hold_check", transitions.SYSTEM, note=note
            )


async def check_answer(database: Database, wechat: WeChat, complaint_id: UUID) -> None:
    """Check the answer to a complaint, with those of its units, and put it on the echo wall.

    What does not clearly pass waits for a person.
    """
    words = await database.reads.fetchrow(FIND_ANSWER, complaint_id)
    if words is None:
        return
    outcome = await _ask(wechat, words["openid"], "\n".join([words["answer"], *words["parts"]]), Scene.FORUM)
    if outcome == "pass":
        async with database.transaction() as connection:
            await handling.echo(connection, complaint_id, words["answered_at"], transitions.SYSTEM)


async def check_task(database: Database, wechat: WeChat, task_id: UUID) -> None:
    """Check what staff call helpers with and let the task in; what does not clearly pass stays a draft for a person.

    Words that were changed while WeChat was asked are another job's.
    """
    words = await database.reads.fetchrow(FIND_TASK, task_id)
    if words is None:
        return
    openid, *told, skills = words
    outcome = await _ask(wechat, openid, "\n".join(filter(None, (*told, *skills))), Scene.FORUM)
    if outcome == "pass":
        async with database.transaction() as connection:
            standing = await connection.fetchrow(LOCK_TASK, task_id)
            if standing is not None and tuple(standing) == (*told, skills):
                await posted_tasks.let_in(connection, task_id, transitions.SYSTEM)


async def check_series(database: Database, wechat: WeChat, series_id: UUID, *, weeks: int, base_points: int) -> None:
    """Check the words of a series, once for all of its tasks, and open it with those that are due.

    What does not clearly pass stays a draft for a person; words that were changed meanwhile are another job's.
    """
    words = await database.reads.fetchrow(FIND_SERIES, series_id)
    if words is None:
        return
    told = (words["title"], words["body"], words["place"])
    outcome = await _ask(wechat, words["openid"], "\n".join(filter(None, told)), Scene.FORUM)
    if outcome == "pass":
        async with database.transaction() as connection:
            series = await series_tasks.lock(connection, series_id)
            if series["status"] == "draft" and (series["title"], series["body"], series["place"]) == told:
                opened = await transitions.move(connection, TASK_SERIES, series_id, "open", transitions.SYSTEM)
                until = task_series.horizon(weeks)
                await series_tasks.open_all(connection, opened, transitions.SYSTEM, until, base_points)


async def check_nickname(database: Database, wechat: WeChat, user_id: UUID) -> None:
    """Check a chosen name: others see it after a pass; after a refusal the old one stays.

    When WeChat cannot be asked the name goes on waiting; the next log-in orders the check anew.
    """
    pending = await users.find_pending_nickname(database.reads, user_id)
    if pending is None:
        return
    openid, nickname = pending
    outcome = await _ask(wechat, openid, nickname, Scene.PROFILE)
    if outcome == "failed":
        return
    async with database.transaction() as connection:
        await users.decide_nickname(connection, user_id, nickname, passed=outcome == "pass")


async def hold_forgotten(database: Database, posted_before: datetime) -> int:
    """Hand what was never checked to its end over to people; return how many. None stays unseen (I10)."""
    held = 0
    for lifecycle, find in FIND_FORGOTTEN.items():
        for row in await database.reads.fetch(find, posted_before):
            async with database.transaction() as connection:
                moved = await transitions.find_and_move(
                    connection, lifecycle, row["id"], "hold_check", transitions.SYSTEM, note=CHECK_UNAVAILABLE
                )
            held += moved is not None
    return held


async def _ask(wechat: WeChat, openid: str, content: str, scene: Scene) -> Outcome:
    try:
        verdict = await wechat.check_text(openid, content, scene=scene)
    except WeChatError as error:
        log.warning("content check failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
        return "failed"
    return verdict.suggest
