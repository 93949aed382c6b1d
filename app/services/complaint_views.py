"""Reading complaints: each reader gets a form of their own, made from one statement (I8, I9)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.core.pagination import MOMENTS
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart
from app.domain.lifecycle import Party
from app.domain.lifecycles import (
    COMPLAINT,
    HIDDEN_COMPLAINT_STATES,
    LIVE_COMPLAINT_STATES,
    PUBLIC_TASK_STATES,
    RATED_COMPLAINT_STATES,
    TASK,
)
from app.domain.texts import WHO_SEES, WHO_SEES_NAMED
from app.services import areas, complainants
from app.services.complainants import hash_of
from app.services.complaints.overdue import IS_REMINDED
from app.services.complaints.residents import FEEDBACK
from app.services.complaints.standing import may_see, parties
from app.services.content_checks import writers
from app.services.media.attaching import PICTURES_SQL, told
from app.services.media.links import Links
from app.services.media.removing import STANDING
from app.services.pages import PageRequest, page
from app.services.step_views import PARTS, parts_for_staff, public_parts

# In every statement here $1 is the hash of the caller or null, $2 the areas where they act as staff. The public is
# shown about where a problem is: a resident's own door may be exactly there.
ANSWERED_BY = f"CASE WHEN c.answer IS NOT NULL AND c.echo_id IS NULL THEN {writers.of_answer('c.id')} END"
COLUMNS = f"""
    c.id, c.number, c.area_id, a.name AS area_name, c.handler_id, h.name AS handler_name, h.parent_id AS above_id,
    c.category, k.name AS category_name, c.urgency, c.title, c.body, c.status, c.is_confidential, c.shown_name,
    round(c.longitude, 3)::float8 AS longitude, round(c.latitude, 3)::float8 AS latitude, l.nickname AS leader, c.joins,
    c.answer, c.outcome, c.answered_at, c.echo_id, c.is_satisfied, c.merged_into_id, c.due_at, c.created_at,
    {ANSWERED_BY} AS answered_by,
    c.entered_by, c.has_reopened, p.part, h.lineage && $2::uuid[] AS handles, a.lineage && $2::uuid[] AS in_scope,
    trim_array(a.lineage, 1) && $2::uuid[] AS leads,
    CASE WHEN c.is_joint THEN ARRAY(
        SELECT s.status FROM complaint_step s WHERE s.complaint_id = c.id AND s.status <> 'cancelled'
    ) ELSE '{{}}' END AS step_states
"""
TABLES = """
    FROM complaint c JOIN area a ON a.id = c.area_id JOIN area h ON h.id = c.handler_id
    JOIN complaint_category k ON k.code = c.category LEFT JOIN "user" l ON l.id = c.leader_id
    LEFT JOIN complaint_person p ON p.complaint_id = c.id AND p.person_hash = $1
"""
CARD = f"SELECT {COLUMNS} {TABLES}"
CARD_ON_WALL = CARD.replace(ANSWERED_BY, "NULL::uuid")
"""For walls, which are read most: answers that wait are published from the queue or the complaint itself."""
IS_NEW = """
    EXISTS (
        SELECT FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id IN (c.id, c.merged_into_id)
            AND e.created_at > coalesce(p.seen_at, p.created_at) AND e.party IN ('staff', 'unit', 'system')
            AND e.action NOT IN ('remind', 'follow')
    ) AS is_new
"""
OWN = f"""
    SELECT {COLUMNS}, {IS_NEW} {TABLES} WHERE p.person_hash IS NOT NULL AND c.id < $3 ORDER BY c.id DESC LIMIT $4
"""
NOT_DUE = "'9999-01-01T00:00:00Z'::timestamptz"
"""The turn of what has no deadline at present: after everything else."""
# The array tells the planner, which cannot know $7, that few ids come out: it looks them up, and their reminders.
QUEUE = f"""
    SELECT {COLUMNS}, coalesce(c.due_at, {NOT_DUE}) AS turn, {IS_REMINDED} AS is_reminded {TABLES}
    WHERE c.id = ANY (ARRAY(
        SELECT x.id FROM complaint x JOIN area y ON y.id = x.handler_id
        WHERE y.lineage @> ARRAY[$3::uuid] AND x.status = ANY($4)
            AND ($5::timestamptz IS NULL OR (coalesce(x.due_at, {NOT_DUE}), x.id) > ($5, $6::uuid))
        ORDER BY coalesce(x.due_at, {NOT_DUE}), x.id LIMIT $7
    )) ORDER BY coalesce(c.due_at, {NOT_DUE}), c.id
"""
PICTURES = ", ".join(
    f"{PICTURES_SQL.format(subject_id='c.id', kind=kind)} AS {name}"
    for kind, name in (("complaint", "pictures"), ("answer", "answer_pictures"))
)
DETAIL = f"""
    SELECT {COLUMNS}, {IS_NEW}, {PICTURES},
        c.longitude::float8 AS exact_longitude, c.latitude::float8 AS exact_latitude, c.place, c.channel, c.consent,
        c.case_id, c.accept_due_at, c.answer_due_at, author.sealed, own.sealed AS own_sealed,
        ARRAY(
            SELECT (e.action, e.to_state, e.facts ->> 'handler_id', place.name, e.party, actor.nickname, e.note,
                e.created_at)
            FROM event e LEFT JOIN "user" actor ON actor.id = e.actor_id
            LEFT JOIN area place ON place.id = (e.facts ->> 'handler_id')::uuid
            WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id ORDER BY e.created_at, e.id
        ) AS history, {PARTS.format(caller_id="$4")},
        EXISTS (
            SELECT FROM complaint_step s JOIN unit_worker w ON w.unit_id = s.unit_id
            WHERE s.complaint_id = c.id AND s.status <> 'cancelled' AND w.user_id = $4
        ) AS works,
        ARRAY(
            SELECT (r.party, count(*) FILTER (WHERE r.is_satisfied), count(*) FILTER (WHERE NOT r.is_satisfied),
                array_remove(array_agg(r.note ORDER BY r.created_at), NULL))
            FROM complaint_rating r WHERE r.complaint_id = c.id AND r.answered_at = c.answered_at
            GROUP BY r.party ORDER BY r.party
        ) AS ratings, (
            SELECT (t.id, t.status, t.seats, t.seats_taken) FROM task t WHERE t.complaint_id = c.id
            ORDER BY t.id DESC LIMIT 1
        ) AS task
    {TABLES}
    LEFT JOIN complaint_person author ON author.complaint_id = c.id AND author.part = 'author'
    LEFT JOIN complaint_person own ON own.complaint_id = c.id AND own.person_hash = $1
    WHERE c.id = $3
"""
LOOKS = frozenset({"unmask", "print"})
"""What its complainant reads apart: who looked."""
QUIET = LOOKS | frozenset({"remind", "ask_to_rate", "join", "correct", "publish_answer", "hide_answer", "follow"})
"""What is no step on the way of a complaint and stays out of its public timeline."""


def arguments(caller: Caller | None, secret: str) -> tuple[bytes | None, list[UUID]]:
    """Return $1 and $2 of every statement here."""
    return (None, []) if caller is None else (hash_of(secret, caller.id), caller.scope(Role.STAFF))


async def get(reads: Reads, links: Links, secret: str, caller: Caller | None, complaint_id: UUID) -> dict[str, Any]:
    """Return one complaint in the form for the caller. Raises ``not-found``."""
    row = await reads.fetchrow(DETAIL, *arguments(caller, secret), complaint_id, caller and caller.id)
    if row is None or not may_see(row, caller):
        raise Problem("not-found")
    view = card(row, caller) | _pictures(links, row)
    if row["part"] is not None:
        return view | _for_author(row, secret)
    if row["in_scope"]:
        return view | _for_staff(row, secret)
    if row["works"]:
        view["author"] = None  # no unit is told who complained, not even by a name chosen to be shown to neighbours
    return view | {
        "parts": public_parts(row, is_told=row["echo_id"] is not None),
        "task": _task(row, PUBLIC_TASK_STATES),
        "timeline": [_step(entry) for entry in row["history"] if entry[0] not in QUIET],
    }


async def list_own(reads: Reads, secret: str, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return what the caller complained of or joined in, newest first."""
    rows = await reads.fetch(OWN, *arguments(caller, secret), request.below("own-complaints"), request.rows)
    return page(
        rows,
        request,
        lambda row: card(row, caller) | {"part": row["part"], "is_new": row["is_new"]},
        "own-complaints",
    )


async def list_queue(
    reads: Reads, secret: str, caller: Caller, area_id: UUID, status: str | None, request: PageRequest
) -> dict[str, Any]:
    """Return what an area and those below it have to act on, what is due first. Raises ``not-allowed``."""
    filters = ("queue", area_id, status)
    after = request.after(MOMENTS, *filters) or (None, None)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.STAFF)):
        raise Problem("not-allowed")
    states = list(LIVE_COMPLAINT_STATES) if status is None else [status]
    rows = await reads.fetch(QUEUE, *arguments(caller, secret), area_id, states, *after, request.rows)
    return page(
        rows,
        request,
        lambda row: card(row, caller) | {"is_reminded": row["is_reminded"]},
        *filters,
        key="turn",
        order=MOMENTS,
    )


def card(row: Record, caller: Caller | None) -> dict[str, Any]:
    """Return a complaint as everybody sees it, with what the caller may do next."""
    moment = now()
    due_at = row["due_at"]
    return {
        "id": str(row["id"]),
        "number": row["number"],
        "area": {"id": str(row["area_id"]), "name": row["area_name"]},
        "handler": {"id": str(row["handler_id"]), "name": row["handler_name"]},
        "category": {"code": row["category"], "name": row["category_name"]},
        "urgency": row["urgency"],
        "title": row["title"],
        "body": row["body"],
        "status": row["status"],
        "about": row["longitude"] and {"longitude": row["longitude"], "latitude": row["latitude"]},
        "author": row["shown_name"] and {"nickname": row["shown_name"]},
        "leader": row["leader"] and {"nickname": row["leader"]},
        "joins": row["joins"],
        "unit_count": len(row["step_states"]),
        "echo": _answer(row) if row["echo_id"] else None,
        "is_satisfied": row["is_satisfied"],
        "merged_into_id": row["merged_into_id"] and str(row["merged_into_id"]),
        "due_at": due_at,
        "is_overdue": due_at is not None and due_at < moment,
        "age_days": (moment - row["created_at"]).days,
        "created_at": row["created_at"],
        "actions": actions(row, caller),
    }


def actions(row: Record, caller: Caller | None) -> list[str]:
    """Return what the caller may do next: by the lifecycle, and what needs no state of its own."""
    if caller is None:
        return []
    party = parties(row, caller)
    may = [action for action in COMPLAINT.actions(row["status"], party) if _fits(action, row, party)]
    is_live = row["status"] in LIVE_COMPLAINT_STATES
    if Party.STAFF in party:
        may += ["correct"] if is_live else []
        may += ["unmask"]
        is_waiting = row["answer"] is not None and row["echo_id"] is None
        may += ["publish_answer"] if is_waiting and row["answered_by"] not in {None, caller.id} else []
        may += ["reject"] if row["status"] in HIDDEN_COMPLAINT_STATES and not row["is_confidential"] else []
    if row["part"] is None and is_live and not row["is_confidential"]:
        may.append("join")
    may_rate = Party.STAFF in party and row["step_states"]
    may_rate = may_rate or Party.JOINER in party or (row["part"] is None and row.get("works"))
    if may_rate and row["status"] in RATED_COMPLAINT_STATES:
        may.append("rate")
    return may


def _fits(action: str, row: Record, party: frozenset[Party]) -> bool:
    """Whether an action that the state allows has somewhere to go."""
    if action == "answer":
        return "assigned" not in row["step_states"]
    if action == "escalate":
        return row["above_id"] is not None
    if action == "take_on":
        return bool(row["leads"])
    if action == "return":
        return bool(row["handler_id"] != row["area_id"])
    if action == "reopen" and Party.AUTHOR in party:
        return not row["has_reopened"] and bool(now() <= row["answered_at"] + FEEDBACK)
    return True


def _pictures(links: Links, row: Record) -> dict[str, Any]:
    """Return what a complaint and its answer show: before they have passed, to whom they are of and to staff alone."""
    is_staff = bool(row["in_scope"]) and row["part"] is None
    is_author = row["part"] == ComplaintPart.AUTHOR
    answered = row["answer_pictures"] if is_staff or row["part"] is not None or row["echo_id"] else ()
    return {
        "pictures": told(
            links,
            row["pictures"],
            to_insider=is_author or is_staff,
            removable=STANDING if is_author and row["status"] not in RATED_COMPLAINT_STATES else (),
        ),
        "answer_pictures": told(links, answered, to_insider=is_staff),
    }


def _answer(row: Record) -> dict[str, Any] | None:
    if row["answer"] is None:
        return None
    return {"answer": row["answer"], "outcome": row["outcome"], "answered_at": row["answered_at"]}


def _for_author(row: Record, secret: str) -> dict[str, Any]:
    own = complainants.read(secret, row["id"], row["own_sealed"])
    is_author = row["part"] == ComplaintPart.AUTHOR
    looks = [entry for entry in row["history"] if entry[0] in LOOKS] if is_author else []
    return {
        "place": row["place"] if is_author else None,
        "part": row["part"],
        "contact": own.masked if is_author else None,
        "who_sees": WHO_SEES_NAMED if is_author and row["shown_name"] else WHO_SEES,
        "is_new": row["is_new"],
        "answer": _answer(row),
        "is_answer_public": row["echo_id"] is not None,
        "looks": [
            {"kind": kind, "nickname": nickname, "reason": note, "created_at": created_at}
            for kind, _, _, _, _, nickname, note, created_at in looks
        ],
        "parts": public_parts(row, is_told=True),
        "task": _task(row, PUBLIC_TASK_STATES),
        "timeline": [
            _step(entry) | {"note": entry[6] if is_author else None}
            for entry in row["history"]
            if entry[0] not in QUIET
        ],
    }


def _for_staff(row: Record, secret: str) -> dict[str, Any]:
    place = None
    if row["exact_longitude"] is not None:
        place = {"longitude": row["exact_longitude"], "latitude": row["exact_latitude"]}
    return {
        "location": place,
        "place": row["place"],
        "channel": row["channel"],
        "consent": row["consent"],
        "is_confidential": row["is_confidential"],
        "case_id": row["case_id"],
        "complainant": complainants.read(secret, row["id"], row["sealed"]).masked,
        "answer": _answer(row),
        "is_answer_public": row["echo_id"] is not None,
        "accept_due_at": row["accept_due_at"],
        "answer_due_at": row["answer_due_at"],
        "parts": parts_for_staff(row),
        "ratings": [
            {"party": party, "satisfied": satisfied, "unsatisfied": unsatisfied, "notes": notes}
            for party, satisfied, unsatisfied, notes in row["ratings"]
        ],
        "task": _task(row, TASK.states),
        "timeline": [
            _step(entry) | {"note": entry[6], "party": entry[4], "actor": entry[5] and {"nickname": entry[5]}}
            for entry in row["history"]
        ],
    }


def _task(row: Record, states: Collection[str]) -> dict[str, Any] | None:
    """Return the task of the last call for helpers if it is in one of the states that the reader may know of."""
    if row["task"] is None or row["task"][1] not in states:
        return None
    return dict(zip(("id", "status", "seats", "seats_taken"), row["task"], strict=True))


def _step(entry: tuple[Any, ...]) -> dict[str, Any]:
    action, to_state, handler_id, handler_name, _, _, _, created_at = entry
    handler = {"id": handler_id, "name": handler_name} if handler_id else None
    return {"action": action, "to_state": to_state, "handler": handler, "created_at": created_at}
