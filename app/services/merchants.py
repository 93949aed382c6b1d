"""Merchants: applying, approval by the alliance."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import MERCHANT
from app.models.merchant import Clerk, Merchant
from app.schemas.merchants import MerchantIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

VIEW = """
    SELECT m.id, m.owner_id, m.area_id, a.name AS area_name, m.name, m.status, m.created_at,
        a.lineage && $2::uuid[] AS in_scope
    FROM merchant m JOIN area a ON a.id = m.area_id
"""
GET = f"{VIEW} WHERE m.id = $1"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND m.status = $3 AND m.id < $4
    ORDER BY m.id DESC LIMIT $5
"""


async def apply(connection: Connection, caller: Caller, form: MerchantIn) -> UUID:
    """Apply with a shop; the caller becomes its owner and first clerk. Raises ``area-unknown`` by the database."""
    merchant = Merchant(id=new_id(), owner_id=caller.id, area_id=form.area_id, name=form.name)
    await insert(connection, merchant)
    await insert(connection, Clerk(id=new_id(), merchant_id=merchant.id, user_id=caller.id))
    await ledger.open_merchant(connection, merchant.id)
    await transitions.log_creation(connection, MERCHANT, merchant.id, Mover(Party.AUTHOR, caller.id))
    return merchant.id


async def approve(connection: Connection, caller: Caller, merchant_id: UUID) -> None:
    """Admit a shop to the alliance. Raises ``not-found`` outside the caller's areas, ``own-interest`` for one's own."""
    row = _require_visible(await connection.fetchrow(GET, merchant_id, caller.scope(Role.ALLIANCE)), caller)
    party = transitions.permit(MERCHANT, row["status"], "approve", _parties(row, caller))
    await transitions.move(connection, MERCHANT, merchant_id, "approve", Mover(party, caller.id))


async def get(reads: Reads, caller: Caller, merchant_id: UUID) -> dict[str, Any]:
    """Return one shop, to its owner and the alliance's staff. Raises ``not-found`` to others (I8)."""
    row = _require_visible(await reads.fetchrow(GET, merchant_id, caller.scope(Role.ALLIANCE)), caller)
    return _view(row, caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the shops of an area that lie in the caller's own areas."""
    filters = ("merchants", area_id, status)
    scope = caller.scope(Role.ALLIANCE)
    rows = await reads.fetch(LIST, area_id, scope, status, request.below(*filters), request.rows)
    return page(rows, request, lambda row: _view(row, caller), *filters)


def _require_visible(row: Record | None, caller: Caller) -> Record:
    if row is None or not (row["in_scope"] or row["owner_id"] == caller.id):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(
        caller, applicant_id=row["owner_id"], in_scope=row["in_scope"], decider=Party.ALLIANCE
    )


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    actions = list(MERCHANT.actions(row["status"], _parties(row, caller)))
    if row["owner_id"] == caller.id:
        actions += ["invite_clerk", "add_offer"] if row["status"] == "approved" else ["invite_clerk"]
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "status": row["status"],
        "created_at": row["created_at"],
        "actions": actions,
    }
