"""Reading wishes: the feed, one's own, the review queue and the detail, each one statement."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.core.pagination import ids_in_area
from app.domain.caller import Caller, Role, parties_to_service
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import PART_ACTIONS, WISH
from app.services import areas
from app.services.content_checks.asking import IS_PASSED_SQL
from app.services.media.attaching import COVER_SQL, PICTURES_SQL, told
from app.services.media.links import Links
from app.services.media.removing import STANDING, UNSEEN
from app.services.pages import PageRequest, page
from app.services.wishes import PUBLIC_STATES, STATES_WITH_WORK, may_see

# Ids are written as text while an answer is made: the serialiser takes a microsecond for each of the driver's UUIDs.
# In every statement here $5 is the caller's id or null, $6 the areas where they act as staff.
CARD = f"""
    SELECT w.id, w.author_id, w.area_id, a.name AS area_name, w.category, w.title, w.body, w.status, u.nickname,
        w.created_at, w.published_at, w.hidden_at, t.id AS task_id, t.seats, t.seats_taken, t.reward_points,
        t.hourly_points, {COVER_SQL.format(subject_id="w.id", kind="wish")} AS cover,
        a.lineage && $6::uuid[] AS in_scope, c.user_id AS claimant_id
    FROM wish w JOIN area a ON a.id = w.area_id JOIN "user" u ON u.id = w.author_id
    LEFT JOIN task t ON t.wish_id = w.id
    LEFT JOIN claim c ON c.task_id = t.id AND c.user_id = $5::uuid AND c.status IN ('active', 'submitted', 'returned')
"""
OF_CATEGORY = "AND x.category = $7"
# What is hidden is listed to staff alone, who may have to decide on the work in it.
IS_SHOWN = "AND (x.hidden_at IS NULL OR (SELECT s.lineage && $6::uuid[] FROM area s WHERE s.id = x.area_id))"
NEVER_HIDDEN = "published"
"""No hidden wish is ever in this state, whose list is read most: from an index alone."""


def _in_area(*conditions: str) -> str:
    listed = ids_in_area("wish", " ".join(("x.status = $4", *conditions)))
    return f"{CARD} WHERE w.id IN ({listed}) ORDER BY w.id DESC LIMIT $3"


IN_AREA, IN_AREA_OF_CATEGORY = _in_area(), _in_area(OF_CATEGORY)
SHOWN_IN_AREA, SHOWN_IN_AREA_OF_CATEGORY = _in_area(IS_SHOWN), _in_area(IS_SHOWN, OF_CATEGORY)
OWN = f"{CARD} WHERE w.author_id = $1 AND w.id < $2 AND $4::text IS NULL ORDER BY w.id DESC LIMIT $3"
DETAIL = f"""
    SELECT w.id, w.author_id, w.area_id, a.name AS area_name, w.category, w.title, w.body, w.status, u.nickname,
        w.created_at, w.published_at, w.hidden_at, t.id AS task_id, t.seats, t.seats_taken, t.reward_points,
        t.hourly_points, {PICTURES_SQL.format(subject_id="w.id", kind="wish")} AS pictures,
        {PICTURES_SQL.format(subject_id="c.id", kind="claim")} AS shown,
        a.lineage && $3::uuid[] AS in_scope, w.rating, w.thanks,
        c.id AS claim_id, c.user_id AS claimant_id, c.note, c.minutes, c.done_percent, c.submitted_at,
        h.nickname AS helper_nickname,
        {IS_PASSED_SQL.format(subject_id="w.id", part="thanks")} AS is_thanks_passed,
        {IS_PASSED_SQL.format(subject_id="c.id", part="note")} AS is_note_passed,
        CASE WHEN w.author_id = $2 OR c.user_id = $2 OR a.lineage && $3::uuid[] THEN ARRAY(
            SELECT (e.action, e.to_state, e.note, e.created_at) FROM event e
            WHERE e.subject_kind = 'wish' AND e.subject_id = w.id AND e.action <> 'follow' ORDER BY e.created_at, e.id
        ) END AS history
    FROM wish w JOIN area a ON a.id = w.area_id JOIN "user" u ON u.id = w.author_id
    LEFT JOIN task t ON t.wish_id = w.id
    LEFT JOIN LATERAL (
        SELECT * FROM claim x
        WHERE x.task_id = t.id AND x.status IN ('active', 'submitted', 'returned', 'verified')
        ORDER BY x.id DESC LIMIT 1
    ) c ON true
    LEFT JOIN "user" h ON h.id = c.user_id
    WHERE w.id = $1
"""
WRITER_AND_READERS = frozenset({Party.AUTHOR, Party.STAFF})
"""Who sees the pictures of a wish before they have passed."""
PARTIES_WHO_SEE_ALL = frozenset({Party.AUTHOR, Party.CLAIMANT, Party.STAFF})


async def list_of_area(
    reads: Reads,
    links: Links,
    caller: Caller | None,
    area_id: UUID,
    status: str,
    category: str | None,
    request: PageRequest,
) -> dict[str, Any]:
    """Return the wishes of an area and all below it in one status.

    What is not public is listed to staff of that area alone: ``not-allowed`` to others.
    """
    scope = caller.scope(Role.STAFF) if caller else []
    if status not in PUBLIC_STATES and not await areas.is_in_scope(reads, area_id, scope):
        raise Problem("not-allowed")
    filters = ("wishes", area_id, status, category)
    arguments = [area_id, request.below(*filters), request.rows, status, caller.id if caller else None, scope]
    is_never_hidden = status == NEVER_HIDDEN
    if category is None:
        rows = await reads.fetch(IN_AREA if is_never_hidden else SHOWN_IN_AREA, *arguments)
    else:
        of_category = IN_AREA_OF_CATEGORY if is_never_hidden else SHOWN_IN_AREA_OF_CATEGORY
        rows = await reads.fetch(of_category, *arguments, category)
    return page(rows, request, lambda row: _card(links, row, caller), *filters)


async def list_own(reads: Reads, links: Links, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the caller's own wishes, whatever became of them."""
    rows = await reads.fetch(OWN, caller.id, request.below("own-wishes"), request.rows, None, caller.id, [])
    return page(rows, request, lambda row: _card(links, row, caller), "own-wishes")


async def get(reads: Reads, links: Links, caller: Caller | None, wish_id: UUID) -> dict[str, Any]:
    """Return one wish, with delivery, rating and history for those whom it concerns. Raises ``not-found``."""
    row = await reads.fetchrow(
        DETAIL, wish_id, caller.id if caller else None, caller.scope(Role.STAFF) if caller else []
    )
    if row is None:
        raise Problem("not-found")
    parties = _parties(row, caller)
    if not may_see(row, parties):
        raise Problem("not-found")
    view = _shared(row, parties)
    view["pictures"] = told(
        links,
        row["pictures"],
        to_insider=bool(parties & WRITER_AND_READERS),
        removable=STANDING if Party.AUTHOR in parties else (),
    )
    if parties & PARTIES_WHO_SEE_ALL:
        view |= _for_parties(links, row, parties)
    return view


def _parties(row: Record, caller: Caller | None) -> frozenset[Party]:
    return parties_to_service(
        caller, author_id=row["author_id"], claimant_id=row["claimant_id"], in_scope=row["in_scope"]
    )


def _card(links: Links, row: Record, caller: Caller | None) -> dict[str, Any]:
    view = _shared(row, _parties(row, caller))
    view["cover"] = links.cover(row["cover"])
    return view


def _shared(row: Record, parties: frozenset[Party]) -> dict[str, Any]:
    """Return what lists and details say of a wish alike."""
    task = None
    if row["task_id"] is not None:
        task = {
            "id": str(row["task_id"]),
            "seats": row["seats"],
            "seats_taken": row["seats_taken"],
            "reward_points": row["reward_points"],
            "hourly_points": row["hourly_points"],
        }
    return {
        "id": str(row["id"]),
        "area": {"id": str(row["area_id"]), "name": row["area_name"]},
        "category": row["category"],
        "title": row["title"],
        "body": row["body"],
        "status": row["status"],
        "poster": {"nickname": row["nickname"]},
        "task": task,
        "created_at": row["created_at"],
        "published_at": row["published_at"],
        "actions": _actions(row["status"], parties, is_hidden=row["hidden_at"] is not None),
    }


@lru_cache(maxsize=1024)
def _actions(status: str, parties: frozenset[Party], *, is_hidden: bool) -> tuple[str, ...]:
    """Return what the table allows next, and that staff may hide the words of what there is work in."""
    actions = tuple(action for action in WISH.actions(status, parties) if action not in PART_ACTIONS)
    if is_hidden:
        return tuple(action for action in actions if action != "reject")
    return (*actions, "reject") if Party.STAFF in parties and status in STATES_WITH_WORK else actions


def _for_parties(links: Links, row: Record, parties: frozenset[Party]) -> dict[str, Any]:
    """Return what the parties see of each other: words of one once they have passed their check (I10)."""
    reads_thanks = row["is_thanks_passed"] or Party.CLAIMANT not in parties
    reads_note = row["is_note_passed"] or Party.AUTHOR not in parties
    delivery = None
    if row["claim_id"] is not None:
        delivery = {
            "claim_id": str(row["claim_id"]),
            "helper": {"nickname": row["helper_nickname"]},
            "note": row["note"] if reads_note else None,
            "pictures": told(
                links,
                row["shown"],
                to_insider=Party.AUTHOR not in parties,
                removable=UNSEEN if Party.CLAIMANT in parties else (),
            ),
            "minutes": row["minutes"],
            "done_percent": row["done_percent"],
            "submitted_at": row["submitted_at"],
        }
    return {
        "delivery": delivery,
        "hidden_at": row["hidden_at"],
        "rating": row["rating"],
        "thanks": row["thanks"] if reads_thanks else None,
        "history": [
            {
                "action": action,
                "to_state": to_state,
                "note": note if action != "cannot" or Party.AUTHOR not in parties else None,
                "created_at": created_at,
            }
            for action, to_state, note, created_at in row["history"] or ()
        ],
    }
