"""Errands: asking for one, staff's decision on it, and its end.

Locks its task, those who claimed it before and their claims after it, then the errand.
"""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller, Role, parties_to_service
from app.domain.errors import Problem
from app.domain.kinds import ErrandConsent, PictureOf, TaskKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import ERRAND
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.domain.texts import ERRAND_CONSENT_VERSION
from app.models import Errand, Task
from app.schemas.errands import ErrandIn
from app.services import messages, policies, posted_tasks, tasks, transitions, waiting
from app.services.errands import residents
from app.services.media import attaching
from app.services.transitions import Mover

CHECK_ERRAND = "check_errand"

FIND_PLACE = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
FIND = """
    SELECT e.status, e.author_id, a.lineage && $2::uuid[] AS in_scope, t.id AS task_id, c.user_id AS claimant_id
    FROM errand e JOIN area a ON a.id = e.area_id LEFT JOIN task t ON t.errand_id = e.id
    LEFT JOIN claim c ON c.task_id = t.id AND c.user_id = $3 AND c.status IN ('active', 'submitted', 'returned')
    WHERE e.id = $1
"""
FIND_UNCLAIMED = """
    SELECT e.id FROM errand e JOIN task t ON t.errand_id = e.id
    WHERE e.status = 'approved' AND e.approved_at < $1 AND t.status = 'open' AND t.seats_taken = 0
    ORDER BY e.approved_at LIMIT 500
"""


async def ask(connection: Connection, secret: str, caller: Caller, form: ErrandIn) -> UUID:
    """Ask for an errand, for oneself or as staff for somebody without the app; return its id.

    Nobody but its author and staff sees it before staff have read it (I10). Raises ``area-unknown``,
    ``area-not-a-home``, ``consent-outdated``, ``not-allowed`` for a paper of somebody who is not staff there, and by
    the database ``area-closed``, and ``media-unknown``.
    """
    place = await connection.fetchrow(FIND_PLACE, form.area_id, caller.scope(Role.STAFF))
    if place is None:
        raise Problem("area-unknown")
    if place["kind"] not in {"grid", "post"}:
        raise Problem("area-not-a-home")
    if form.paper is not None and not place["in_scope"]:
        raise Problem("not-allowed")
    if form.consent is not None and form.consent.version != ERRAND_CONSENT_VERSION:
        raise Problem("consent-outdated")
    errand_id = new_id()
    row = Errand(
        id=errand_id,
        author_id=caller.id,
        area_id=form.area_id,
        category=form.category,
        title=mask_text(form.title),
        body=mask_text(form.body),
        consent=form.paper.kind if form.paper else ErrandConsent.APP,
        consent_version=form.consent.version if form.consent else None,
        consent_note=mask_text(form.paper.note) if form.paper else None,
        sealed=residents.sealed(secret, errand_id, form.resident),
    )
    await insert(connection, row)
    facts = {"consent": row.consent, "consent_version": row.consent_version}
    await transitions.log_creation(connection, ERRAND, errand_id, Mover(Party.AUTHOR, caller.id), facts=facts)
    await attaching.attach(connection, caller, PictureOf.ERRAND, errand_id, form.picture_ids)
    await order(connection, CHECK_ERRAND, errand_id)
    return errand_id


async def approve(connection: Connection, caller: Caller, errand_id: UUID, base_points: int) -> None:
    """Let helpers claim an errand that staff have read: its task opens.

    The task promises what the policy of the area now says, ``base_points`` where none does. Raises ``not-found``,
    ``own-interest``, ``state-conflict``.
    """
    errand = await _find(connection, caller, errand_id)
    mover = _mover(errand, caller, "approve")
    moved = await transitions.move(connection, ERRAND, errand_id, "approve", mover, changes={"approved_at": now()})
    promise = await policies.promise(connection, moved["area_id"], TaskKind.ERRAND, base_points)
    task = Task(
        id=new_id(),
        kind=TaskKind.ERRAND,
        errand_id=errand_id,
        area_id=moved["area_id"],
        author_id=moved["author_id"],
        title=moved["title"],
        status="open",
        reward_points=promise.points,
        hourly_points=promise.points_per_hour,
    )
    await tasks.make(connection, task, mover)
    await tell(connection, moved, MessageKind.ERRAND_APPROVED)


async def reject(connection: Connection, caller: Caller, errand_id: UUID, reason: str) -> None:
    """Turn an errand down that staff have read. Raises ``not-found``, ``own-interest``, ``state-conflict``."""
    errand = await _find(connection, caller, errand_id)
    mover = _mover(errand, caller, "reject")
    moved = await transitions.move(connection, ERRAND, errand_id, "reject", mover, note=reason)
    await tell(connection, moved, MessageKind.ERRAND_REJECTED)


async def withdraw(connection: Connection, caller: Caller, errand_id: UUID) -> None:
    """Take one's errand back while nobody works on it. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    errand = await _find(connection, caller, errand_id)
    mover = _mover(errand, caller, "withdraw")
    # The task first, as a claim does: whoever comes second waits, then finds the state changed.
    if errand["task_id"] is not None:
        await waiting.cancel_task(connection, errand["task_id"], mover, where=posted_tasks.IS_UNCLAIMED)
    moved = await transitions.move(connection, ERRAND, errand_id, "withdraw", mover)
    if errand["task_id"] is None and moved["from_status"] == "approved":
        raise Problem("state-conflict")  # approved while this waited: a task is open that was not there to cancel


async def end(connection: Connection, caller: Caller, errand_id: UUID, reason: str) -> None:
    """End an approved errand as staff, under whoever claimed it too; what was delivered can still be verified.

    Whoever has things of the resident in hand still has to give them back. Raises ``not-found``, ``own-interest``,
    ``state-conflict``.
    """
    errand = await _find(connection, caller, errand_id)
    mover = _mover(errand, caller, "end")
    if await posted_tasks.call_off(connection, errand["task_id"], mover, reason) is None:
        raise Problem("state-conflict")
    moved = await transitions.move(connection, ERRAND, errand_id, "end", mover, note=reason)
    await tell(connection, moved, MessageKind.ERRAND_ENDED)


async def expire(connection: Connection, errand_id: UUID) -> None:
    """End an errand that nobody claimed. Raises ``state-conflict`` when somebody did meanwhile."""
    task_id = await connection.fetchval("SELECT id FROM task WHERE errand_id = $1", errand_id)
    await waiting.cancel_task(connection, task_id, transitions.SYSTEM, where=posted_tasks.IS_UNCLAIMED)
    moved = await transitions.move(connection, ERRAND, errand_id, "expire", transitions.SYSTEM)
    await tell(connection, moved, MessageKind.ERRAND_ENDED)


async def tell(connection: Connection, errand: Record, kind: MessageKind) -> None:
    """Tell the author of an errand what became of it, in the transaction that moved it."""
    await messages.tell(connection, [errand["author_id"]], kind, errand["id"], title=errand["title"])


async def find_unclaimed(connection: Connection, before: datetime) -> list[UUID]:
    """Return errands that were approved before a moment and that nobody has claimed."""
    return [row["id"] for row in await connection.fetch(FIND_UNCLAIMED, before)]


async def _find(connection: Connection, caller: Caller, errand_id: UUID) -> Record:
    """Return what a decision on an errand needs. Raises ``not-found`` for one that does not concern the caller (I8)."""
    row = await connection.fetchrow(FIND, errand_id, caller.scope(Role.STAFF), caller.id)
    if row is None or not _parties(row, caller) & CONCERNED:
        raise Problem("not-found")
    return row


CONCERNED = frozenset({Party.AUTHOR, Party.CLAIMANT, Party.STAFF})
"""Nobody else sees an errand: of its task everybody sees the title."""


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_service(
        caller, author_id=row["author_id"], claimant_id=row["claimant_id"], in_scope=row["in_scope"]
    )


def _mover(row: Record, caller: Caller, action: str) -> Mover:
    return Mover(transitions.permit(ERRAND, row["status"], action, _parties(row, caller)), caller.id)
