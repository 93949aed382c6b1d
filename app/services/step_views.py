"""Reading steps: for the units that have them and for staff, who complained told to neither (I9)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.core.pagination import MOMENTS
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import LIVE_COMPLAINT_STATES, RATED_COMPLAINT_STATES, STEP
from app.services.complainants import hash_of
from app.services.complaints.steps import parties_to
from app.services.pages import PageRequest, page

PARTS = """
    ARRAY(
        SELECT (x.id, n.id, n.name, x.is_lead, x.status, x.instructions, coalesce(x.due_at, c.answer_due_at), x.answer,
            x.answered_at, x.is_told,
            EXISTS (SELECT FROM unit_worker y WHERE y.unit_id = x.unit_id AND y.user_id = {caller_id}))
        FROM complaint_step x JOIN unit n ON n.id = x.unit_id
        WHERE x.complaint_id = c.id AND x.status <> 'cancelled' ORDER BY x.is_lead DESC, x.id
    ) AS parts
"""
"""The parts of the complaint ``c``, the lead's first, each with whether the caller acts for the unit."""

# $1 is the caller, $2 the areas where they act as staff, $3 their hash.
VIEW = f"""
    SELECT s.id, s.unit_id, u.name AS unit_name, s.is_lead, s.status, s.instructions, s.answer, s.answered_at,
        s.created_at, coalesce(s.due_at, c.answer_due_at) AS due_at, c.id AS complaint_id, c.number, c.title, c.body,
        c.status AS complaint_status, c.area_id, a.name AS area_name, c.category, k.name AS category_name, c.urgency,
        c.place, c.longitude::float8 AS longitude, c.latitude::float8 AS latitude, c.created_at AS posted_at, p.part,
        a.lineage && $2::uuid[] AS in_scope, h.lineage && $2::uuid[] AS handles, w.user_id IS NOT NULL AS works,
        (
            SELECT e.note FROM event e
            WHERE e.subject_kind = 'complaint_step' AND e.subject_id = s.id AND e.action = 'send_back'
            ORDER BY e.created_at DESC, e.id DESC LIMIT 1
        ) AS sent_back_for, {PARTS.format(caller_id="$1")}
    FROM complaint_step s JOIN unit u ON u.id = s.unit_id JOIN complaint c ON c.id = s.complaint_id
    JOIN area a ON a.id = c.area_id JOIN area h ON h.id = c.handler_id JOIN complaint_category k ON k.code = c.category
    LEFT JOIN complaint_person p ON p.complaint_id = c.id AND p.person_hash = $3
    LEFT JOIN unit_worker w ON w.unit_id = s.unit_id AND w.user_id = $1
"""
GET = f"{VIEW} WHERE s.id = $4"
OWN = f"""
    {VIEW} WHERE w.user_id IS NOT NULL AND s.status = $4
        AND ($5::timestamptz IS NULL OR (coalesce(s.due_at, c.answer_due_at), s.id) > ($5, $6))
    ORDER BY coalesce(s.due_at, c.answer_due_at), s.id LIMIT $7
"""


async def get(reads: Reads, secret: str, caller: Caller, step_id: UUID) -> dict[str, Any]:
    """Return a step, to staff of its area and to whoever acts for its unit until it is cancelled (``not-found``)."""
    row = await reads.fetchrow(GET, *_arguments(caller, secret), step_id)
    if row is None or not (row["in_scope"] or (row["works"] and row["status"] != "cancelled")):
        raise Problem("not-found")
    return _view(row)


async def list_own(reads: Reads, secret: str, caller: Caller, status: str, request: PageRequest) -> dict[str, Any]:
    """Return the steps of the units for which the caller acts, what is due first."""
    filters = ("own-steps", status)
    after = request.after(MOMENTS, *filters) or (None, None)
    rows = await reads.fetch(OWN, *_arguments(caller, secret), status, *after, request.rows)
    return page(rows, request, _view, *filters, key="due_at", order=MOMENTS)


def public_parts(row: Record, *, is_told: bool) -> list[dict[str, Any]]:
    """Return the parts of a complaint; with the answers that are part of the complaint's if that ``is_told``."""
    return _parts(row, lambda _, stands: is_told and stands)


def parts_for_staff(row: Record) -> list[dict[str, Any]]:
    """Return the parts of a complaint with what each unit has to do, answered, and what the caller may do with it."""
    moment = now()
    return [
        {
            "id": step_id,
            "unit": {"id": unit_id, "name": name},
            "is_lead": is_lead,
            "status": status,
            "instructions": instructions,
            "due_at": due_at,
            "is_overdue": status == "assigned" and due_at < moment,
            "answer": answer if status == "answered" else None,
            "answered_at": answered_at if status == "answered" else None,
            "actions": _actions(status, row["status"], parties_to(row, works=works)),
        }
        for step_id, unit_id, name, is_lead, status, instructions, due_at, answer, answered_at, _, works in row["parts"]
    ]


def _parts(row: Record, is_shown: Callable[[str, bool], bool]) -> list[dict[str, Any]]:
    """Return the parts; ``is_shown`` says by a status, and by whether the answer was told, if a reader gets it."""
    return [
        {
            "unit": {"id": unit_id, "name": name},
            "is_lead": is_lead,
            "status": status,
            "answer": answer if is_shown(status, stands) else None,
        }
        for _, unit_id, name, is_lead, status, _, _, answer, _, stands, _ in row["parts"]
    ]


def _arguments(caller: Caller, secret: str) -> tuple[UUID, list[UUID], bytes]:
    return caller.id, caller.scope(Role.STAFF), hash_of(secret, caller.id)


def _actions(status: str, complaint_status: str, party: frozenset[Party]) -> list[str]:
    """Return what the caller may do with a step: nothing once nothing is owed for its complaint."""
    return list(STEP.actions(status, party)) if complaint_status in LIVE_COMPLAINT_STATES else []


def _view(row: Record) -> dict[str, Any]:
    party = parties_to(row, works=row["works"])
    may = _actions(row["status"], row["complaint_status"], party)
    if Party.UNIT in party and row["complaint_status"] in RATED_COMPLAINT_STATES:
        may.append("rate")
    has_place = row["longitude"] is not None
    return {
        "id": row["id"],
        "complaint": {
            "id": row["complaint_id"],
            "number": row["number"],
            "area": {"id": row["area_id"], "name": row["area_name"]},
            "category": {"code": row["category"], "name": row["category_name"]},
            "urgency": row["urgency"],
            "title": row["title"],
            "body": row["body"],
            "status": row["complaint_status"],
            "location": {"longitude": row["longitude"], "latitude": row["latitude"]} if has_place else None,
            "place": row["place"],
            "created_at": row["posted_at"],
        },
        "unit": {"id": row["unit_id"], "name": row["unit_name"]},
        "is_lead": row["is_lead"],
        "status": row["status"],
        "instructions": row["instructions"],
        "due_at": row["due_at"],
        "is_overdue": row["status"] == "assigned" and row["due_at"] < now(),
        "answer": row["answer"],
        "answered_at": row["answered_at"],
        "sent_back_for": row["sent_back_for"] if row["status"] == "assigned" else None,
        "parts": _parts(row, lambda status, _: status == "answered"),
        "created_at": row["created_at"],
        "actions": may,
    }
