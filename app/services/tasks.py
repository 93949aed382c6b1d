"""Tasks: making one, the list of what can be claimed, and one of them."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.core.pagination import NUMBERS, ids_in_area
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import WAITER
from app.models import Task
from app.services import limits, task_words
from app.services.complainants import HAS_PART_SQL, hash_of
from app.services.content_checks import writers
from app.services.pages import PageRequest, page
from app.services.transitions import Mover
from app.services.waiting import NUMBER_SQL

INSERT = """
    WITH made AS (
        INSERT INTO task (id, kind, wish_id, complaint_id, area_id, author_id, title, body, status, seats, seats_taken,
            reward_points, hourly_points, tags, errand_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $18, $19) RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party)
    SELECT $13, 'task', id, $14, $15, $9, $16, $17 FROM made
"""
# In both statements $4 is the caller's id or null, $5 the hash under which their complaints are kept or null, $6 the
# areas where they act as staff.
WRITER = f"CASE WHEN t.status = 'draft' THEN {writers.of_task('t.id')} END"
VIEW = f"""
    SELECT t.id, t.kind, t.wish_id, t.complaint_id, t.errand_id, t.list_id, t.item_number, t.passed_at,
        t.call_out_id, t.order_part_id, t.is_drill, t.series_id, t.occurrence, t.area_id, a.name AS area_name, t.title,
        t.body, t.status, t.seats, t.seats_taken, t.min_people, t.reward_points, t.hourly_points, t.minutes, t.skills,
        t.tags, t.place, t.starts_at,
        t.longitude::float8 AS longitude, t.latitude::float8 AS latitude, t.ends_at, t.claim_until, t.groups_until,
        t.created_at, t.author_id, c.id AS claim_id, w.id AS waiter_id,
        {WRITER} AS writer_id,
        CASE WHEN w.id IS NOT NULL THEN {NUMBER_SQL.format(place="w")} END AS number,
        a.lineage && $6::uuid[] AS in_scope,
        {HAS_PART_SQL.format(complaint_id="t.complaint_id", person_hash="$5::bytea")} AS is_complainant, (
            SELECT h.lineage && $6::uuid[] FROM complaint x JOIN area h ON h.id = x.handler_id
            WHERE x.id = t.complaint_id
        ) AS handles
    FROM task t JOIN area a ON a.id = t.area_id
    LEFT JOIN claim c ON c.task_id = t.id AND c.user_id = $4::uuid AND c.status IN ('active', 'submitted', 'returned')
    LEFT JOIN waiter w ON w.task_id = t.id AND w.user_id = $4::uuid AND w.status = 'waiting'
"""
IS_LISTED = """
    x.status = 'open' AND NOT x.is_drill AND ($7::text IS NULL OR x.kind = $7)
    AND ($8::text IS NULL OR $8 = ANY (x.tags))
"""
VIEW_OF_OPEN = VIEW.replace(WRITER, "NULL::uuid")
"""For lists of open tasks, which are read most: nobody waits for who wrote them."""
OPEN_IN_AREA = f"""
    {VIEW_OF_OPEN} WHERE t.id IN ({ids_in_area("task", IS_LISTED)})
    ORDER BY t.id DESC LIMIT $3
"""
# Drafts of staff's own words are for staff; whether the reader may see the call-out was looked at.
OF_CALL_OUT = f"""
    {VIEW} WHERE t.call_out_id = $1 AND t.id < $2 AND (t.status IN ('open', 'closed') OR a.lineage && $6::uuid[])
    ORDER BY t.id DESC LIMIT $3
"""
OF_LIST = f"""
    {VIEW} WHERE t.list_id = $1 AND t.item_number > $2::bigint
        AND (t.status IN ('open', 'closed') OR t.status = 'draft' AND a.lineage && $6::uuid[])
    ORDER BY t.item_number LIMIT $3
"""
OF_ORDER_PART = OF_CALL_OUT.replace("t.call_out_id = $1", "t.order_part_id = $1")
# The task of a complaint that turned out to be confidential is there for those who know of it already.
GET = (
    VIEW.replace("$4", "$2").replace("$5", "$3").replace("$6", "$4")
    + """
    WHERE t.id = $1 AND (
        t.author_id = $2 OR a.lineage && $4::uuid[] OR c.id IS NOT NULL OR t.status IN ('open', 'closed')
            AND NOT EXISTS (SELECT FROM complaint x WHERE x.id = t.complaint_id AND x.is_confidential)
    )
"""
)


async def make(connection: Connection, task: Task, mover: Mover, wish_body: str | None = None) -> None:
    """Store a task with its event: an open one, or a draft whose words wait for their content check.

    It is found by its own words and those of its wish.
    """
    creation = ("open", "draft") if task.status == "open" else ("create", None)
    await connection.execute(
        INSERT,
        task.id,
        task.kind,
        task.wish_id,
        task.complaint_id,
        task.area_id,
        task.author_id,
        task.title,
        task.body,
        task.status,
        task.seats,
        task.reward_points,
        task.hourly_points,
        new_id(),
        *creation,
        mover.id,
        mover.party,
        task.tags,
        task.errand_id,
    )
    await task_words.note(connection, task.id, task.title, task.body, wish_body)


async def list_open(
    reads: Reads,
    secret: str,
    caller: Caller | None,
    area_id: UUID,
    *,
    kind: str | None,
    tag: str | None,
    request: PageRequest,
) -> dict[str, Any]:
    """Return the open tasks of an area and all below it, full ones included: a seat may free."""
    filters = ("tasks", area_id, kind, tag)
    below = request.below(*filters)
    rows = await reads.fetch(OPEN_IN_AREA, area_id, below, request.rows, *arguments(caller, secret), kind, tag)
    return page(rows, request, lambda row: view(row, caller), *filters)


async def list_of_call_out(
    reads: Reads, secret: str, caller: Caller, call_out_id: UUID, request: PageRequest, *filters: object
) -> dict[str, Any]:
    """Return the tasks of a call-out, newest first, those of a drill too; who may see it was looked at."""
    below = request.below(*filters)
    rows = await reads.fetch(OF_CALL_OUT, call_out_id, below, request.rows, *arguments(caller, secret))
    return page(rows, request, lambda row: view(row, caller), *filters)


async def list_of_list(
    reads: Reads, secret: str, caller: Caller | None, list_id: UUID, request: PageRequest, *filters: object
) -> dict[str, Any]:
    """Return the items of a month's list in the order of their numbers; who may see the list was looked at."""
    after = request.after(NUMBERS, *filters)
    rows = await reads.fetch(OF_LIST, list_id, after[0] if after else 0, request.rows, *arguments(caller, secret))
    return page(rows, request, lambda row: _item_view(row, caller), *filters, key="item_number", order=NUMBERS)


async def list_of_order_part(
    reads: Reads, secret: str, caller: Caller, part_id: UUID, request: PageRequest, *filters: object
) -> dict[str, Any]:
    """Return the tasks of an area's part in an order, newest first; who may see it was looked at."""
    below = request.below(*filters)
    rows = await reads.fetch(OF_ORDER_PART, part_id, below, request.rows, *arguments(caller, secret))
    return page(rows, request, lambda row: view(row, caller), *filters)


async def get(reads: Reads, secret: str, caller: Caller | None, task_id: UUID) -> dict[str, Any]:
    """Return one task; a draft or a cancelled one to its author and staff. Raises ``not-found``."""
    row = await reads.fetchrow(GET, task_id, *arguments(caller, secret))
    if row is None:
        raise Problem("not-found")
    return view(row, caller)


def may_claim(row: Record, caller: Caller | None) -> bool:
    """Whether a seat is there for the caller to take, as far as a reader can know."""
    return _may_help(row, caller) and row["seats_taken"] < row["seats"]


def may_wait(row: Record, caller: Caller | None) -> bool:
    """Whether the caller may join the line for a seat, as far as a reader can know."""
    return _may_help(row, caller) and row["seats_taken"] >= row["seats"] and row["waiter_id"] is None


def _may_help(row: Record, caller: Caller | None) -> bool:
    return (
        caller is not None
        and caller.is_helper
        and caller.id != row["author_id"]
        and not row["is_complainant"]
        and row["claim_id"] is None
        and row["status"] == "open"
        and (row["claim_until"] is None or row["claim_until"] > now())
        and not limits.is_for_groups(row["groups_until"])
    )


def arguments(caller: Caller | None, secret: str) -> tuple[UUID | None, bytes | None, list[UUID]]:
    """Return $4 to $6 of every view."""
    return (None, None, []) if caller is None else (caller.id, hash_of(secret, caller.id), caller.scope(Role.STAFF))


def _actions(row: Record, caller: Caller | None) -> list[str]:
    """Return what the caller may do next, as helper, as staff of its complaint or, where it was posted, of its area."""
    may = ["claim"] if may_claim(row, caller) else ["wait"] if may_wait(row, caller) else []
    is_own = caller is not None and caller.id in {row["author_id"], row["writer_id"]}
    if row["handles"] and not row["is_complainant"]:
        let_in = [] if is_own else ["open"]
        may += {"draft": [*let_in, "close"], "open": ["close", "add_seats"]}.get(row["status"], [])
    if row["in_scope"] and row["wish_id"] is None and row["complaint_id"] is None and row["errand_id"] is None:
        edit = ["edit"] if row["seats_taken"] == 0 else []
        let_in = [] if is_own or row["passed_at"] is not None else ["open"]  # what has passed opens with its list
        may += {
            "draft": [*let_in, "close", "cancel", *edit],
            "open": ["close", "cancel", *edit, "add_seats", "call"],
            "closed": ["cancel"],
        }.get(row["status"], [])
    return may


def view(row: Record, caller: Caller | None) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "wish_id": row["wish_id"] and str(row["wish_id"]),
        "complaint_id": row["complaint_id"] and str(row["complaint_id"]),
        "errand_id": row["errand_id"] and str(row["errand_id"]),
        "list_id": row["list_id"] and str(row["list_id"]),
        "item_number": row["item_number"],
        "call_out_id": row["call_out_id"] and str(row["call_out_id"]),
        "series_id": row["series_id"] and str(row["series_id"]),
        "occurrence": row["occurrence"],
        "order_part_id": str(row["order_part_id"]) if row["in_scope"] and row["order_part_id"] else None,
        "is_drill": row["is_drill"],
        "area": {"id": str(row["area_id"]), "name": row["area_name"]},
        "title": row["title"],
        "body": row["body"],
        "status": row["status"],
        "seats": row["seats"],
        "seats_taken": row["seats_taken"],
        "min_people": row["min_people"],
        "reward_points": row["reward_points"],
        "hourly_points": row["hourly_points"],
        "minutes": row["minutes"],
        "skills": row["skills"],
        "tags": row["tags"],
        "place": row["place"],
        "location": row["longitude"] and {"longitude": row["longitude"], "latitude": row["latitude"]},
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "claim_until": row["claim_until"],
        "groups_until": row["groups_until"],
        "created_at": row["created_at"],
        "own_place": row["waiter_id"] and _own_place(row),
        "actions": _actions(row, caller),
    }


def _item_view(row: Record, caller: Caller | None) -> dict[str, Any]:
    return view(row, caller) | {"is_checked": row["passed_at"] is not None or row["status"] != "draft"}


def _own_place(row: Record) -> dict[str, Any]:
    actions = WAITER.actions("waiting", frozenset({Party.AUTHOR}))
    return {"id": str(row["waiter_id"]), "number": row["number"], "actions": actions}
