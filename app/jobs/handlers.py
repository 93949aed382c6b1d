"""What jobs do: each handler is a few lines around a use case."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from uuid import UUID

import structlog

from app import ledger
from app.core import queue
from app.core.clock import now, today
from app.core.db import Database
from app.core.pagination import LOWEST
from app.core.settings import Settings
from app.core.store import Store
from app.domain import months
from app.domain.message_templates import Templates
from app.domain.seals import SHORT_LOOK_BACK
from app.jobs.rounds import BATCH, each, in_batches, until_none, while_full
from app.services import (
    attendances,
    digests,
    fulfilment,
    idempotency,
    points,
    posted_tasks,
    rates,
    reconciliation,
    reminders,
    routing,
    seals,
    series_tasks,
    settlements,
    similar,
    task_series,
    task_words,
    transitions,
    vouchers,
    waiting,
    wishes,
)
from app.services.area_changes import complaints as area_complaints
from app.services.call_outs import ordering
from app.services.complaints import news, overdue, residents
from app.services.errands import asking as errands
from app.services.imports import clearing
from app.services.lending import lines as lending_lines
from app.services.lending import loans, plans, requests
from app.services.limits import Terms
from app.services.orders import due as orders_due
from app.services.pledges import holding
from app.services.task_lists import publishing as list_publishing
from app.wechat import templates
from app.wechat.client import WeChat

log = structlog.get_logger(__name__)

KEY_LIFE = timedelta(days=30)
JOB_NOTES_LIFE = timedelta(days=14)


@dataclass(frozen=True)
class Parts:
    """What handlers work with."""

    database: Database
    wechat: WeChat
    settings: Settings
    batch: int = BATCH

    @cached_property
    def store(self) -> Store:
        """Where files lie."""
        return Store.of(self.settings)

    @cached_property
    def ringing(self) -> Templates:
        """By which templates messages ring. Raises SettingsError when their file cannot be used."""
        return templates.load(self.settings)

    @property
    def terms(self) -> Terms:
        """On what terms seats are given."""
        return Terms.of(self.settings)


async def confirm_silent(parts: Parts) -> int:
    """Confirm deliveries to which the resident said nothing for ``confirm_days``; return how many."""
    before = now() - timedelta(days=parts.settings.confirm_days)
    async with parts.database.transaction() as connection:
        due = await fulfilment.find_silent(connection, before)
    return await each(
        parts.database,
        due,
        lambda connection, service: fulfilment.fulfil(
            connection, service, "confirm_silent", transitions.SYSTEM, terms=parts.terms
        ),
    )


async def ask_to_confirm(parts: Parts) -> int:
    """Ask residents to confirm what will be confirmed without a word within a day; return how many."""
    silence = reminders.Silence(now(), timedelta(days=parts.settings.confirm_days))
    return await until_none(
        parts.database,
        lambda connection, limit: reminders.find_unconfirmed(connection, silence, limit),
        lambda connection, claim_id: reminders.ask_to_confirm(connection, claim_id, silence),
    )


async def lapse_overdue(parts: Parts) -> int:
    """Free the seats of claims whose time without a delivery is over, for the next in line; return how many."""
    async with parts.database.transaction() as connection:
        due = await fulfilment.find_overdue(connection, now())
    return await each(
        parts.database,
        due,
        lambda connection, service: fulfilment.free(
            connection, service, "lapse", transitions.SYSTEM, terms=parts.terms
        ),
    )


async def remind_claimants(parts: Parts) -> int:
    """Remind of claims without a delivery, half-way to their end and a day before it; return how many times."""
    moment = now()
    return await until_none(
        parts.database,
        lambda connection, limit: reminders.find_due(connection, moment, limit),
        lambda connection, claim_id: reminders.remind(connection, claim_id, moment),
    )


async def move_up(parts: Parts) -> int:
    """Let those move up for whom a seat is free; end places of those who have one. Return of how many tasks and places.

    Finds whoever was busy at the moment in which the seat freed, and whoever may take it only since.
    """
    filled = await until_none(
        parts.database,
        lambda connection, limit: waiting.find_movable(connection, parts.terms, limit),
        lambda connection, task_id: waiting.fill(connection, parts.terms, task_id),
    )
    return filled + await until_none(parts.database, waiting.find_seated, waiting.end_seated)


async def close_attendances(parts: Parts) -> int:
    """End the stays of those who forgot to check out, when it was planned; return how many."""
    return await until_none(parts.database, attendances.find_over, attendances.close)


async def end_pledges(parts: Parts) -> int:
    """Give back the seats for which groups named nobody in time, for the next in line; return of how many pledges."""
    return await until_none(
        parts.database,
        holding.find_due,
        lambda connection, pledge_id: holding.end_due(connection, parts.terms, pledge_id),
    )


async def end_tasks(parts: Parts) -> int:
    """End tasks that nobody can claim any more; return how many."""
    async with parts.database.transaction() as connection:
        due = await posted_tasks.find_over(connection, now())
    return await each(parts.database, due, posted_tasks.end)


async def make_series_tasks(parts: Parts) -> int:
    """Make the tasks of series some weeks ahead, and end series whose last day is over; return of how many series."""
    until, base_points = task_series.horizon(parts.settings.series_weeks), parts.settings.wish_reward_points
    done = await until_none(
        parts.database,
        partial(series_tasks.find_due, until=until),
        partial(series_tasks.make_due, until=until, base_points=base_points),
    )
    return done + await until_none(parts.database, series_tasks.find_over, series_tasks.finish)


async def close_lists(parts: Parts) -> int:
    """Close monthly lists whose month is over; return how many."""
    return await until_none(parts.database, list_publishing.find_over, list_publishing.close)


async def expire_wishes(parts: Parts) -> int:
    """End wishes that nobody claimed for ``wish_days``; return how many."""
    before = now() - timedelta(days=parts.settings.wish_days)
    async with parts.database.transaction() as connection:
        due = await wishes.find_unclaimed(connection, before)
    return await each(parts.database, due, wishes.expire)


async def expire_errands(parts: Parts) -> int:
    """End errands that nobody claimed for ``wish_days``; return how many."""
    before = now() - timedelta(days=parts.settings.wish_days)
    async with parts.database.transaction() as connection:
        due = await errands.find_unclaimed(connection, before)
    return await each(parts.database, due, errands.expire)


async def expire_vouchers(parts: Parts) -> int:
    """Give back vouchers whose time is over; return how many."""
    async with parts.database.transaction() as connection:
        due = await vouchers.find_due(connection, now())
    return await each(parts.database, due, vouchers.expire)


async def give_back_vouchers(parts: Parts) -> int:
    """Give back open vouchers of shops that do not honour them any more; return how many.

    Finds what a job was interrupted in, and the voucher that somebody took in the moment in which the shop went.
    """
    async with parts.database.transaction() as connection:
        due = await vouchers.find_unhonoured(connection)
    return await each(parts.database, due, vouchers.give_back)


async def give_back_vouchers_of_shop(parts: Parts, merchant_id: UUID) -> None:
    """Give back all open vouchers of a shop that does not honour them any more. Done twice, nothing is left to do."""
    while True:
        async with parts.database.transaction() as connection:
            due = await vouchers.find_unhonoured(connection, merchant_id)
        if not await each(parts.database, due, vouchers.give_back):
            return


async def place_complaint_texts(parts: Parts, area_id: UUID) -> None:
    """Let the complaints of an area that moved be found where it is now. Done twice, nothing is left to do."""
    await while_full(parts.database, lambda connection, limit: area_complaints.place_texts(connection, area_id, limit))


async def mature_points(parts: Parts) -> int:
    """Let users spend what waited long enough; return of how many accounts."""
    return await in_batches(parts.database, ledger.find_mature, points.mature, parts.batch)


async def expire_points(parts: Parts) -> int:
    """Take what nobody spent in time; return of how many accounts."""
    return await in_batches(parts.database, ledger.find_expired, points.expire, parts.batch)


async def warn_expiry(parts: Parts) -> int:
    """Warn of points that expire soon, once a month and once a week before; return how many times."""
    warned = 0
    for days_before in points.WARNED_DAYS_BEFORE:
        warn = partial(points.warn, days_before=days_before)
        warned += await while_full(parts.database, warn, parts.batch)
    return warned


async def close_silent(parts: Parts) -> int:
    """Close answered complaints whose complainants said nothing for 14 days; return how many."""
    async with parts.database.transaction() as connection:
        due = await residents.find_silent(connection)
    return await each(parts.database, due, residents.close_silent)


async def ask_to_rate(parts: Parts) -> int:
    """Have complainants asked to rate answers whose complaints close in a day; return of how many."""
    return await until_none(parts.database, residents.find_unrated, residents.ask_to_rate)


async def tell_complainants(parts: Parts) -> int:
    """Tell people what became of their complaints since the last round; return of how many notes."""
    secret = parts.settings.data_key.get_secret_value()
    return await while_full(parts.database, lambda connection, limit: news.tell(connection, secret, limit))


async def escalate_overdue(parts: Parts) -> int:
    """Hand complaints up a level whose deadline was missed; return how many."""
    return await until_none(parts.database, overdue.find_overdue, overdue.escalate)


async def remind_due(parts: Parts) -> int:
    """Remind of deadlines of which a fifth of the time is left; return of how many."""
    return await until_none(parts.database, overdue.find_due_soon, overdue.remind)


async def lapse_call_outs(parts: Parts) -> int:
    """Withdraw call-outs that nobody has confirmed within a day; return how many."""
    moment = now()
    return await until_none(
        parts.database,
        lambda connection, limit: ordering.find_unconfirmed(connection, moment, limit),
        ordering.lapse,
    )


async def tell_due_orders(parts: Parts) -> int:
    """Remind areas of orders that are due in a day, and tell who ordered who is late; return of how many orders."""
    moment = now()
    return await until_none(
        parts.database,
        lambda connection, limit: orders_due.find(connection, moment, limit),
        lambda connection, order_id: orders_due.tell(connection, order_id, moment),
    )


async def digest_stuck(parts: Parts) -> int:
    """Put together for each area what is stuck this morning; return for how many."""
    async with parts.database.transaction() as connection:
        return await digests.draw_up(connection)


async def end_loans(parts: Parts) -> int:
    """End loans whose time is over or whose grounds are gone; return how many."""
    return await until_none(parts.database, loans.find_due, loans.expire)


async def tend_lending(parts: Parts) -> int:
    """Give up plans that were never drawn up, end lines that are over, ask others where people said nothing."""
    done = await until_none(parts.database, plans.find_forgotten, plans.give_up)
    done += await until_none(parts.database, lending_lines.find_over, lending_lines.lapse)
    above: UUID | None = LOWEST
    while above is not None:
        asking = await lending_lines.find_asking(parts.database.reads, above, BATCH)
        await each(parts.database, asking, requests.tend)
        above = asking[-1] if len(asking) == BATCH else None
    return done


async def read_complaints(parts: Parts) -> int:
    """Learn from what staff did, note what complaints say that nobody noted, drop the old; return of how many."""
    done = await while_full(parts.database, routing.learn)
    done += await while_full(parts.database, similar.read_unread)
    async with parts.database.transaction() as connection:
        return done + await similar.forget_old(connection)


async def read_tasks(parts: Parts) -> int:
    """Note what tasks say that nobody noted, and forget what those said that ended; return of how many."""
    done = await while_full(parts.database, task_words.read_unread)
    async with parts.database.transaction() as connection:
        return done + await task_words.forget_ended(connection)


async def clear_imports(parts: Parts) -> int:
    """End imports that nobody goes on with, and forget what those that ended left behind; return how many."""
    done = 0
    for find, act in (
        (clearing.find_stuck, clearing.give_up),
        (clearing.find_abandoned, clearing.abandon),
        (clearing.find_ended, clearing.forget),
    ):
        done += await until_none(parts.database, find, act)
    return done


async def forget_keys(parts: Parts) -> int:
    """Delete idempotency keys of more than 30 days; return how many."""
    before = now() - KEY_LIFE
    return await while_full(
        parts.database, lambda connection, limit: idempotency.forget_before(connection, before, limit)
    )


async def forget_jobs(parts: Parts) -> int:
    """Delete what the queue noted of jobs more than two weeks ago; return how many notes."""
    before = now() - JOB_NOTES_LIFE
    return await while_full(parts.database, lambda connection, limit: queue.forget_before(connection, before, limit))


async def seal_ledger(parts: Parts) -> int:
    """Seal the transfers that were committed since the last seal; return how many."""
    return await seals.seal_all(parts.database, SHORT_LOOK_BACK)


async def seal_late(parts: Parts) -> int:
    """Seal what was committed so late that the sealing of each minute looks past it; return how many."""
    return await seals.seal_all(parts.database)


async def reconcile(parts: Parts) -> int:
    """Prove that all points add up; where they do not, stop settling and say so. Returns how many rows differ."""
    async with parts.database.snapshot() as connection:
        found = await reconciliation.reconcile(connection)
    if not found.is_clean:
        async with parts.database.transaction() as connection:
            await reconciliation.halt(connection, found)
        broken = {rule: rows for rule, rows in found.breaches.items() if rows}
        log.error("the points do not add up: nothing is settled until `echowall reconcile --lift`", broken=broken)
    return found.rows


async def draft_settlements(parts: Parts) -> int:
    """Draft last month's statements of the shops that have none yet; return how many."""
    month = months.before(months.of(today()))
    async with parts.database.transaction() as connection:
        due = await settlements.find_undrafted(connection, month)
    return await each(
        parts.database,
        due,
        lambda connection, merchant_id: settlements.draft_due(connection, merchant_id, month),
    )


async def publish_rates(parts: Parts) -> int:
    """Publish the rates as of the last midnight, of the months still open to change; return of how many months."""
    return await rates.publish(parts.database, now())
