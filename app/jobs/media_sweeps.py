"""Sweeps over pictures and their files."""

from app.jobs.handlers import Parts
from app.jobs.rounds import BATCH, each, until_none
from app.services.media import checks, sweeping


async def tend_media_checks(parts: Parts) -> int:
    """Ask WeChat once more for its word on pictures, and then hand them over to people; return of how many."""
    async with parts.database.transaction() as connection:
        due = await checks.find_overdue(connection, BATCH)
    return await each(parts.database, due, checks.tend_overdue)


async def remove_unused_pictures(parts: Parts) -> int:
    """Remove pictures that belonged to nothing for a day; return how many."""
    return await until_none(parts.database, sweeping.find_unused, sweeping.remove_unused)


async def remove_rejected_pictures(parts: Parts) -> int:
    """Remove pictures that were rejected a month ago, some hundreds at most; return how many."""
    return await sweeping.remove_long_rejected(parts.database, parts.store)


async def delete_stray_files(parts: Parts) -> int:
    """Delete the files that no picture needs; return of how many pictures."""
    return await sweeping.delete_strays(parts.database, parts.store)
