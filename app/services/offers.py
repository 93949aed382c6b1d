"""Offers: what approved shops give for points. Their words are checked before others see them (I10)."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.core.queue import order
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import OFFER
from app.models.offer import Offer
from app.schemas.offers import OfferIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

CHECK_OFFER = "check_offer"

# In every statement here $4 is the areas where the caller acts for the alliance.
VIEW = """
    SELECT o.id, o.merchant_id, m.name AS merchant_name, m.owner_id, m.status AS merchant_status, o.area_id,
        a.name AS area_name, o.title, o.description, o.points, o.stock_left, o.status, o.created_at,
        a.lineage && $4::uuid[] AS in_scope
    FROM offer o JOIN merchant m ON m.id = o.merchant_id JOIN area a ON a.id = o.area_id
"""
# What a suspended shop offers waits with it.
SHOWN = (
    "x.status = $5 AND ($5 <> 'listed' OR (SELECT m.status FROM merchant m WHERE m.id = x.merchant_id) = 'approved')"
)
IN_AREA = f"{VIEW} WHERE o.id IN ({ids_in_area('offer', SHOWN)}) ORDER BY o.id DESC LIMIT $3"
GET = VIEW.replace("$4", "$2") + " WHERE o.id = $1"
IS_ALLIANCE_OF = "SELECT lineage && $2::uuid[] FROM area WHERE id = $1"


async def add(connection: Connection, caller: Caller, merchant_id: UUID, form: OfferIn) -> UUID:
    """Add an offer to the caller's approved shop; return its id. Raises ``not-found``, ``merchant-not-approved``."""
    merchant = await connection.fetchrow(
        "SELECT area_id, status FROM merchant WHERE id = $1 AND owner_id = $2", merchant_id, caller.id
    )
    if merchant is None:
        raise Problem("not-found")
    if merchant["status"] != "approved":
        raise Problem("merchant-not-approved")
    offer = Offer(
        id=new_id(),
        merchant_id=merchant_id,
        area_id=merchant["area_id"],
        title=form.title,
        description=form.description,
        points=form.points,
        stock=form.stock,
        stock_left=form.stock,
    )
    await insert(connection, offer)
    await transitions.log_creation(connection, OFFER, offer.id, Mover(Party.AUTHOR, caller.id))
    await order(connection, CHECK_OFFER, offer.id)
    return offer.id


async def decide(
    connection: Connection, caller: Caller, offer_id: UUID, action: str, *, reason: str | None = None
) -> None:
    """Approve or reject an offer that waits for the alliance. Raises ``not-found``, ``own-interest``."""
    row = _require_visible(await connection.fetchrow(GET, offer_id, caller.scope(Role.ALLIANCE)), caller)
    party = transitions.permit(OFFER, row["status"], action, _parties(row, caller))
    await transitions.move(connection, OFFER, offer_id, action, Mover(party, caller.id), note=reason)


async def list_of_area(
    reads: Reads, caller: Caller | None, area_id: UUID, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the offers of an area and all below it; what is not listed yet is shown to the alliance's staff alone."""
    scope = caller.scope(Role.ALLIANCE) if caller else []
    if status != "listed" and not await reads.fetchval(IS_ALLIANCE_OF, area_id, scope):
        raise Problem("not-allowed")
    filters = ("offers", area_id, status)
    rows = await reads.fetch(IN_AREA, area_id, request.below(*filters), request.rows, scope, status)
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def get(reads: Reads, caller: Caller | None, offer_id: UUID) -> dict[str, Any]:
    """Return one offer. Raises ``not-found`` for one that is not there for the caller."""
    row = await reads.fetchrow(GET, offer_id, caller.scope(Role.ALLIANCE) if caller else [])
    return _view(_require_visible(row, caller), caller)


def _require_visible(row: Record | None, caller: Caller | None) -> Record:
    if row is None or not (_is_public(row) or _parties(row, caller)):
        raise Problem("not-found")
    return row


def _is_public(row: Record) -> bool:
    return bool(row["status"] == "listed" and row["merchant_status"] == "approved")


def _parties(row: Record, caller: Caller | None) -> frozenset[Party]:
    if caller is None:
        return frozenset()
    return parties_to_application(
        caller, applicant_id=row["owner_id"], in_scope=row["in_scope"], decider=Party.ALLIANCE
    )


def _view(row: Record, caller: Caller | None) -> dict[str, Any]:
    actions = list(OFFER.actions(row["status"], _parties(row, caller)))
    if caller is not None and _is_public(row) and row["stock_left"] > 0:
        actions.append("take_voucher")
    return {
        "id": row["id"],
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "title": row["title"],
        "description": row["description"],
        "points": row["points"],
        "stock_left": row["stock_left"],
        "status": row["status"],
        "created_at": row["created_at"],
        "actions": actions,
    }
