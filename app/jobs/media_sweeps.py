"""Sweeps over pictures and their files."""

from app.jobs.handlers import Parts
from app.jobs.rounds import until_none
from app.services.media import sweeping


async def remove_unused_pictures(parts: Parts) -> int:
    """Remove pictures that belonged to nothing for a day; return how many."""
    return await until_none(parts.database, sweeping.find_unused, sweeping.remove_unused)


async def delete_stray_files(parts: Parts) -> int:
    """Delete the files that no picture needs; return of how many pictures."""
    return await sweeping.delete_strays(parts.database, parts.store)
