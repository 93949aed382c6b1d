"""Deciding a review: the thing moves by its own verb, along its own lifecycle, and its check with it.

Locks what that verb locks, then the check; whoever decides on the thing's own route locks in the same order.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import CONTENT_CHECK
from app.domain.shielding import mask_text
from app.services import offers, posted_tasks, take_downs, task_series, transitions, users, wishes
from app.services.complaints import handling
from app.services.errands import asking as errands
from app.services.media import decisions
from app.services.reviews import queue
from app.services.transitions import Mover

LOCK = "SELECT status FROM content_check WHERE id = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who decides, and on what terms things open."""

    caller: Caller
    secret: str
    base_points: int
    series_weeks: int


Verb = Callable[[Connection, Desk, UUID, str], Awaitable[None]]


async def decide(
    connection: Connection, desk: Desk, check_id: UUID, action: str, reason: str | None = None
) -> dict[str, Any]:
    """Pass or reject what waits; return what became of it. Nobody decides on their own words (I2).

    Raises ``not-found``, ``own-interest``, ``state-conflict`` when somebody was first, and what the thing's own verb
    raises.
    """
    row = await queue.find(connection, desk.secret, desk.caller, check_id)
    if row["is_own"]:
        raise Problem("own-interest")
    is_moving = action == "reject" or row["status"] == "held"
    verb = (REJECTS if action == "reject" else PASSES).get(row["kind"]) if is_moving else None
    if verb is not None:
        await verb(connection, desk, row["subject_id"], reason or "")
    [step] = [each for each in CONTENT_CHECK.transitions if each.action == action]
    standing = await connection.fetchval(LOCK, check_id)
    if standing in step.sources:
        mover = Mover(Party.ALLIANCE if row["kind"] == "offer" else Party.STAFF, desk.caller.id)
        changes = {"decided_by": desk.caller.id, "decided_at": now(), "note": reason and mask_text(reason)}
        await transitions.move(connection, CONTENT_CHECK, check_id, action, mover, note=reason, changes=changes)
    elif verb is None or standing != step.target:
        raise Problem("state-conflict")
    return {"id": check_id, "status": step.target, "actions": []}


async def _approve_wish(connection: Connection, desk: Desk, wish_id: UUID, _reason: str) -> None:
    await wishes.approve(connection, desk.caller, wish_id, desk.base_points)


async def _reject_wish(connection: Connection, desk: Desk, wish_id: UUID, reason: str) -> None:
    await wishes.reject(connection, desk.caller, wish_id, reason)


async def _approve_errand(connection: Connection, desk: Desk, errand_id: UUID, _reason: str) -> None:
    await errands.approve(connection, desk.caller, errand_id, desk.base_points)


async def _reject_errand(connection: Connection, desk: Desk, errand_id: UUID, reason: str) -> None:
    await errands.reject(connection, desk.caller, errand_id, reason)


async def _admit_complaint(connection: Connection, desk: Desk, complaint_id: UUID, _reason: str) -> None:
    await handling.admit(connection, desk.secret, desk.caller, complaint_id)


async def _reject_complaint(connection: Connection, desk: Desk, complaint_id: UUID, reason: str) -> None:
    await handling.reject(connection, desk.secret, desk.caller, complaint_id, reason)


async def _publish_answer(connection: Connection, desk: Desk, complaint_id: UUID, _reason: str) -> None:
    await handling.publish_answer(connection, desk.secret, desk.caller, complaint_id)


async def _hide_answer(connection: Connection, desk: Desk, complaint_id: UUID, reason: str) -> None:
    await handling.hide_answer(connection, desk.secret, desk.caller, complaint_id, reason)


async def _open_task(connection: Connection, desk: Desk, task_id: UUID, _reason: str) -> None:
    await posted_tasks.open_task(connection, desk.secret, desk.caller, task_id)


async def _reject_task(connection: Connection, desk: Desk, task_id: UUID, reason: str) -> None:
    await take_downs.reject(connection, desk.secret, desk.caller, task_id, reason)


async def _open_series(connection: Connection, desk: Desk, series_id: UUID, _reason: str) -> None:
    weeks, points = desk.series_weeks, desk.base_points
    await task_series.open_series(connection, desk.caller, series_id, weeks=weeks, base_points=points)


async def _reject_series(connection: Connection, desk: Desk, series_id: UUID, reason: str) -> None:
    await task_series.reject(connection, desk.caller, series_id, reason)


async def _approve_offer(connection: Connection, desk: Desk, offer_id: UUID, _reason: str) -> None:
    await offers.decide(connection, desk.caller, offer_id, "approve")


async def _reject_offer(connection: Connection, desk: Desk, offer_id: UUID, reason: str) -> None:
    await offers.decide(connection, desk.caller, offer_id, "reject", reason=reason)


async def _adopt_nickname(connection: Connection, desk: Desk, user_id: UUID, _reason: str) -> None:
    await users.adopt_nickname(connection, user_id, Mover(Party.STAFF, desk.caller.id))


async def _drop_nickname(connection: Connection, desk: Desk, user_id: UUID, _reason: str) -> None:
    await users.drop_nickname(connection, user_id, Mover(Party.STAFF, desk.caller.id))


async def _pass_picture(connection: Connection, desk: Desk, media_id: UUID, _reason: str) -> None:
    await decisions.let_through(connection, desk.caller.id, media_id)


async def _reject_picture(connection: Connection, desk: Desk, media_id: UUID, reason: str) -> None:
    await decisions.turn_down(connection, desk.caller.id, media_id, reason)


PASSES: Mapping[str, Verb] = MappingProxyType(
    {
        "wish": _approve_wish,
        "errand": _approve_errand,
        "complaint": _admit_complaint,
        "answer": _publish_answer,
        "task": _open_task,
        "task_series": _open_series,
        "offer": _approve_offer,
        "nickname": _adopt_nickname,
        "picture": _pass_picture,
    }
)
REJECTS: Mapping[str, Verb] = MappingProxyType(
    {
        "wish": _reject_wish,
        "errand": _reject_errand,
        "complaint": _reject_complaint,
        "answer": _hide_answer,
        "task": _reject_task,
        "task_series": _reject_series,
        "offer": _reject_offer,
        "nickname": _drop_nickname,
        "picture": _reject_picture,
    }
)
"""By which verb a thing follows; whoever reads thanks and notes of deliveries looks at the check alone."""
