"""Links to subscribe to one's own calendar: made, taken back, and what is read by them (RFC 5545)."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

from asyncpg import Connection
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.core.clock import now
from app.core.db import Reads
from app.core.security import keyed_fingerprint
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import TaskKind
from app.domain.lifecycle import Party
from app.domain.texts import CALENDAR_NAME, TEAM_SERVICE
from app.services import own_calendars, transitions
from app.services.own_calendars import ClaimedTask, WeeklyService
from app.services.transitions import Mover

TOKEN_BYTES = 32
LOOK_BACK, LOOK_AHEAD = timedelta(days=30), timedelta(days=366)
REFRESH = timedelta(hours=6)
ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

TAKE = """
    INSERT INTO calendar_link (user_id, token_hash, created_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at
"""
DELETE = "DELETE FROM calendar_link WHERE user_id = $1 RETURNING user_id"


async def make(connection: Connection, caller: Caller, *, secret: str) -> dict[str, Any]:
    """Make the caller's link, which the answer alone tells; the one before leads nowhere any more."""
    token, moment = secrets.token_urlsafe(TOKEN_BYTES), now()
    await connection.execute(TAKE, caller.id, _hash(secret, token), moment)
    await transitions.log(connection, "calendar_link", caller.id, "create", "active", Mover(Party.AUTHOR, caller.id))
    return {"path": f"/v1/calendars/{token}.ics", "created_at": moment, "actions": ["unlink"]}


async def take_back(connection: Connection, caller: Caller) -> None:
    """Take the caller's link back; it counts at once. Raises ``not-found`` without one."""
    if await connection.fetchval(DELETE, caller.id) is None:
        raise Problem("not-found")
    await transitions.log(connection, "calendar_link", caller.id, "delete", "deleted", Mover(Party.AUTHOR, caller.id))


async def read(reads: Reads, token: str, *, secret: str) -> bytes:
    """Return the calendar that a link leads to, as a file of RFC 5545: the last month and the next year.

    What was given back or called off is in it as cancelled, so that it goes from the reader's calendar too. Nobody is
    named in it. Raises ``not-found`` for a link that leads nowhere.
    """
    moment = now()
    arguments = (_hash(secret, token), moment - LOOK_BACK, moment + LOOK_AHEAD)
    entries = await own_calendars.find_by_link(reads, *arguments)
    if entries is None:
        raise Problem("not-found")
    calendar = Calendar()
    calendar.add("prodid", "-//Echo Wall//Calendar//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", CALENDAR_NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})  # RFC 7986, section 5.7
    calendar.add("x-published-ttl", REFRESH)
    if entries.services:
        calendar.add_component(_zone())
    for claim in entries.claims:
        calendar.add_component(_claim_event(claim))
    for service in entries.services:
        calendar.add_component(_service_event(service))
    content: bytes = calendar.to_ical()
    return content


def _hash(secret: str, token: str) -> bytes:
    return keyed_fingerprint(secret, b"calendar-link", token.encode("utf-8", "surrogatepass"))


def _zone() -> Timezone:
    """Return the one time of China as it has been since 1991."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15))  # noqa: DTZ001 - an onset is local time by RFC 5545, section 3.6.5
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone = Timezone()
    zone.add("tzid", ZONE.key)
    zone.add_component(standard)
    return zone


def _claim_event(claim: ClaimedTask) -> Event:
    """Return a task as an event; claimed anew, it is the same event again."""
    event = _event(f"task-{claim.task_id}", claim.title, claim.changed_at)
    if claim.is_due:
        event.add("dtstart", claim.starts_at.date())
        event.add("dtend", claim.ends_at.date())
    else:
        event.add("dtstart", claim.starts_at.astimezone(UTC))
        event.add("dtend", claim.ends_at.astimezone(UTC))
    event.add("status", "CONFIRMED" if claim.is_kept else "CANCELLED")
    if claim.place is not None:
        event.add("location", claim.place)
    if claim.is_due or claim.task_kind == TaskKind.PAIRING:
        event.add("transp", "TRANSPARENT")  # a day, weeks or months in which nobody is busy all the time
    return event


def _service_event(service: WeeklyService) -> Event:
    """Return what a team does each week as one event that comes again."""
    what = f"{service.title} {service.weekdays} {service.opens}-{service.closes}"
    title = TEAM_SERVICE.format(team=service.team_name, title=service.title)
    event = _event(f"team-{uuid5(service.team_id, what)}", title, service.changed_at)
    starts_at, ends_at = service.on(_first_day(service))
    event.add("dtstart", starts_at.astimezone(ZONE))
    event.add("dtend", ends_at.astimezone(ZONE))
    event.add("rrule", {"freq": "weekly", "byday": [WEEKDAYS[weekday - 1] for weekday in service.weekdays]})
    event.add("status", "CONFIRMED")
    return event


def _event(uid: str, title: str, changed_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@echowall")
    event.add("dtstamp", changed_at.astimezone(UTC))  # without a METHOD, when it was revised last (section 3.8.7.2)
    event.add("summary", title)
    return event


def _first_day(service: WeeklyService) -> date:
    days = (service.since + timedelta(days=number) for number in range(7))
    return next(day for day in days if day.isoweekday() in service.weekdays)
