"""Who sees an order and its parts, and what they may do (I8).

Staff of the area that ordered see all of it. Staff of an area with a part, or of one between, see the order and the
parts in their own areas, wherever these lie by now. In every statement here $1 are the areas where the caller acts as
staff.
"""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.core.sql import quoted
from app.domain.caller import Caller, Role, parties_to_order, parties_to_order_part
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import (
    AREA_ORDER,
    OPEN_PART_STATES,
    ORDER_PART,
    UNREPORTED_PART_STATES,
    WORKED_PART_STATES,
)
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

UNREPORTED = f"p.status IN ({quoted(UNREPORTED_PART_STATES)})"
OPEN = f"p.status IN ({quoted(OPEN_PART_STATES)})"
IS_OVERDUE = f"({UNREPORTED} AND o.due_at < clock_timestamp())"
FIGURES = ("parts", *ORDER_PART.states, "overdue")
WORK = ("tasks", "people", "verified")
EXECUTES = """EXISTS (
    SELECT FROM unnest({scope}::uuid[]) AS own (id) WHERE own.id = ANY (a.lineage) AND own.id <> ALL (above.lineage)
)"""
"""Whether the caller is staff of the area ``a`` of a part, or of one between it and ``above``, which ordered."""
TALLY = ", ".join(
    [
        "count(*)::int AS parts",
        *[f"(count(*) FILTER (WHERE p.status = '{state}'))::int AS {state}" for state in ORDER_PART.states],
        f"(count(*) FILTER (WHERE {IS_OVERDUE}))::int AS overdue",
    ]
)
VIEW = f"""
    SELECT o.id, o.area_id, above.name AS area_name, o.title, o.body, o.due_at, o.status, o.created_at, o.ended_at,
        o.ordered_by, above.lineage && $1::uuid[] AS orders, counted.*
    FROM area_order o JOIN area above ON above.id = o.area_id CROSS JOIN LATERAL (
        SELECT {TALLY} FROM order_part p JOIN area a ON a.id = p.area_id
        WHERE p.order_id = o.id AND (above.lineage && $1::uuid[] OR a.lineage && $1::uuid[])
    ) AS counted
"""
GET = f"{VIEW} WHERE o.id = $2 AND counted.parts > 0"
LIST = f"""
    {VIEW} WHERE above.lineage @> ARRAY[$2::uuid] AND counted.parts > 0
        AND ($3::text IS NULL OR o.status = $3) AND o.id < $4 ORDER BY o.id DESC LIMIT $5
"""
PART_VIEW = f"""
    SELECT p.id, p.order_id, p.area_id, a.name AS area_name, p.status, p.created_at, p.confirmed_at, p.report,
        p.reported_by, p.reported_at, p.returned_for, p.accepted_at, {IS_OVERDUE} AS is_overdue,
        o.title, o.body, o.due_at, o.ordered_by, o.area_id AS above_id, above.name AS above_name,
        above.lineage && $1::uuid[] AS orders, {EXECUTES.format(scope="$1")} AS executes, work.*
    FROM order_part p JOIN area a ON a.id = p.area_id JOIN area_order o ON o.id = p.order_id
    JOIN area above ON above.id = o.area_id CROSS JOIN LATERAL (
        SELECT (count(DISTINCT t.id) FILTER (WHERE t.status IN ('open', 'closed')))::int AS tasks,
            count(DISTINCT c.user_id)::int AS people, count(c.id)::int AS verified
        FROM task t LEFT JOIN claim c ON c.task_id = t.id AND c.status = 'verified' WHERE t.order_part_id = p.id
    ) AS work
"""
IS_VISIBLE = "(above.lineage && $1::uuid[] OR a.lineage && $1::uuid[])"
GET_PART = f"{PART_VIEW} WHERE p.id = $2 AND {IS_VISIBLE}"
FILTERED = f"""
    ($3::text IS NULL OR p.status = $3) AND (NOT $4::bool OR {IS_OVERDUE}) AND p.id < $5 ORDER BY p.id DESC LIMIT $6
"""
PARTS_OF_ORDER = f"{PART_VIEW} WHERE p.order_id = $2 AND {IS_VISIBLE} AND {FILTERED}"
PARTS_OF_AREA = f"{PART_VIEW} WHERE a.lineage @> ARRAY[$2::uuid] AND a.lineage && $1::uuid[] AND {FILTERED}"


async def find(reads: Reads, caller: Caller, order_id: UUID) -> Record:
    """Return an order as far as the caller may see it. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET, caller.scope(Role.STAFF), order_id)
    if row is None:
        raise Problem("not-found")
    return row


async def find_part(reads: Reads, caller: Caller, part_id: UUID) -> Record:
    """Return an area's part in an order. Raises ``not-found`` (I8)."""
    row = await reads.fetchrow(GET_PART, caller.scope(Role.STAFF), part_id)
    if row is None:
        raise Problem("not-found")
    return row


def permit(row: Record, caller: Caller, action: str) -> Mover:
    """Return the caller as who may end an order. Raises ``not-allowed``, ``state-conflict``."""
    parties = parties_to_order(orders=row["orders"])
    return Mover(transitions.permit(AREA_ORDER, row["status"], action, parties), caller.id)


def permit_part(row: Record, caller: Caller, action: str) -> Mover:
    """Return the caller as who may move a part. Raises ``own-interest``, ``not-allowed``, ``state-conflict``."""
    return Mover(transitions.permit(ORDER_PART, row["status"], action, _parties(row, caller)), caller.id)


async def get(reads: Reads, caller: Caller, order_id: UUID) -> dict[str, Any]:
    """Return an order. Raises ``not-found``."""
    return _view(await find(reads, caller, order_id))


async def get_part(reads: Reads, caller: Caller, part_id: UUID) -> dict[str, Any]:
    """Return a part. Raises ``not-found``."""
    return _view_part(await find_part(reads, caller, part_id), caller)


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str | None, request: PageRequest
) -> dict[str, Any]:
    """Return what an area and all below it ordered, newest first, as far as the caller may see it."""
    filters = ("orders", area_id, status)
    below = request.below(*filters)
    rows = await reads.fetch(LIST, caller.scope(Role.STAFF), area_id, status, below, request.rows)
    return page(rows, request, _view, *filters)


async def list_parts_of_order(
    reads: Reads, caller: Caller, order_id: UUID, status: str | None, request: PageRequest, *, overdue: bool
) -> dict[str, Any]:
    """Return the parts of an order that the caller may see. Raises ``not-found``."""
    filters = ("order-parts", order_id, status, overdue)
    below = request.below(*filters)
    await find(reads, caller, order_id)
    rows = await reads.fetch(PARTS_OF_ORDER, caller.scope(Role.STAFF), order_id, status, overdue, below, request.rows)
    return page(rows, request, lambda row: _view_part(row, caller), *filters)


async def list_parts_of_area(
    reads: Reads, caller: Caller, area_id: UUID, status: str | None, request: PageRequest, *, overdue: bool
) -> dict[str, Any]:
    """Return what an area and all below it have to do, newest first, to their staff."""
    filters = ("order-parts-of-area", area_id, status, overdue)
    below = request.below(*filters)
    rows = await reads.fetch(PARTS_OF_AREA, caller.scope(Role.STAFF), area_id, status, overdue, below, request.rows)
    return page(rows, request, lambda row: _view_part(row, caller), *filters)


def counts(row: Record) -> dict[str, int]:
    """Return how parts stand."""
    return {name: row[name] for name in FIGURES}


def work(row: Record) -> dict[str, int]:
    """Return what was done with tasks."""
    return {name: row[name] for name in WORK}


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    # Only a report that waits to be decided on is in the way of who wrote it.
    reported_by = row["reported_by"] if row["status"] == "reported" else None
    return parties_to_order_part(caller, reported_by=reported_by, orders=row["orders"], executes=row["executes"])


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "title", "body", "due_at", "status", "created_at", "ended_at")
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "counts": counts(row),
        "actions": AREA_ORDER.actions(row["status"], parties_to_order(orders=row["orders"])),
    }


def _view_part(row: Record, caller: Caller) -> dict[str, Any]:
    kept = ("id", "status", "is_overdue", "created_at", "confirmed_at", "report", "reported_at", "returned_for")
    actions = [*ORDER_PART.actions(row["status"], _parties(row, caller))]
    if row["executes"] and row["status"] in WORKED_PART_STATES:
        actions.append("post_task")
    return {
        **{name: row[name] for name in kept},
        "accepted_at": row["accepted_at"],
        "order": {
            "id": row["order_id"],
            "area": {"id": row["above_id"], "name": row["above_name"]},
            **{name: row[name] for name in ("title", "body", "due_at")},
        },
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "work": work(row),
        "actions": actions,
    }
