"""Asking WeChat once more about what is held because it was too busy, unless people have decided by then."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from app.core.db import Database, Reads
from app.core.settings import Settings
from app.domain.kinds import CheckedPart
from app.services.content_checks import things, words
from app.services.content_checks.judging import Judge

# WeChat judges words of users whom it has seen within two hours, and they were there when they wrote them.
FIND = """
    SELECT id FROM content_check
    WHERE again_at <= $1 AND again_at > $1 - interval '100 minutes' AND status = 'held' AND suggest IS NULL
    ORDER BY again_at LIMIT $2
"""
TAKE = """
    UPDATE content_check SET again_at = NULL
    WHERE id = $1 AND again_at IS NOT NULL AND status = 'held' AND suggest IS NULL
    RETURNING id, subject_kind, subject_id, part
"""


async def find(reads: Reads, moment: datetime, limit: int) -> list[UUID]:
    """Return checks that it is time to have judged once more."""
    return [row["id"] for row in await reads.fetch(FIND, moment, limit)]


async def check_again(database: Database, judge: Judge, settings: Settings, check_id: UUID) -> None:
    """Have the words of a check judged that nobody has judged. Once: what fails again is left to people."""
    check = await database.writes.fetchrow(TAKE, check_id)
    if check is None:
        return
    kind, part, base_points = check["subject_kind"], check["part"], settings.wish_reward_points
    acts: dict[tuple[str, str], Callable[..., Awaitable[None]]] = {
        ("wish", CheckedPart.WORDS): partial(things.check_wish, base_points=base_points),
        ("errand", CheckedPart.WORDS): things.check_errand,
        ("offer", CheckedPart.WORDS): things.check_offer,
        ("complaint", CheckedPart.WORDS): partial(_check_complaint, settings),
        ("complaint", CheckedPart.ANSWER): things.check_answer,
        ("task", CheckedPart.WORDS): things.check_task,
        ("task_series", CheckedPart.WORDS): partial(
            things.check_series, weeks=settings.series_weeks, base_points=base_points
        ),
        ("user", CheckedPart.NICKNAME): words.check_nickname,
    }
    act = acts.get((kind, part))
    if act is None:
        await words.check_words_again(database, judge, check)
    else:
        await act(database, judge, check["subject_id"], again=True)


async def _check_complaint(
    settings: Settings, database: Database, judge: Judge, complaint_id: UUID, *, again: bool
) -> None:
    secret = settings.data_key.get_secret_value()
    await things.check_complaint(database, judge, secret, complaint_id, again=again)
