"""Offers: what approved shops give for points. Their words are checked before others see them (I10).

Nothing is deleted: an offer ends, and what was taken of it keeps what it was taken with.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import local_date, now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.core.pagination import ids_in_area
from app.core.queue import order
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.kinds import PictureOf
from app.domain.lifecycle import Party
from app.domain.lifecycles import OFFER
from app.domain.message_kinds import MessageKind
from app.models.offer import Offer
from app.schemas.offers import NewOfferIn, OfferIn
from app.services import areas, circles, messages, transitions
from app.services.media import attaching
from app.services.media.attaching import COVER_SQL, PICTURES_SQL, told
from app.services.media.links import Links
from app.services.media.removing import STANDING
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

CHECK_OFFER = "check_offer"

# In every statement here $4 is the areas where the caller acts for the alliance, and $5 the caller.
VIEW = """
    SELECT o.id, o.merchant_id, m.name AS merchant_name, m.owner_id, m.status AS merchant_status, o.area_id,
        a.name AS area_name, o.kind, o.title, o.description, o.terms, o.points, o.stock, o.stock_left,
        o.per_person_limit, o.per_day_limit, o.day, o.taken_on_day, o.valid_from, o.valid_until, o.opening_hours,
        o.status, o.created_at, a.lineage && $4::uuid[] AS in_scope,
        (SELECT t.taken FROM offer_taker t WHERE t.offer_id = o.id AND t.user_id = $5::uuid) AS taken_by_caller,
        {pictures}
    FROM offer o JOIN merchant m ON m.id = o.merchant_id JOIN area a ON a.id = o.area_id
"""
CARD = VIEW.format(pictures=f"{COVER_SQL.format(subject_id='o.id', kind='offer')} AS cover")
DETAIL = VIEW.format(pictures=f"{PICTURES_SQL.format(subject_id='o.id', kind='offer')} AS pictures")
# What a suspended shop offers waits with it, and what is over is no longer shown.
SHOWN = """
    x.status = $6 AND ($6 <> 'listed' OR (
        (x.valid_until IS NULL OR x.valid_until > $7)
        AND (SELECT m.status FROM merchant m WHERE m.id = x.merchant_id) = 'approved'
    ))
"""
IN_AREA = f"{CARD} WHERE o.id IN ({ids_in_area('offer', SHOWN)}) ORDER BY o.id DESC LIMIT $3"
IDS_IN_CIRCLE = ids_in_area("offer", SHOWN, within=circles.WITHIN.format(circle_id="$8"))
IN_CIRCLE = f"{CARD} WHERE o.id IN ({IDS_IN_CIRCLE}) ORDER BY o.id DESC LIMIT $3"
OF_MERCHANT = f"{CARD} WHERE o.merchant_id = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
GET = DETAIL.replace("$4", "$2").replace("$5", "$3") + " WHERE o.id = $1"
# Locked before it is joined: a join that waited for one which went to another area meanwhile would find nothing.
LOCK = "SELECT FROM offer WHERE id = $1 FOR UPDATE"
MAY_SEE_ALL = """
    SELECT m.owner_id = $2 OR a.lineage && $3::uuid[] FROM merchant m JOIN area a ON a.id = m.area_id WHERE m.id = $1
"""
FIND_OWNER = "SELECT owner_id FROM merchant WHERE id = $1 AND owner_id IS NOT NULL"
TOLD = {
    "listed": MessageKind.OFFER_LISTED,
    "rejected": MessageKind.OFFER_REJECTED,
    "paused": MessageKind.OFFER_PAUSED,
}
"""What the owner of its shop is told of an offer that others brought into one of these states."""
EDIT = """
    UPDATE offer SET kind = $2, title = $3, description = $4, terms = $5, points = $6, stock = $7,
        stock_left = $7 - (stock - stock_left), per_person_limit = $8, per_day_limit = $9, valid_from = $10,
        valid_until = $11, opening_hours = $12, worded_at = CASE WHEN $13 THEN now() ELSE worded_at END
    WHERE id = $1 AND stock - stock_left <= $7 RETURNING true
"""

WRITER_AND_READERS = frozenset({Party.AUTHOR, Party.ALLIANCE})
"""Who sees the pictures of an offer before they have passed."""


async def add(connection: Connection, caller: Caller, merchant_id: UUID, form: NewOfferIn) -> UUID:
    """Add an offer to the caller's approved shop; return its id.

    Raises ``not-found``, ``merchant-not-approved``, ``media-unknown``.
    """
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
        stock_left=form.stock,
        opening_hours=_hours(form),
        **form.model_dump(exclude={"opening_hours", "picture_ids"}),
    )
    await insert(connection, offer)
    await transitions.log_creation(connection, OFFER, offer.id, Mover(Party.AUTHOR, caller.id))
    await attaching.attach(connection, caller, PictureOf.OFFER, offer.id, form.picture_ids)
    await order(connection, CHECK_OFFER, offer.id)
    return offer.id


async def edit(connection: Connection, caller: Caller, offer_id: UUID, form: OfferIn) -> None:
    """Change the caller's offer: numbers and times at once, words after a new check that lists them as the first did.

    What was taken keeps what it was taken with. Raises ``not-found``, ``not-allowed``, ``state-conflict`` once it has
    ended, ``stock-below-taken``. Locks the offer's row.
    """
    await connection.execute(LOCK, offer_id)
    row = _require_visible(await connection.fetchrow(GET, offer_id, caller.scope(Role.ALLIANCE), caller.id), caller)
    if row["owner_id"] != caller.id:
        raise Problem("not-allowed")
    if row["status"] == "ended" or row["merchant_status"] == "left":
        raise Problem("state-conflict")
    words = (form.title, form.description, form.terms)
    is_reworded = words != (row["title"], row["description"], row["terms"])
    limits = (form.stock, form.per_person_limit, form.per_day_limit, form.valid_from, form.valid_until)
    if not await connection.fetchval(
        EDIT, offer_id, form.kind, *words, form.points, *limits, _hours(form), is_reworded
    ):
        raise Problem("stock-below-taken")
    if is_reworded:
        if row["status"] != OFFER.initial:
            await transitions.move(connection, OFFER, offer_id, "edit", Mover(Party.AUTHOR, caller.id))
        await order(connection, CHECK_OFFER, offer_id)


async def decide(
    connection: Connection, caller: Caller, offer_id: UUID, action: str, *, reason: str | None = None
) -> None:
    """Approve or reject, pause, resume or end an offer; its owner is told of what the alliance does.

    Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``.
    """
    row = _require_visible(await connection.fetchrow(GET, offer_id, caller.scope(Role.ALLIANCE), caller.id), caller)
    party = transitions.permit(OFFER, row["status"], action, _parties(row, caller))
    moved = await transitions.move(connection, OFFER, offer_id, action, Mover(party, caller.id), note=reason)
    if party is Party.ALLIANCE:
        await tell_owner(connection, moved)


async def tell_owner(connection: Connection, offer: Record) -> None:
    """Tell the owner of the shop of an offer what others decided on it, in the transaction that moved it."""
    owners = [row["owner_id"] for row in await connection.fetch(FIND_OWNER, offer["merchant_id"])]
    await messages.tell(connection, owners, TOLD[offer["status"]], offer["id"], title=offer["title"])


async def list_of_area(
    reads: Reads,
    links: Links,
    caller: Caller | None,
    area_id: UUID,
    circle_id: UUID | None,
    status: str,
    request: PageRequest,
) -> dict[str, Any]:
    """Return the offers of an area and all below it, or of those of its shops that lie in a circle.

    What is not listed is shown to the alliance's staff alone.
    """
    scope = caller.scope(Role.ALLIANCE) if caller else []
    if status != "listed" and not await areas.is_in_scope(reads, area_id, scope):
        raise Problem("not-allowed")
    filters, moment = ("offers", area_id, circle_id, status), now()
    asked = (area_id, request.below(*filters), request.rows, scope, _id_of(caller), status, moment)
    rows = await (reads.fetch(IN_CIRCLE, *asked, circle_id) if circle_id else reads.fetch(IN_AREA, *asked))
    return page(rows, request, lambda row: _card(links, row, caller, moment), *filters)


async def list_of_merchant(
    reads: Reads, links: Links, caller: Caller, merchant_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return all offers of a shop, to its owner and the alliance's staff. Raises ``not-found`` to others (I8)."""
    scope, moment = caller.scope(Role.ALLIANCE), now()
    if not await reads.fetchval(MAY_SEE_ALL, merchant_id, caller.id, scope):
        raise Problem("not-found")
    filters = ("offers-of-merchant", merchant_id)
    rows = await reads.fetch(OF_MERCHANT, merchant_id, request.below(*filters), request.rows, scope, caller.id)
    return page(rows, request, lambda row: _card(links, row, caller, moment), *filters)


async def get(reads: Reads, links: Links, caller: Caller | None, offer_id: UUID) -> dict[str, Any]:
    """Return one offer. Raises ``not-found`` for one that is not there for the caller."""
    scope = caller.scope(Role.ALLIANCE) if caller else []
    row = await reads.fetchrow(GET, offer_id, scope, _id_of(caller))
    row = _require_visible(row, caller)
    view, parties = _shared(row, caller, now()), _parties(row, caller)
    view["pictures"] = told(
        links,
        row["pictures"],
        to_insider=bool(parties & WRITER_AND_READERS),
        removable=STANDING if Party.AUTHOR in parties else (),
    )
    return view


def _hours(form: OfferIn) -> str:
    return json.dumps([hours.model_dump(by_alias=True) for hours in form.opening_hours])


def _id_of(caller: Caller | None) -> UUID | None:
    return caller.id if caller else None


def _require_visible(row: Record | None, caller: Caller | None) -> Record:
    if row is None or not (_is_public(row) or _parties(row, caller)):
        raise Problem("not-found")
    return row


def _is_public(row: Record) -> bool:
    return bool(row["status"] == "listed" and row["merchant_status"] == "approved")


def _is_there_to_take(row: Record, moment: datetime) -> bool:
    """Whether the one who asks could take a piece now; whether they can pay for it stands in their points."""
    is_in_time = (row["valid_from"] or moment) <= moment and (row["valid_until"] is None or moment < row["valid_until"])
    taken_today = row["taken_on_day"] if row["day"] is not None and row["day"] >= local_date(moment) else 0
    is_within_limits = (row["per_day_limit"] is None or taken_today < row["per_day_limit"]) and (
        row["per_person_limit"] is None or (row["taken_by_caller"] or 0) < row["per_person_limit"]
    )
    return _is_public(row) and row["stock_left"] > 0 and is_in_time and is_within_limits


def _parties(row: Record, caller: Caller | None) -> frozenset[Party]:
    if caller is None:
        return frozenset()
    return parties_to_application(
        caller, applicant_id=row["owner_id"], in_scope=row["in_scope"], decider=Party.ALLIANCE
    )


def _card(links: Links, row: Record, caller: Caller | None, moment: datetime) -> dict[str, Any]:
    return _shared(row, caller, moment) | {"cover": links.cover(row["cover"])}


def _shared(row: Record, caller: Caller | None, moment: datetime) -> dict[str, Any]:
    """Return what lists and details say of an offer alike."""
    parties = _parties(row, caller)
    actions = list(OFFER.actions(row["status"], parties))
    if row["status"] == OFFER.initial and Party.AUTHOR in parties:
        actions.append("edit")
    if caller is not None and _is_there_to_take(row, moment):
        actions.append("take_voucher")
    shown = (
        *("id", "kind", "title", "description", "terms", "points", "stock", "stock_left", "per_person_limit"),
        *("per_day_limit", "valid_from", "valid_until", "status", "created_at"),
    )
    return {name: row[name] for name in shown} | {
        "merchant": {"id": row["merchant_id"], "name": row["merchant_name"]},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "opening_hours": json.loads(row["opening_hours"]),
        "actions": actions,
    }
