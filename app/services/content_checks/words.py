"""Checking words that no state of their thing hangs on: nicknames, thanks, what a helper says of a delivery."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from app.core.db import Database
from app.domain.kinds import CheckedPart
from app.domain.texts import CHECK_UNAVAILABLE
from app.services import users
from app.services.content_checks.judging import Judge, Outcome, Words
from app.services.content_checks.keeping import HOLD, NOTES, PASS, REJECT, conclude, keep
from app.wechat.texts import Scene

FIND = "SELECT subject_kind, subject_id, part FROM content_check WHERE id = $1 AND status = 'asked'"
FIND_WORDS = {
    ("wish", CheckedPart.THANKS): """
        SELECT w.thanks AS words, u.openid FROM wish w JOIN "user" u ON u.id = w.author_id WHERE w.id = $1
    """,
    ("claim", CheckedPart.NOTE): """
        SELECT c.note AS words, u.openid FROM claim c JOIN "user" u ON u.id = c.user_id WHERE c.id = $1
    """,
}
LOCK_UNJUDGED = "SELECT true FROM content_check WHERE id = $1 AND status = 'held' AND suggest IS NULL FOR UPDATE"
ACTIONS: dict[Outcome, str] = {"pass": PASS, "review": HOLD, "failed": HOLD, "risky": REJECT}
FIND_FORGOTTEN = "SELECT id FROM content_check WHERE status = 'asked' AND created_at < $1 ORDER BY created_at LIMIT 500"


async def check_words(database: Database, judge: Judge, check_id: UUID) -> None:
    """Have the words of a check judged; a pass lets others read them. Done twice, nothing is left to do."""
    asked = await database.reads.fetchrow(FIND, check_id)
    if asked is None:
        return
    judgement = await judge.judge(await _words_of(database, asked))
    async with database.transaction() as connection:
        outcome = judgement.outcome
        await conclude(connection, check_id, ACTIONS[outcome], judgement, note=NOTES[outcome])


async def check_words_again(database: Database, judge: Judge, check: Record) -> None:
    """Have words judged once more that are held because WeChat was too busy, unless people were first."""
    judgement = await judge.judge(await _words_of(database, check))
    outcome = judgement.outcome
    if outcome == "failed":
        return
    async with database.transaction() as connection:
        if await connection.fetchval(LOCK_UNJUDGED, check["id"]):
            part, action = CheckedPart(check["part"]), ACTIONS[outcome]
            kind, subject_id = check["subject_kind"], check["subject_id"]
            await keep(connection, kind, subject_id, part, action, judgement, note=NOTES[outcome])


async def check_nickname(database: Database, judge: Judge, user_id: UUID, *, again: bool = False) -> None:
    """Check a chosen name: others see it after a pass; after a refusal the old one stays, and doubt waits for people.

    When WeChat cannot be asked a person looks, and the next log-in orders the check anew.
    """
    pending = await users.find_pending_nickname(database.reads, user_id)
    if pending is None:
        return
    openid, nickname = pending
    judgement = await judge.judge(Words(openid, nickname, nickname=nickname, scene=Scene.PROFILE))
    outcome = judgement.outcome
    if again and outcome == "failed":
        return
    async with database.transaction() as connection:
        if not await users.hold_nickname(connection, user_id, nickname):
            return  # another was chosen meanwhile, which has a check of its own
        await keep(connection, "user", user_id, CheckedPart.NICKNAME, ACTIONS[outcome], judgement, note=NOTES[outcome])
        if outcome in {"pass", "risky"}:
            await users.decide_nickname(connection, user_id, nickname, passed=outcome == "pass")


async def hold_forgotten(database: Database, asked_before: datetime) -> int:
    """Hand words over to people whose check never ended; return how many."""
    held = 0
    for row in await database.reads.fetch(FIND_FORGOTTEN, asked_before):
        async with database.transaction() as connection:
            held += await conclude(connection, row["id"], HOLD, None, note=CHECK_UNAVAILABLE) is not None
    return held


async def _words_of(database: Database, check: Record) -> Words:
    find = FIND_WORDS[check["subject_kind"], CheckedPart(check["part"])]
    found = await database.reads.fetchrow(find, check["subject_id"])
    assert found is not None, "what is checked is never deleted"
    return Words(found["openid"], found["words"], scene=Scene.COMMENT)
