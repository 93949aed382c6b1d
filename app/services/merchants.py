"""Merchants: applying with licence and documents, approval by the alliance, suspension, leaving."""

import json
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import MERCHANT
from app.domain.message_kinds import MessageKind
from app.models.merchant import Clerk, Merchant
from app.schemas.merchants import MerchantIn, SuspensionIn
from app.services import circles, messages, transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover, Told

GIVE_BACK_VOUCHERS = "give_back_vouchers"
TOLD = {
    "approve": MessageKind.MERCHANT_APPROVED,
    "refuse": MessageKind.MERCHANT_REFUSED,
    "suspend": MessageKind.MERCHANT_SUSPENDED,
    "resume": MessageKind.MERCHANT_RESUMED,
}
"""What its owner is told of a decision on a shop."""

# The reason is the note of the latest event that changed anything: an approval has none, and so ends the reason of a
# suspension.
VIEW = """
    SELECT m.id, m.owner_id, m.area_id, a.name AS area_name, m.name, m.licence_number, m.documents, m.status,
        m.accepts_scans, m.created_at, a.lineage && $2::uuid[] AS in_scope, (
            SELECT e.note FROM event e
            WHERE e.subject_kind = 'merchant' AND e.subject_id = m.id AND e.action <> 'follow'
            ORDER BY e.created_at DESC, e.id DESC LIMIT 1
        ) AS reason
    FROM merchant m JOIN area a ON a.id = m.area_id
"""
GET = f"{VIEW} WHERE m.id = $1"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND m.status = $3 AND m.id < $4 AND {{within}}
    ORDER BY m.id DESC LIMIT $5
"""
IN_AREA = LIST.format(within="true")
IN_CIRCLE = LIST.format(within=circles.WITHIN.format(circle_id="$6"))


UNOWNED = """
    SELECT m.id, m.status, p.user_id FROM merchant m JOIN person p ON p.id = m.person_id
    WHERE m.person_id = $1 AND m.owner_id IS NULL AND p.user_id IS NOT NULL ORDER BY m.id FOR UPDATE OF m
"""
ADD_CLERK = """
    INSERT INTO clerk (id, merchant_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (user_id, merchant_id) DO NOTHING
"""
GIVE_SHOP = "UPDATE merchant SET owner_id = $2 WHERE id = $1"
OWNED = "SELECT id, status FROM merchant WHERE person_id = $1 AND owner_id = $2 ORDER BY id FOR UPDATE"
TAKE_SHOPS = "UPDATE merchant SET owner_id = NULL WHERE id = ANY($1)"
LET_CLERKS_GO = "DELETE FROM clerk WHERE merchant_id = ANY($1) RETURNING id"
DROP_INVITES = "DELETE FROM clerk_invite WHERE merchant_id = ANY($1)"


async def apply(connection: Connection, caller: Caller, form: MerchantIn) -> UUID:
    """Apply with a shop; the caller becomes its owner and first clerk.

    Raises ``area-unknown`` and ``licence-taken``, both by the database.
    """
    merchant = Merchant(id=new_id(), owner_id=caller.id, **_columns(form))
    await insert(connection, merchant)
    await insert(connection, Clerk(id=new_id(), merchant_id=merchant.id, user_id=caller.id))
    await ledger.open_merchant(connection, merchant.id)
    await transitions.log_creation(connection, MERCHANT, merchant.id, Mover(Party.AUTHOR, caller.id))
    return merchant.id


async def reapply(connection: Connection, caller: Caller, merchant_id: UUID, form: MerchantIn) -> None:
    """Apply again after a refusal, with what was wrong put right. Raises what ``apply`` and ``decide`` do."""
    mover = await _permit(connection, caller, merchant_id, "reapply")
    await transitions.move(connection, MERCHANT, merchant_id, "reapply", mover, changes=_columns(form))


async def decide(
    connection: Connection, caller: Caller, merchant_id: UUID, action: str, *, reason: str | None = None
) -> None:
    """Approve, refuse or resume a shop; its owner is told.

    Raises ``not-found`` outside the caller's areas, ``own-interest`` for one's own, ``state-conflict``.
    """
    mover = await _permit(connection, caller, merchant_id, action)
    await _tell(
        connection, await transitions.move(connection, MERCHANT, merchant_id, action, mover, note=reason), action
    )


async def suspend(connection: Connection, caller: Caller, merchant_id: UUID, form: SuspensionIn) -> None:
    """Suspend a shop: it gives no new vouchers, and its open ones are honoured or given back. Raises as ``decide``."""
    mover = await _permit(connection, caller, merchant_id, "suspend")
    is_honoured = form.vouchers == "honour"
    changes = {"honours_vouchers": is_honoured}
    moved = await transitions.move(
        connection, MERCHANT, merchant_id, "suspend", mover, note=form.reason, changes=changes
    )
    await _tell(connection, moved, "suspend")
    if not is_honoured:
        await order(connection, GIVE_BACK_VOUCHERS, merchant_id)


async def leave(connection: Connection, caller: Caller, merchant_id: UUID) -> None:
    """Leave the alliance with the caller's own shop; its open vouchers are given back.

    What it settled is paid as before. Raises ``not-found``, ``not-allowed``, ``state-conflict``.
    """
    mover = await _permit(connection, caller, merchant_id, "leave")
    await transitions.move(connection, MERCHANT, merchant_id, "leave", mover)
    await connection.execute("DELETE FROM clerk_invite WHERE merchant_id = $1", merchant_id)
    await order(connection, GIVE_BACK_VOUCHERS, merchant_id)


async def give_shops(connection: Connection, person_id: UUID) -> None:
    """Make a person who is a user the owner and first clerk of the shops that offices listed as theirs.

    Done twice, nothing is left to do. Locks those shops' rows.
    """
    for row in await connection.fetch(UNOWNED, person_id):
        await connection.execute(GIVE_SHOP, row["id"], row["user_id"])
        await connection.execute(ADD_CLERK, new_id(), row["id"], row["user_id"])
        await transitions.log_act(connection, MERCHANT, row["id"], "give", transitions.SYSTEM, state=row["status"])


async def take_shops(connection: Connection, person_id: UUID, user_id: UUID, mover: Mover) -> None:
    """Take the shops that offices listed as a person's from a user who is that person no more, and from their clerks.

    Whoever is recognised as the person next owns them. Locks those shops' rows.
    """
    shops = await connection.fetch(OWNED, person_id, user_id)
    shop_ids = [shop["id"] for shop in shops]
    await connection.execute(TAKE_SHOPS, shop_ids)
    await connection.execute(DROP_INVITES, shop_ids)
    clerks = await connection.fetch(LET_CLERKS_GO, shop_ids)
    await transitions.log_many(connection, "clerk", mover, [Told(row["id"], "remove", "removed") for row in clerks])
    for shop in shops:
        await transitions.log_act(connection, MERCHANT, shop["id"], "take", mover, state=shop["status"])


async def get(reads: Reads, caller: Caller, merchant_id: UUID) -> dict[str, Any]:
    """Return one shop, to its owner and the alliance's staff. Raises ``not-found`` to others (I8)."""
    row = _require_visible(await reads.fetchrow(GET, merchant_id, caller.scope(Role.ALLIANCE)), caller)
    return _view(row, caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, circle_id: UUID | None, status: str, request: PageRequest
) -> dict[str, Any]:
    """Return the shops of an area, or of a circle in it alone, that lie in the caller's own areas."""
    filters = ("merchants", area_id, circle_id, status)
    asked = (area_id, caller.scope(Role.ALLIANCE), status, request.below(*filters), request.rows)
    rows = await (reads.fetch(IN_CIRCLE, *asked, circle_id) if circle_id else reads.fetch(IN_AREA, *asked))
    return page(rows, request, lambda row: _view(row, caller), *filters)


async def _permit(connection: Connection, caller: Caller, merchant_id: UUID, action: str) -> Mover:
    """Return the caller in the part in which they may. Raises ``not-found`` and what ``transitions.permit`` does."""
    row = _require_visible(await connection.fetchrow(GET, merchant_id, caller.scope(Role.ALLIANCE)), caller)
    return Mover(transitions.permit(MERCHANT, row["status"], action, _parties(row, caller)), caller.id)


async def _tell(connection: Connection, merchant: Record, action: str) -> None:
    """Tell the owner of a shop, if it has one, what was decided on it."""
    owners = [merchant["owner_id"]] if merchant["owner_id"] else []
    await messages.tell(connection, owners, TOLD[action], merchant["id"], shop=merchant["name"])


def _require_visible(row: Record | None, caller: Caller) -> Record:
    if row is None or not (row["in_scope"] or row["owner_id"] == caller.id):
        raise Problem("not-found")
    return row


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(
        caller, applicant_id=row["owner_id"], in_scope=row["in_scope"], decider=Party.ALLIANCE
    )


def _columns(form: MerchantIn) -> dict[str, Any]:
    documents = json.dumps([document.model_dump() for document in form.documents], ensure_ascii=False)
    return {
        "area_id": form.area_id,
        "name": form.name,
        "licence_number": form.licence_number,
        "documents": documents,
    }


def _view(row: Record, caller: Caller) -> dict[str, Any]:
    actions = list(MERCHANT.actions(row["status"], _parties(row, caller)))
    if row["owner_id"] == caller.id and row["status"] != "left":
        actions += ["invite_clerk", "add_offer"] if row["status"] == "approved" else ["invite_clerk"]
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "licence_number": row["licence_number"],
        "documents": json.loads(row["documents"]),
        "status": row["status"],
        "reason": row["reason"],
        "accepts_scans": row["accepts_scans"],
        "has_owner": row["owner_id"] is not None,
        "created_at": row["created_at"],
        "actions": actions,
    }
