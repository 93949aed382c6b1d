"""Sweeps over what goes to WeChat and comes from there."""

from uuid import UUID

import structlog

from app.core.clock import now
from app.core.pagination import LOWEST
from app.jobs.handlers import Parts
from app.jobs.rounds import BATCH, each, until_none, while_full
from app.services import leaving, push_inbox, pushes, ringing

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


async def forget_rings(parts: Parts) -> int:
    """Delete what rang, or did not, more than 30 days ago; return how much."""
    return await while_full(parts.database, ringing.forget)


async def end_leavings(parts: Parts) -> int:
    """End what closed accounts have open; return of how many accounts.

    Finds what the job was interrupted in, and what a request brought that was under way when the account closed.
    """
    above: UUID | None = LOWEST
    done = 0
    while above is not None:
        user_ids = await leaving.find_unended(parts.database.reads, above, BATCH)
        for user_id in user_ids:
            try:
                await end_leaving(parts, user_id)
                done += 1
            except Exception as error:  # noqa: BLE001 - the others do not wait for one that fails
                log.error("a closed account cannot be ended", user_id=str(user_id), kind=type(error).__name__)  # noqa: TRY400
        above = user_ids[-1] if len(user_ids) == BATCH else None
    return done


async def end_leaving(parts: Parts, user_id: UUID) -> None:
    """End what a closed account has open, one thing a transaction. Done twice, nothing is left to do."""
    while things := await leaving.find_open(parts.database.reads, user_id):
        if not await each(
            parts.database, things, lambda connection, thing: leaving.end_one(connection, parts.terms, thing)
        ):
            return  # somebody else is at what is left: the sweep comes again
    async with parts.database.transaction() as connection:
        await leaving.finish(connection, parts.settings.data_key.get_secret_value(), user_id)


async def ring_due(parts: Parts, _order_id: UUID) -> None:
    """Ring whoever is due; what is left after one round is ordered anew. Done twice, nothing is left to do."""
    if await ringing.ring_due(parts.database, parts.wechat, parts.ringing) >= ringing.ROUND_MAX:
        async with parts.database.transaction() as connection:
            await ringing.order(connection)


async def ring_waiting(parts: Parts) -> int:
    """Ring whoever is due since a while, in the morning or after WeChat was busy; give up what was cut off.

    Returns how many.
    """
    lost = await until_none(parts.database, ringing.find_lost, ringing.give_up)
    return lost + await ringing.ring_due(parts.database, parts.wechat, parts.ringing)
