"""Putting a complaint on the wall: who, where, about what; nobody sees it before its content check (I10)."""

from dataclasses import dataclass, replace
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Channel, ComplaintPart, PictureOf, Urgency
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT
from app.domain.shielding import mask_text
from app.models import Complaint
from app.schemas.complaints import ComplaintIn, Contact
from app.services import complainants, routing, similar, transitions
from app.services.complainants import Complainant
from app.services.complaints import clocks
from app.services.media import attaching
from app.services.transitions import Mover

CHECK_COMPLAINT = "check_complaint"
POSTS_A_MINUTE = 5
FALLBACK_CATEGORY = "other"

# Posts of one person wait for each other, so that the limit holds for thirty at once.
LOCK_PERSON = 'SELECT nickname FROM "user" WHERE id = $1 FOR NO KEY UPDATE'
FIND_PLACE = "SELECT kind, lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
FIND_CATEGORY = "SELECT code, is_confidential FROM complaint_category WHERE code = $1 AND is_active"


@dataclass(frozen=True, slots=True)
class Poster:
    """Whose a complaint is: under which id it is found again, how to reach them, and how it came in."""

    person_id: UUID
    who: Complainant
    channel: Channel
    mover: Mover
    shown_name: str | None = None
    entered_by: UUID | None = None
    consent: str | None = None


async def post(connection: Connection, secret: str, caller: Caller, form: ComplaintIn, area_id: UUID) -> UUID:
    """Post a complaint of the grid ``area_id``, for oneself or for somebody who cannot; return its id.

    Raises ``media-unknown``, ``posting-too-fast``, ``area-unknown``, ``area-not-a-home``, ``category-unknown``, and
    ``not-allowed`` for a proxy who is neither staff there nor a helper.
    """
    nickname = await connection.fetchval(LOCK_PERSON, caller.id)
    place = await _find_place(connection, caller, area_id)
    if form.proxy is not None:
        if not (place["in_scope"] or caller.is_helper):
            raise Problem("not-allowed")
        who = Complainant(None, form.proxy.name, form.proxy.phone)
        mover = Mover(Party.STAFF if place["in_scope"] else Party.HELPER, caller.id)
        poster = Poster(
            new_id(), who, Channel.PROXY, mover, entered_by=caller.id, consent=mask_text(form.proxy.consent)
        )
    else:
        if await complainants.count_lately(connection, secret, caller.id, 60) >= POSTS_A_MINUTE:
            raise Problem("posting-too-fast")
        contact = form.contact or Contact()
        who = Complainant(caller.id, contact.name or nickname, contact.phone)
        shown_name = None if form.anonymous else nickname
        poster = Poster(caller.id, who, Channel.APP, Mover(Party.AUTHOR), shown_name)
    complaint_id = await put_on_record(connection, secret, poster, form, area_id)
    await attaching.attach(connection, caller, PictureOf.COMPLAINT, complaint_id, form.picture_ids)
    return complaint_id


async def put_on_record(connection: Connection, secret: str, poster: Poster, form: ComplaintIn, area_id: UUID) -> UUID:
    """Store a complaint with its person apart from it, its event and its content check; return its id.

    Its clock starts now, whatever the check takes. Raises ``category-unknown``.
    """
    category, urgency = await _sort(connection, form, area_id)
    moment = now()
    dues, clock = await clocks.start(
        connection, area_id=area_id, category=category["code"], urgency=urgency, moment=moment
    )
    complaint_id = new_id()
    title, body = mask_text(form.title), mask_text(form.body)
    row = Complaint(
        id=complaint_id,
        area_id=area_id,
        handler_id=area_id,
        category=category["code"],
        urgency=dues.urgency,
        title=title,
        body=body,
        is_confidential=category["is_confidential"],
        shown_name=poster.shown_name,
        longitude=form.location.longitude if form.location else None,
        latitude=form.location.latitude if form.location else None,
        place=form.place and mask_text(form.place),
        channel=poster.channel,
        entered_by=poster.entered_by,
        consent=poster.consent,
        accept_due_at=dues.accept_due_at,
        answer_due_at=dues.answer_due_at,
        created_at=moment,
    )
    await insert(connection, row)
    await similar.remember(connection, complaint_id, area_id, title, body)
    who = replace(
        poster.who,
        title=form.title if form.title != title else None,
        body=form.body if form.body != body else None,
    )
    await complainants.add(connection, secret, complaint_id, poster.person_id, ComplaintPart.AUTHOR, who)
    facts = {
        "area_id": area_id,
        "handler_id": area_id,
        "category": category["code"],
        "urgency": dues.urgency,
        "channel": poster.channel,
        **clock,
    }
    await transitions.log_creation(connection, COMPLAINT, complaint_id, poster.mover, facts=facts)
    await order(connection, CHECK_COMPLAINT, complaint_id)
    return complaint_id


async def _find_place(connection: Connection, caller: Caller, area_id: UUID) -> Record:
    place = await connection.fetchrow(FIND_PLACE, area_id, caller.scope(Role.STAFF))
    if place is None:
        raise Problem("area-unknown")
    if place["kind"] not in {"grid", "post"}:
        raise Problem("area-not-a-home")
    return place


async def _sort(connection: Connection, form: ComplaintIn, area_id: UUID) -> tuple[Record, Urgency | None]:
    """Return the category as chosen, or else as the words of the text propose, and the urgency if they tell it."""
    if form.category is not None:
        return await _find_category(connection, form.category), None
    proposal = await routing.propose(connection, area_id, form.title, form.body)
    category = await _find_category(connection, proposal.category or FALLBACK_CATEGORY)
    return category, proposal.urgency


async def _find_category(connection: Connection, code: str) -> Record:
    category = await connection.fetchrow(FIND_CATEGORY, code)
    if category is None:
        raise Problem("category-unknown")
    return category
