"""A person's own calendar: the tasks that they claimed, by when they are, and what their teams do each week."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import SHANGHAI, local_date
from app.core.db import Reads
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import TaskKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import CLAIM, LIVE_CLAIM_STATES
from app.domain.texts import CALENDAR_DUE, CLAIMED_TASK

DAYS_MAX = 62
CLAIMANT = frozenset({Party.CLAIMANT})
KEPT_CLAIM_STATES = (*LIVE_CLAIM_STATES, "verified")
"""What a calendar shows; another claim was given back, lapsed or refused, or its task was called off."""
DUE_CLAIM_STATES = ("active", "returned")
"""What a calendar shows of claims without a time: there is still something to do."""
TITLED_KINDS = (TaskKind.LISTED, TaskKind.ACTIVITY, TaskKind.PATROL, TaskKind.PAIRING, TaskKind.EMERGENCY)
"""Whose titles are staff's words; those of residents have no place in other people's calendars (I12)."""

# Of several claims on one task the last one counts: by the time of the task, or by when it is due where it has none.
# $1 is the user or the hash of a link.
ENTRIES = """
    SELECT u.id, l.created_at AS link_since, (
        SELECT json_agg(json_build_object(
            'id', c.id, 'status', c.status, 'task_id', c.task_id, 'task_kind', c.kind, 'title', c.title,
            'place', c.place, 'starts_at', c.starts_at, 'ends_at', c.ends_at, 'due_at', c.due_at, 'changed_at', (
                SELECT coalesce(max(e.created_at), c.created_at) FROM event e
                WHERE (e.subject_kind = 'claim' AND e.subject_id = c.id)
                    OR (e.subject_kind = 'task' AND e.subject_id = c.task_id)
            )
        ) ORDER BY coalesce(c.starts_at, c.due_at), c.id)
        FROM (
            SELECT DISTINCT ON (c.task_id) c.id, c.status, c.task_id, c.created_at, c.due_at, t.kind, t.title, t.place,
                t.starts_at, t.ends_at
            FROM claim c JOIN task t ON t.id = c.task_id
            WHERE c.user_id = u.id
                AND (t.starts_at < $3 AND t.ends_at > $2 OR t.starts_at IS NULL AND c.due_at >= $2)
            ORDER BY c.task_id, c.id DESC
        ) c WHERE c.starts_at IS NOT NULL OR c.due_at < $3
    ) AS claims, (
        SELECT json_agg(json_build_object(
            'id', t.id, 'name', t.name, 'services', t.services, 'joined_at', m.created_at, 'changed_at', (
                SELECT coalesce(max(e.created_at), t.created_at) FROM event e
                WHERE e.subject_kind = 'team' AND e.subject_id = t.id
            )
        ) ORDER BY t.id)
        FROM person p JOIN team_member m ON m.person_id = p.id JOIN team t ON t.id = m.team_id
        WHERE p.user_id = u.id AND m.status = 'joined' AND t.status = 'approved'
    ) AS teams
    FROM "user" u LEFT JOIN calendar_link l ON l.user_id = u.id
"""
OF_USER = f"{ENTRIES} WHERE u.id = $1"
OF_LINK = f"{ENTRIES} WHERE l.token_hash = $1 AND NOT u.is_blocked"


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task, and the last claim of the person on it; with ``is_due`` its time is the day by which it is to be done."""

    id: UUID
    status: str
    task_id: UUID
    task_kind: str
    title: str
    place: str | None
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    is_due: bool

    @property
    def is_kept(self) -> bool:
        """Whether the person still has it, or has done it."""
        return self.status in (DUE_CLAIM_STATES if self.is_due else KEPT_CLAIM_STATES)


@dataclass(frozen=True, slots=True)
class WeeklyService:
    """What a team does on some days of each week (1 is Monday), from and to a time by the clock of Shanghai."""

    team_id: UUID
    team_name: str
    title: str
    weekdays: tuple[int, ...]
    opens: str
    closes: str
    since: date
    changed_at: datetime

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Return when it begins and ends on a day."""
        hours, minutes = map(int, self.closes.split(":"))  # 24:00 is the end of the day
        midnight = datetime.combine(day, time(), SHANGHAI)
        ends_at = midnight + timedelta(hours=hours, minutes=minutes)
        return datetime.combine(day, time.fromisoformat(self.opens), SHANGHAI), ends_at


@dataclass(frozen=True, slots=True)
class Entries:
    """What is in somebody's calendar."""

    claims: list[ClaimedTask]
    services: list[WeeklyService]
    link_since: datetime | None


async def get(reads: Reads, caller: Caller, first: date, last: date) -> dict[str, Any]:
    """Return what the caller has to do from one day to another, both included. Raises ``days-unclear``."""
    if not first <= last < first + timedelta(days=DAYS_MAX):
        raise Problem("days-unclear")
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (first, last + timedelta(days=1)))
    row = await reads.fetchrow(OF_USER, caller.id, begins, ends)
    assert row is not None, "users are never deleted"
    entries = _entries(row)
    items = [_claim_view(claim) for claim in entries.claims if claim.is_kept]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    items += [_service_view(service, day) for service in entries.services for day in days if _is_on(service, day)]
    return {
        "items": sorted(items, key=lambda item: (item["starts_at"], item["ends_at"], item["title"])),
        "link_since": entries.link_since,
        "actions": ["link"] if entries.link_since is None else ["link", "unlink"],
    }


async def find_by_link(reads: Reads, token_hash: bytes, begins: datetime, ends: datetime) -> Entries | None:
    """Return the calendar that a link leads to, with what was given back or called off, or None without a link."""
    row = await reads.fetchrow(OF_LINK, token_hash, begins, ends)
    return None if row is None else _entries(row)


def _entries(row: Record) -> Entries:
    claims = [_claimed(told) for told in _read(row["claims"])]
    services = [
        WeeklyService(
            UUID(team["id"]),
            team["name"],
            service["title"],
            tuple(sorted(hours["weekdays"])),
            hours["from"],
            hours["to"],
            local_date(datetime.fromisoformat(team["joined_at"])),
            datetime.fromisoformat(team["changed_at"]),
        )
        for team in _read(row["teams"])
        for service in team["services"]
        for hours in service["hours"]
    ]
    return Entries(claims, services, row["link_since"])


def _claimed(told: dict[str, Any]) -> ClaimedTask:
    is_due = told["starts_at"] is None
    if is_due:
        starts_at = datetime.combine(local_date(datetime.fromisoformat(told["due_at"])), time(), SHANGHAI)
        ends_at = starts_at + timedelta(days=1)
    else:
        starts_at, ends_at = datetime.fromisoformat(told["starts_at"]), datetime.fromisoformat(told["ends_at"])
    is_titled = told["task_kind"] in TITLED_KINDS
    title = told["title"] if is_titled else CLAIMED_TASK
    return ClaimedTask(
        UUID(told["id"]),
        told["status"],
        UUID(told["task_id"]),
        told["task_kind"],
        CALENDAR_DUE.format(title=title) if is_due else title,
        told["place"] if is_titled else None,
        starts_at,
        ends_at,
        datetime.fromisoformat(told["changed_at"]),
        is_due,
    )


def _read(written: str | None) -> list[dict[str, Any]]:
    return json.loads(written) if written else []


def _is_on(service: WeeklyService, day: date) -> bool:
    return day.isoweekday() in service.weekdays and day >= service.since


def _claim_view(claim: ClaimedTask) -> dict[str, Any]:
    return {
        "title": claim.title,
        "place": claim.place,
        "starts_at": claim.starts_at,
        "ends_at": claim.ends_at,
        "claim": {
            "id": claim.id,
            "task_id": claim.task_id,
            "task_kind": claim.task_kind,
            "status": claim.status,
        },
        "team": None,
        "is_due": claim.is_due,
        "actions": CLAIM.actions(claim.status, CLAIMANT),
    }


def _service_view(service: WeeklyService, day: date) -> dict[str, Any]:
    starts_at, ends_at = service.on(day)
    return {
        "title": service.title,
        "place": None,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "claim": None,
        "team": {"id": service.team_id, "name": service.team_name},
        "is_due": False,
        "actions": (),
    }
