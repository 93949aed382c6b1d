"""Complaints as Open311 GeoReport v2 tells and takes them (https://wiki.open311.org/GeoReport_v2).

Only what stands on walls is told, and of it what everybody may know there (I9, I10). Coordinates are WGS-84 outside.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import lowest_id_at, new_id
from app.domain import texts
from app.domain.errors import Problem
from app.domain.geometry import gcj02_from_wgs84, wgs84_from_gcj02
from app.domain.kinds import Channel, Outcome
from app.domain.lifecycle import Party
from app.domain.lifecycles import PUBLIC_COMPLAINT_STATES
from app.domain.shielding import mask_text
from app.schemas.complaints import ComplaintIn
from app.schemas.locations import Location
from app.schemas.open311 import PAGE_SIZE_MAX, RequestIn, RequestsQuery, Status
from app.services.complainants import Complainant
from app.services.complaints import posting
from app.services.complaints.posting import Poster
from app.services.places import Places
from app.services.transitions import Mover

SPAN = timedelta(days=90)
CLOCKS_APART = timedelta(minutes=1)
"""An id may be that much older or younger than the time beside it."""

REPEATED = "open311-"
"""What the key of a request begins with that came without one; the rest is what it says."""
REPEATED_WITHIN_S = 600

TITLE_CHARACTERS = 60
NUMBER_FORM = re.compile(r"[0-9]{1,18}")
CODE_FORM = re.compile(r"[a-z][a-z_]{0,30}")
CLOSED_STATES = ("answered", "closed", "merged")
OPEN_STATES = tuple(state for state in PUBLIC_COMPLAINT_STATES if state not in CLOSED_STATES)

SERVICES = "SELECT code, name, is_confidential, words FROM complaint_category WHERE is_active ORDER BY position, code"
IS_SERVICE = "SELECT true FROM complaint_category WHERE code = $1 AND is_active"
IS_AREA = "SELECT true FROM area WHERE id = $1"
FIND_GRID = """
    SELECT kind, lineage @> ARRAY[$2::uuid] AS has_key,
        $3::uuid IS NULL OR lineage @> ARRAY[$3::uuid] AS in_jurisdiction
    FROM area WHERE id = $1
"""
FIND_POSTED = "SELECT number, is_confidential FROM complaint WHERE id = $1"
VIEW = """
    SELECT c.number, c.category, k.name AS category_name, c.urgency, c.title, c.body, c.status, c.joins, c.outcome,
        CASE WHEN c.echo_id IS NOT NULL THEN c.answer END AS answer, h.name AS handler_name, c.area_id,
        concat(above.name, a.name) AS address, c.due_at, c.created_at,
        greatest(c.created_at, c.opened_at, c.accepted_at, c.answered_at, c.closed_at) AS updated_at,
        round(c.longitude, 3)::float8 AS longitude, round(c.latitude, 3)::float8 AS latitude, m.number AS merged_into
    FROM complaint c JOIN complaint_category k ON k.code = c.category JOIN area a ON a.id = c.area_id
    LEFT JOIN area above ON above.id = a.parent_id JOIN area h ON h.id = c.handler_id
    LEFT JOIN complaint m ON m.id = c.merged_into_id
"""
FIND = f"""
    {VIEW} WHERE c.number = ANY($1) AND c.status = ANY($2) AND NOT c.is_confidential
        AND ($3::uuid IS NULL OR a.lineage @> ARRAY[$3::uuid])
    ORDER BY c.id DESC LIMIT $4
"""
# Ids first, walked from the newest: the planner cannot know $8 and would join everything before it cuts. A range of ids
# it takes for so small that sorting it is cheap; of a pair (the second part means nothing) it does not: 50 of 200,000
# took 0.5 ms instead of 340.
LIST = f"""
    {VIEW} WHERE c.id = ANY(ARRAY(
        SELECT x.id FROM complaint x
        WHERE x.is_on_wall AND (x.id, x.id) >= ($1, $1) AND x.id < $2 AND x.created_at BETWEEN $3 AND $4
            AND ($5::text[] IS NULL OR x.category = ANY($5)) AND ($6::text[] IS NULL OR x.status = ANY($6))
            AND ($7::uuid IS NULL OR x.area_id = ANY(ARRAY(SELECT b.id FROM area b WHERE b.lineage @> ARRAY[$7::uuid])))
        ORDER BY x.id DESC LIMIT $8 OFFSET $9
    ))
    ORDER BY c.id DESC
"""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was put on record."""

    number: int
    is_confidential: bool


async def list_services(reads: Reads, jurisdiction_id: str | None) -> list[dict[str, Any]]:
    """Return the topics that complaints may have. Raises ``jurisdiction-unknown``."""
    await find_jurisdiction(reads, jurisdiction_id)
    return [
        {
            "service_code": row["code"],
            "service_name": row["name"],
            "description": (
                texts.OPEN311_CONFIDENTIAL_SERVICE if row["is_confidential"] else texts.OPEN311_SERVICE
            ).format(name=row["name"]),
            "metadata": False,
            "type": "realtime",
            "keywords": ", ".join(row["words"]),
            "group": None,
        }
        for row in await reads.fetch(SERVICES)
    ]


async def get_definition(reads: Reads, jurisdiction_id: str | None, code: str) -> dict[str, Any]:
    """Return what else is asked for a topic: nothing. Raises ``category-unknown``, ``jurisdiction-unknown``."""
    await find_jurisdiction(reads, jurisdiction_id)
    await _require_service(reads, code)
    return {"service_code": code, "attributes": []}


async def get_request(reads: Reads, jurisdiction_id: str | None, number: str, *, extended: bool) -> dict[str, Any]:
    """Return one complaint. Raises ``not-found`` also for what stands on no wall, and ``jurisdiction-unknown``."""
    area_id = await find_jurisdiction(reads, jurisdiction_id)
    [*rows] = await _find(reads, [number], area_id)
    if not rows:
        raise Problem("not-found")
    return _view(rows[0], extended=extended)


async def list_requests(reads: Reads, query: RequestsQuery) -> list[dict[str, Any]]:
    """Return complaints, newest first: those with the numbers asked for, or of 90 days at most.

    Raises ``jurisdiction-unknown``, and ``invalid-payload`` for a longer time.
    """
    area_id = await find_jurisdiction(reads, query.jurisdiction_id)
    extended = bool(query.extensions)
    if query.service_request_id is not None:
        return [_view(row, extended=extended) for row in await _find(reads, query.service_request_id, area_id)]
    start, end = window(query.start_date, query.end_date, now())
    codes = query.service_code and [code for code in query.service_code if CODE_FORM.fullmatch(code)]
    states = None
    if query.status is not None:
        states = [*(OPEN_STATES if Status.OPEN in query.status else ())]
        states += CLOSED_STATES if Status.CLOSED in query.status else ()
    size = query.page_size or PAGE_SIZE_MAX
    rows = await reads.fetch(
        LIST,
        lowest_id_at(start - CLOCKS_APART),
        lowest_id_at(end + CLOCKS_APART),
        start,
        end,
        codes,
        states,
        area_id,
        size,
        ((query.page or 1) - 1) * size,
    )
    return [_view(row, extended=extended) for row in rows]


def window(start: datetime | None, end: datetime | None, moment: datetime) -> tuple[datetime, datetime]:
    """Return the time that is asked for: where one end is missing, 90 days from the other; where both are, the latest.

    Raises ``invalid-payload`` for a time that runs backwards or is longer.
    """
    if start is None:
        end = end or moment
        return end - SPAN, end
    end = end or start + SPAN
    if not timedelta(0) <= end - start <= SPAN:
        raise Problem("invalid-payload", fields=[{"field": "end_date", "reason": "span"}])
    return start, end


async def post(connection: Connection, places: Places, form: RequestIn, key_area_id: UUID, *, secret: str) -> Posted:
    """Put a complaint on record that came from another system; who reports it is sealed like every complainant.

    It lies in the area of ``address_id``, or else in the grid of the point. Raises ``jurisdiction-unknown``,
    ``category-unknown``, ``invalid-payload`` without a place, ``area-unknown``, ``area-not-a-home``, ``not-allowed``
    outside the area of the key, and what ``Places.locate`` raises.
    """
    jurisdiction = await find_jurisdiction(connection, form.jurisdiction_id)
    await _require_service(connection, form.service_code)
    point = None if form.long is None or form.lat is None else gcj02_from_wgs84(form.long, form.lat)
    area_id = form.address_id
    if area_id is None:
        if point is None:
            raise Problem("invalid-payload", fields=[{"field": "address_id", "reason": "place_missing"}])
        area_id = await places.locate(connection, *point)
    area = await connection.fetchrow(FIND_GRID, area_id, key_area_id, jurisdiction)
    if area is None:
        raise Problem("area-unknown")
    if area["kind"] not in {"grid", "post"}:
        raise Problem("area-not-a-home")
    if not area["has_key"] or not area["in_jurisdiction"]:
        raise Problem("not-allowed")
    who = Complainant(None, form.name, form.phone, email=form.email)
    complaint = ComplaintIn(
        area_id=area_id,
        location=None if point is None else Location(longitude=point[0], latitude=point[1]),
        place=form.address_string,
        category=form.service_code,
        title=title_of(mask_text(form.description)),  # cut first, half a number would stay
        body=form.description,
    )
    poster = Poster(new_id(), who, Channel.OPEN311, Mover(Party.AUTHOR))
    complaint_id = await posting.put_on_record(connection, secret, poster, complaint, area_id)
    posted = await connection.fetchrow(FIND_POSTED, complaint_id)
    return Posted(posted["number"], posted["is_confidential"])


def title_of(description: str) -> str:
    """Return what a complaint is called that came without a title: the beginning of its first line."""
    line = next(line for line in description.split("\n") if line.strip()).strip()
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1] + "…"


def receipt(posted: Posted) -> dict[str, Any]:
    """Return what whoever posted is told."""
    notice = texts.OPEN311_RECEIVED_CONFIDENTIAL if posted.is_confidential else texts.OPEN311_RECEIVED
    number = str(posted.number)
    return {"service_request_id": number, "service_notice": notice.format(number=number), "account_id": None}


async def find_jurisdiction(reads: Reads, jurisdiction_id: str | None) -> UUID | None:
    """Return the area that a request is limited to, None for everything. Raises ``jurisdiction-unknown``."""
    if not jurisdiction_id:
        return None
    try:
        area_id = UUID(jurisdiction_id)
    except ValueError as error:
        raise Problem("jurisdiction-unknown") from error
    if not await reads.fetchval(IS_AREA, area_id):
        raise Problem("jurisdiction-unknown")
    return area_id


async def _require_service(reads: Reads, code: str | None) -> None:
    if code is None or not CODE_FORM.fullmatch(code) or not await reads.fetchval(IS_SERVICE, code):
        raise Problem("category-unknown")


async def _find(reads: Reads, written: list[str], area_id: UUID | None) -> list[Record]:
    """Return the complaints with these numbers that everybody may see."""
    numbers = [int(number) for number in written if NUMBER_FORM.fullmatch(number)]
    return await reads.fetch(FIND, numbers, list(PUBLIC_COMPLAINT_STATES), area_id, PAGE_SIZE_MAX)


def _view(row: Record, *, extended: bool) -> dict[str, Any]:
    place = None if row["longitude"] is None else wgs84_from_gcj02(row["longitude"], row["latitude"])
    title, body = row["title"], row["body"]
    view = {
        "service_request_id": str(row["number"]),
        "status": Status.CLOSED if row["status"] in CLOSED_STATES else Status.OPEN,
        "status_notes": _notes(row),
        "service_name": row["category_name"],
        "service_code": row["category"],
        "description": body if body.startswith(title.removesuffix("…")) else f"{title}\n{body}",
        "agency_responsible": row["handler_name"],
        "service_notice": None,
        "requested_datetime": row["created_at"],
        "updated_datetime": row["updated_at"],
        "expected_datetime": row["due_at"],
        "address": row["address"],
        "address_id": str(row["area_id"]),
        "zipcode": None,
        "lat": None if place is None else round(place[1], 5),
        "long": None if place is None else round(place[0], 5),
        "media_url": None,
    }
    if extended:
        view["extended_attributes"] = {
            "title": title,
            "detailed_status": row["status"],
            "urgency": row["urgency"],
            "outcome": row["outcome"] if row["answer"] is not None else None,
            "joins": row["joins"],
        }
    return view


def _notes(row: Record) -> str:
    """Return how the complaint stands in our own words, with the answer that stands beside it on the wall."""
    state = texts.OPEN311_STATES[row["status"]].format(number=row["merged_into"])
    if row["answer"] is not None:
        outcome = texts.OUTCOMES[Outcome(row["outcome"])]
        return texts.OPEN311_ANSWER.format(state=state, outcome=outcome, answer=row["answer"])
    return texts.OPEN311_UNCHECKED_ANSWER.format(state=state) if row["status"] == "answered" else state
