"""What members and volunteers have in common: apply or be entered, be decided on, move to another grid, leave.

Staff of the home grid decide, nobody on themselves (I2). What staff enter one by one and what lists bring goes through
the same verb.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import MEMBER, VOLUNTEER
from app.domain.message_kinds import MessageKind
from app.services import messages, people, transitions
from app.services.branches import places
from app.services.people import Contact
from app.services.transitions import Mover, Told

View = dict[str, Any]
"""An answer on its way to be serialised, in the form of its schema."""

TOLD = {
    (MEMBER, "approve"): MessageKind.MEMBER_APPROVED,
    (MEMBER, "refuse"): MessageKind.MEMBER_REFUSED,
    (VOLUNTEER, "approve"): MessageKind.VOLUNTEER_APPROVED,
    (VOLUNTEER, "refuse"): MessageKind.VOLUNTEER_REFUSED,
}
FIND_AREA = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
IS_OWN = "SELECT EXISTS (SELECT FROM person WHERE id = ANY($1) AND user_id = $2)"


def view_sql(lifecycle: Lifecycle, scope: str, columns: str, joins: str = "") -> str:
    """Return the SELECT of enrolments (alias ``x``) with what ``show`` needs; ``scope`` are the reader's areas."""
    return f"""
        SELECT x.id, x.person_id, p.user_id, p.sealed, u.nickname, x.home_area_id, a.name AS area_name, x.status,
            x.created_at, a.lineage && {scope}::uuid[] AS in_scope, (
                SELECT e.note FROM event e
                WHERE e.subject_kind = '{lifecycle.subject}' AND e.subject_id = x.id
                ORDER BY e.created_at DESC, e.id DESC LIMIT 1
            ) AS reason, {columns}
        FROM {lifecycle.subject} x JOIN person p ON p.id = x.person_id LEFT JOIN "user" u ON u.id = p.user_id
        JOIN area a ON a.id = x.home_area_id {joins}
    """


async def require_home(connection: Connection, area_id: UUID, scope: list[UUID] | None = None) -> None:
    """Raise ``area-unknown`` or ``area-not-a-home`` unless it is a grid, ``not-allowed`` outside a given scope."""
    area = await connection.fetchrow(FIND_AREA, area_id, scope or [])
    if area is None:
        raise Problem("area-unknown")
    if area["kind"] != "grid":
        raise Problem("area-not-a-home")
    if scope is not None and not area["in_scope"]:
        raise Problem("not-allowed")  # areas are public, who lives in them is not


async def enter_many(
    connection: Connection,
    secret: str,
    lifecycle: Lifecycle,
    mover: Mover,
    entries: Sequence[tuple[Contact, Mapping[str, Any]]],
) -> list[UUID]:
    """Put people on the roster with these columns, approved at once; return the ids of their enrolments, in order.

    All entries have the same columns, and nobody stands there twice. Who was refused or had left comes back. Whether
    the grids are the mover's, who calls has seen to. Raises ``already-enrolled``, and ``own-interest`` when the mover
    is among them. Locks the enrolments that were there.
    """
    person_ids = await people.enter_many(connection, secret, [contact for contact, _ in entries])
    if await connection.fetchval(IS_OWN, person_ids, mover.id):
        raise Problem("own-interest")
    subject = lifecycle.subject
    rows = await connection.fetch(
        f"SELECT id, person_id, status FROM {subject} WHERE person_id = ANY($1) ORDER BY id FOR UPDATE", person_ids
    )
    earlier = {row["person_id"]: row for row in rows}
    new: list[tuple[Any, ...]] = []
    ids: list[UUID] = []
    for person_id, (_, columns) in zip(person_ids, entries, strict=True):
        known = earlier.get(person_id)
        if known is None:
            ids.append(new_id())
            new.append((ids[-1], person_id, "approved", *columns.values()))
        elif lifecycle.find(known["status"], "enter") is None:
            raise Problem("already-enrolled")
        else:
            ids.append(known["id"])
            await transitions.move(connection, lifecycle, known["id"], "enter", mover, changes=columns)
    if new:
        names = ("id", "person_id", "status", *entries[0][1])
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        await connection.executemany(f"INSERT INTO {subject} ({', '.join(names)}) VALUES ({places})", new)
        await transitions.log_many(connection, subject, mover, [Told(row[0], "enter", "approved") for row in new])
    return ids


async def decide(
    connection: Connection,
    lifecycle: Lifecycle,
    caller: Caller,
    subject_id: UUID,
    action: str,
    *,
    reason: str | None = None,
) -> None:
    """Approve, refuse or, of one's own or one's areas', end; who is no member any more is in no branch.

    Who applied is told of the decision.

    Raises ``not-found`` outside the caller's areas, ``own-interest`` for one's own (I2), ``state-conflict``.
    """
    row = await _lock(connection, lifecycle, caller, subject_id)
    mover = _permit(lifecycle, row, caller, action)
    await transitions.move(connection, lifecycle, subject_id, action, mover, note=reason)
    kind = TOLD.get((lifecycle, action))
    if kind is not None and row["user_id"] is not None:
        await messages.tell(connection, [row["user_id"]], kind, subject_id)
    if lifecycle is MEMBER and action == "leave":
        await places.settle(connection, [subject_id], mover)


async def transfer(
    connection: Connection,
    lifecycle: Lifecycle,
    caller: Caller,
    subject_id: UUID,
    home_area_id: UUID,
    reason: str,
    **changes: object,
) -> None:
    """Let somebody belong to another grid from now on, as staff of both. Locks the enrolment.

    Raises ``not-found``, ``area-unknown``, ``area-not-a-home``, ``not-allowed`` when the new grid is not the caller's,
    ``already-there``, ``own-interest`` (I2), ``state-conflict``.
    """
    row = await _lock(connection, lifecycle, caller, subject_id)
    mover = _permit(lifecycle, row, caller, "transfer")
    await require_home(connection, home_area_id, caller.scope(Role.STAFF))
    if home_area_id == row["home_area_id"]:
        raise Problem("already-there")
    await move_home(connection, lifecycle, mover, subject_id, home_area_id, reason, **changes)


async def move_home(
    connection: Connection,
    lifecycle: Lifecycle,
    mover: Mover,
    subject_id: UUID,
    home_area_id: UUID,
    reason: str,
    **changes: object,
) -> None:
    """Transfer an approved enrolment; whether its mover may, who calls has seen to. Raises ``state-conflict``.

    A member leaves the branch of the grid that they leave.
    """
    await transitions.move(
        connection,
        lifecycle,
        subject_id,
        "transfer",
        mover,
        note=reason,
        changes={"home_area_id": home_area_id, **changes},
        facts={"home_area_id": home_area_id},
    )
    if lifecycle is MEMBER:
        await places.settle(connection, [subject_id], mover)


async def lock_to_edit(
    connection: Connection, lifecycle: Lifecycle, caller: Caller, subject_id: UUID, *, or_own: bool = False
) -> tuple[Mover, str]:
    """Return the caller as staff to an enrolment and its state, its row locked. Raises ``not-found``, ``own-interest``
    (I2) unless what one says of oneself is ``or_own``'s as well.
    """
    row = await _lock(connection, lifecycle, caller, subject_id)
    if row["user_id"] == caller.id:
        if or_own:
            return Mover(Party.AUTHOR, caller.id), row["status"]
        raise Problem("own-interest")
    return Mover(Party.STAFF, caller.id), row["status"]


def show(
    lifecycle: Lifecycle, secret: str, caller: Caller, row: Record, *, is_kept: bool = False, more: Sequence[str] = ()
) -> View:
    """Return what all enrolments tell; ``more`` is what staff may do beside the lifecycle's actions.

    An answer that is kept for repetitions masks the name too.
    """
    contact = people.read(secret, row["person_id"], row["sealed"])
    is_own = row["user_id"] == caller.id
    shown = contact and (contact.masked if is_kept else contact.whole if is_own else contact.for_staff)
    # Who had left is entered anew by name and number, not from what is shown of them.
    actions = [action for action in lifecycle.actions(row["status"], _parties(row, caller)) if action != "enter"]
    if not is_own:
        actions += [*more, "unmask", "correct"] if contact else more
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "contact": shown,
        "home_area": {"id": row["home_area_id"], "name": row["area_name"]},
        "status": row["status"],
        "reason": row["reason"],
        "created_at": row["created_at"],
        "actions": actions,
    }


def require_visible(row: Record | None, caller: Caller) -> Record:
    """Return the row when it is the caller's own or lies in their areas; raise ``not-found`` otherwise (I8)."""
    if row is None or not (row["in_scope"] or row["user_id"] == caller.id):
        raise Problem("not-found")
    return row


async def _lock(connection: Connection, lifecycle: Lifecycle, caller: Caller, subject_id: UUID) -> Record:
    # Locked before it is joined: whoever waited for a row that moved to another grid would find none in a join.
    await connection.execute(f"SELECT FROM {lifecycle.subject} WHERE id = $1 FOR UPDATE", subject_id)
    row = await connection.fetchrow(
        f"""
        SELECT p.user_id, x.status, x.home_area_id, a.lineage && $2::uuid[] AS in_scope
        FROM {lifecycle.subject} x JOIN person p ON p.id = x.person_id JOIN area a ON a.id = x.home_area_id
        WHERE x.id = $1
        """,
        subject_id,
        caller.scope(Role.STAFF),
    )
    return require_visible(row, caller)


def _permit(lifecycle: Lifecycle, row: Record, caller: Caller, action: str) -> Mover:
    return Mover(transitions.permit(lifecycle, row["status"], action, _parties(row, caller)), caller.id)


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(caller, applicant_id=row["user_id"], in_scope=row["in_scope"], decider=Party.STAFF)
