"""Sweeps over what goes to WeChat and comes from there."""

import structlog

from app.core.clock import now
from app.jobs.handlers import Parts
from app.jobs.rounds import BATCH
from app.services import push_inbox, pushes

log = structlog.get_logger(__name__)


async def take_pushes(parts: Parts) -> int:
    """Take what WeChat pushed and no job has brought to an end: it came too early, or failed; return how many."""
    due, done = await push_inbox.find_due(parts.database.reads, now(), BATCH), 0
    for event_id in due:
        try:
            done += await pushes.take(parts.database, parts.settings.data_key.get_secret_value(), event_id)
        except Exception as error:  # noqa: BLE001 - the others do not wait for one that fails
            log.error("a push cannot be taken", event_id=str(event_id), kind=type(error).__name__)  # noqa: TRY400
    return done


async def forget_pushes(parts: Parts) -> int:
    """Delete what WeChat pushed more than 30 days ago; return how many."""
    forgotten, gone = 0, BATCH
    while gone == BATCH:
        async with parts.database.transaction() as connection:
            gone, undone = await push_inbox.forget(connection, BATCH)
        forgotten += gone
        if undone:
            log.warning("pushes were forgotten that nothing came of", events=undone)
    return forgotten
