"""The sweeps of content checks: what was forgotten, what WeChat was too busy for, what people look at afterwards."""

from datetime import timedelta

from app.core.clock import end_of, now, today
from app.jobs.handlers import Parts
from app.jobs.rounds import BATCH, each
from app.services.content_checks import again, things, words
from app.services.content_checks import patrol as patrols
from app.services.content_checks.judging import Judge, sieve_of

CHECK_PATIENCE = timedelta(minutes=10)


async def hold_forgotten(parts: Parts) -> int:
    """Hand whatever has a content check that never ended over to people; return how many."""
    before = now() - CHECK_PATIENCE
    held = await things.hold_forgotten(parts.database, before)
    return held + await words.hold_forgotten(parts.database, before)


async def check_again(parts: Parts) -> int:
    """Have what is held because WeChat was too busy judged once more; return of how much."""
    due = await again.find(parts.database.reads, now(), BATCH)
    judge = Judge(parts.wechat, sieve_of(parts.settings))
    for check_id in due:
        await again.check_again(parts.database, judge, parts.settings, check_id)
    return len(due)


async def patrol(parts: Parts) -> int:
    """Let people look at a share of what machines let through yesterday; return at how many."""
    since, until = end_of(today() - timedelta(days=2)), end_of(today() - timedelta(days=1))
    due = await patrols.find(parts.database.reads, since, until, parts.settings.patrol_percent)
    return await each(parts.database, due, patrols.sample)
