"""Adjustments: what hands do to points. One person proposes, another decides; nothing is ever deleted (I2)."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import local_date, now, today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_adjustment
from app.domain.errors import Problem
from app.domain.kinds import AdjustmentKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import ADJUSTMENT
from app.domain.message_kinds import MessageKind
from app.domain.points import expires_on
from app.models.adjustment import Adjustment
from app.schemas.adjustments import AdjustmentIn, AwardReversalIn
from app.services import claims, messages, policies, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
# Somebody belongs to an area by a home in it or by a claim on one of its tasks.
BELONGS = """
    SELECT EXISTS (
        SELECT FROM person p JOIN member m ON m.person_id = p.id JOIN area a ON a.id = m.home_area_id
        WHERE p.user_id = $1 AND m.status = 'approved' AND a.lineage @> ARRAY[$2::uuid]
    ) OR EXISTS (
        SELECT FROM person p JOIN volunteer v ON v.person_id = p.id JOIN area a ON a.id = v.home_area_id
        WHERE p.user_id = $1 AND v.status = 'approved' AND a.lineage @> ARRAY[$2::uuid]
    ) OR EXISTS (
        SELECT FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id
        WHERE c.user_id = $1 AND a.lineage @> ARRAY[$2::uuid]
    )
"""
# Who complained of what a service was for may propose as staff: somebody else decides.
FIND_SERVICE = f"""
    SELECT c.user_id AS claimant_id, c.status, t.author_id, t.area_id, a.lineage && $2::uuid[] AS in_scope,
        false AS is_complainant,
        {ledger.CLAIM_POINTS_SQL.format(claim_id="c.id")} AS awarded_points
    FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id WHERE c.id = $1
"""
FROM = """
    FROM adjustment x JOIN area a ON a.id = x.area_id
    LEFT JOIN claim c ON c.id = x.claim_id LEFT JOIN task t ON t.id = c.task_id
"""
# In every statement that shows adjustments $2 are the areas where the caller acts as staff, $3 those they audit.
SCOPE = "a.lineage && $2::uuid[] AS in_scope, a.lineage && $3::uuid[] AS in_audit"
# Locked before it is joined: a join that waited for one which went to another area meanwhile would find nothing.
LOCK = "SELECT FROM adjustment WHERE id = $1 FOR UPDATE"
FIND = f"""
    SELECT x.kind, x.status, x.user_id, x.area_id, x.points, x.proposed_by, t.author_id, {SCOPE} {FROM}
    WHERE x.id = $1
"""
VIEW = f"""
    SELECT x.*, a.name AS area_name, t.author_id, holder.nickname AS holder_name, proposer.nickname AS proposer_name,
        decider.nickname AS decider_name, (
            SELECT e.note FROM event e
            WHERE e.subject_kind = 'adjustment' AND e.subject_id = x.id AND e.to_state = 'refused'
        ) AS refusal_reason, {SCOPE}
    {FROM} JOIN "user" holder ON holder.id = x.user_id JOIN "user" proposer ON proposer.id = x.proposed_by
    LEFT JOIN "user" decider ON decider.id = x.decided_by
"""
GET = f"{VIEW} WHERE x.id = $1"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND (a.lineage && $2::uuid[] OR a.lineage && $3::uuid[])
        AND x.status = $4 AND x.id < $5
    ORDER BY x.id DESC LIMIT $6
"""
LIST_OWN = f"{VIEW} WHERE x.user_id = $1 AND x.id < $4 ORDER BY x.id DESC LIMIT $5"


async def propose(connection: Connection, caller: Caller, form: AdjustmentIn) -> UUID:
    """Propose to give or take points of somebody who lives or served in an area of the caller's; return its id.

    Raises ``area-unknown``, ``not-allowed``, ``own-interest`` for one's own points, ``user-unknown``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    if form.user_id == caller.id:
        raise Problem("own-interest")
    if not await connection.fetchval(BELONGS, form.user_id, form.area_id):
        raise Problem("user-unknown")
    adjustment = Adjustment(
        id=new_id(),
        user_id=form.user_id,
        area_id=form.area_id,
        kind=AdjustmentKind.CORRECTION,
        points=form.points,
        reason=form.reason,
        document=form.document,
        proposed_by=caller.id,
    )
    return await _propose(connection, adjustment)


async def propose_reversal(connection: Connection, caller: Caller, claim_id: UUID, form: AwardReversalIn) -> UUID:
    """Propose to take back what a verified claim brought, since the service proved false; return its id.

    Raises ``not-found``, ``own-interest`` for whoever asked for the service or gave it, ``state-conflict``,
    ``nothing-awarded``; ``reversal-exists`` by the database.
    """
    row = await connection.fetchrow(FIND_SERVICE, claim_id, caller.scope(Role.STAFF))
    parties = claims.parties_of(row, caller) if row is not None else frozenset()
    if not parties & claims.PARTIES_TO_A_CLAIM:
        raise Problem("not-found")
    if Party.STAFF not in parties:
        raise Problem("own-interest")
    if row["status"] != "verified":
        raise Problem("state-conflict")
    if not row["awarded_points"]:
        raise Problem("nothing-awarded")
    adjustment = Adjustment(
        id=new_id(),
        user_id=row["claimant_id"],
        area_id=row["area_id"],
        kind=AdjustmentKind.AWARD_REVERSAL,
        claim_id=claim_id,
        points=-row["awarded_points"],
        reason=form.reason,
        document=form.document,
        proposed_by=caller.id,
    )
    return await _propose(connection, adjustment)


async def _propose(connection: Connection, adjustment: Adjustment) -> UUID:
    await insert(connection, adjustment)
    await transitions.log_creation(connection, ADJUSTMENT, adjustment.id, Mover(Party.STAFF, adjustment.proposed_by))
    return adjustment.id


async def approve(connection: Connection, caller: Caller, adjustment_id: UUID) -> None:
    """Approve, as another than who proposed it: the points move at once, and whose they are is told.

    Locks its row, then the balances.

    What is given expires as an award of this day would; a reversal takes what is left and records the shortfall. Raises
    ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``, and ``points-insufficient`` when a correction
    would take more than there is.
    """
    row, mover = await _find(connection, caller, adjustment_id, "approve")
    points, moment = row["points"], now()
    changes = {"decided_by": caller.id, "decided_at": moment}
    if row["kind"] == AdjustmentKind.AWARD_REVERSAL:
        taken = await ledger.take_back(connection, row["user_id"], -points, adjustment_id, today=today())
        changes |= {"points_taken": taken, "shortfall": -points - taken}
        points = -taken
    elif points > 0:
        policy = await policies.find(connection, row["area_id"], moment)
        last_day = expires_on(policy.terms, local_date(moment))
        await ledger.adjust_up(connection, row["user_id"], points, adjustment_id, expires_on=last_day)
    else:
        await ledger.adjust_down(connection, row["user_id"], -points, adjustment_id, today=today())
    await transitions.move(connection, ADJUSTMENT, adjustment_id, "approve", mover, changes=changes)
    kind = MessageKind.POINTS_ADDED if points > 0 else MessageKind.POINTS_TAKEN
    await messages.tell(connection, [row["user_id"]], kind, adjustment_id, points=str(abs(points)))


async def refuse(connection: Connection, caller: Caller, adjustment_id: UUID, reason: str) -> None:
    """Refuse with a reason, as another than who proposed it and is told; nothing moves.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``.
    """
    row, mover = await _find(connection, caller, adjustment_id, "refuse")
    changes = {"decided_by": caller.id, "decided_at": now()}
    await transitions.move(connection, ADJUSTMENT, adjustment_id, "refuse", mover, note=reason, changes=changes)
    told, points = [row["proposed_by"]], str(row["points"])
    await messages.tell(connection, told, MessageKind.ADJUSTMENT_REFUSED, adjustment_id, points=points)


async def get(reads: Reads, caller: Caller, adjustment_id: UUID) -> dict[str, Any]:
    """Return one adjustment to staff and auditors of its area and to whom it concerns. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET, adjustment_id, *_scopes(caller))
    return _view(_require_visible(row, caller), caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the adjustments of an area that lie in the areas where the caller is staff or auditor."""
    filters = ("adjustments", area_id, status)
    rows = await reads.fetch(LIST, area_id, *_scopes(caller), status, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def list_own(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return what hands did or mean to do to the caller's points."""
    rows = await reads.fetch(LIST_OWN, caller.id, *_scopes(caller), request.below("own-adjustments"), request.rows)
    return page(rows, request, lambda row: _view(row, caller), "own-adjustments")


def _scopes(caller: Caller) -> tuple[list[UUID], list[UUID]]:
    return caller.scope(Role.STAFF), caller.scope(Role.AUDITOR)


async def _find(connection: Connection, caller: Caller, adjustment_id: UUID, action: str) -> tuple[Record, Mover]:
    """Return what a decision needs, its row locked, and the part in which the caller takes it."""
    await connection.execute(LOCK, adjustment_id)
    row = await connection.fetchrow(FIND, adjustment_id, *_scopes(caller))
    row = _require_visible(row, caller)
    return row, Mover(transitions.permit(ADJUSTMENT, row["status"], action, _parties(row, caller)), caller.id)


def _require_visible(row: Record | None, caller: Caller) -> Record:
    if row is None or not (row["in_scope"] or row["in_audit"] or row["user_id"] == caller.id):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    interested = {row["user_id"], row["proposed_by"], row["author_id"]}
    return parties_to_adjustment(caller, interested_ids=interested, in_scope=row["in_scope"])


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "holder": {"nickname": row["holder_name"]},
        "points": row["points"],
        "reason": row["reason"],
        "document": row["document"],
        "claim_id": row["claim_id"],
        "status": row["status"],
        "proposed_by": {"nickname": row["proposer_name"]},
        "created_at": row["created_at"],
        "decided_by": {"nickname": row["decider_name"]} if row["decided_by"] is not None else None,
        "decided_at": row["decided_at"],
        "refusal_reason": row["refusal_reason"],
        "points_taken": row["points_taken"],
        "shortfall": row["shortfall"],
        "actions": ADJUSTMENT.actions(row["status"], _parties(row, caller)),
    }
