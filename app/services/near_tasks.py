"""Browsing: the tasks around a point that can be claimed, the nearest first, each page one statement.

A task that says its place is there. Every other one, a wish above all, stands at the label of its grid: where somebody
lives is told by nothing, neither by a point nor by a distance (I12).
"""

import math
from functools import cache
from typing import Any

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.core.pagination import DISTANCES, HIGHEST
from app.core.sql import quoted
from app.domain import geometry
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import TaskKind, WishCategory
from app.models.area_shape import LABEL_SPOT
from app.schemas.tasks import RADIUS_MAX_M, NearQuery, Whose
from app.services import task_words, tasks
from app.services.media.attaching import COVER_SQL
from app.services.media.links import Links
from app.services.pages import PageRequest, page

RADIUS_M = 5_000
LABEL_STEP_M = 100
"""Distances to a label are rounded to so many metres: they tell of a grid and of no door."""

UNPLANNED_KINDS = (TaskKind.WISH, TaskKind.COMPLAINT, TaskKind.ERRAND)
"""Kinds that say neither where exactly, nor how long they take, nor which skills they need."""

UNTAGGED_KINDS = (TaskKind.COMPLAINT, TaskKind.ERRAND, TaskKind.EMERGENCY)
TAGS_OF_WISHES = frozenset(category.value for category in WishCategory)
"""A wish carries the tag of its category and no other."""

NEVER_PLACED = f"ARRAY[{quoted(UNPLANNED_KINDS)}]"

# In every statement: $1 and $2 are the point on the map, $3 how far it reaches there, $4 to $6 what every view of tasks
# takes, $7 the number of rows, $8 and $9 the distance and the id behind which the page begins, $10 the kinds, $11 the
# most minutes, $12 a skill, $13 a category, $14 the moment, $15 a tag, and $16 the words where words are asked for.
HERE = "point($1::float8, $2::float8)"
REACH = f"circle({HERE}, $3::float8)"
SPOT = "mercator(t.longitude::float8, t.latitude::float8)"
IS_BEHIND = "({distance} > $8::float8 OR {distance} = $8 AND t.id < $9::uuid)"
IS_ASKED_FOR = """
    t.status = 'open' AND NOT t.is_drill AND t.seats_taken < t.seats
    AND (t.claim_until IS NULL OR t.claim_until > $14::timestamptz)
    AND (t.groups_until IS NULL OR t.groups_until <= $14)
    AND ($11::int IS NULL OR t.minutes <= $11) AND ($12::text IS NULL OR $12 = ANY (t.skills))
    AND ($15::text IS NULL OR $15 = ANY (t.tags))
    AND (t.complaint_id IS NULL OR NOT (SELECT x.is_confidential FROM complaint x WHERE x.id = t.complaint_id))
"""
PERSON = "(SELECT p.id FROM person p WHERE p.user_id = $4::uuid)"
AREAS_OF: dict[Whose, str] = {
    "grid": f"""
        SELECT m.home_area_id FROM member m WHERE m.person_id = {PERSON} AND m.status = 'approved'
        UNION ALL
        SELECT v.home_area_id FROM volunteer v WHERE v.person_id = {PERSON} AND v.status = 'approved'
    """,
    "branch": f"""
        SELECT b.area_id FROM member m JOIN branch_member x ON x.member_id = m.id AND x.status = 'joined'
        JOIN branch b ON b.id = x.branch_id AND b.status = 'active' WHERE m.person_id = {PERSON}
    """,
    "team": f"""
        SELECT x.area_id FROM team x WHERE x.leader_id = {PERSON} AND x.status = 'approved'
        UNION ALL
        SELECT x.area_id FROM team_member i JOIN team x ON x.id = i.team_id AND x.status = 'approved'
        WHERE i.person_id = {PERSON} AND i.status = 'joined'
    """,
}
# A building's area, below a grid, has no shape as a rule: what is asked for in it stands at the label of the grid.
OWN = """
    own AS MATERIALIZED (
        SELECT a.id, CASE a.kind WHEN 'post' THEN a.parent_id END AS above_id FROM area a
        WHERE a.lineage && ARRAY({areas})
    ),
"""
IS_OWN = "{area_id} IN (SELECT own.id FROM own)"
IS_LABEL_OF_OWN = "s.area_id IN (SELECT own.id FROM own UNION ALL SELECT own.above_id FROM own)"
PLACES = """
    SELECT label.area_id AS id
    UNION ALL
    SELECT a.id FROM area a WHERE a.parent_id = label.area_id AND a.kind = 'post'
        AND NOT EXISTS (SELECT FROM area_shape drawn WHERE drawn.area_id = a.id AND drawn.label_longitude IS NOT NULL)
"""
# No limit at all, which the planner cannot know: it reads along an index as far as it has to, where it would otherwise
# fetch all that there is and put it in order.
AS_FAR_AS_NEEDED = "LIMIT (SELECT NULL::bigint)"
OF_PLACE = f"""
    SELECT t.id FROM (
        SELECT * FROM task t
        WHERE t.area_id = place.id AND t.kind = asked.kind AND t.status = 'open' AND t.longitude IS NULL
        ORDER BY t.id DESC {AS_FAR_AS_NEEDED}
    ) AS t
    WHERE {IS_ASKED_FOR} AND {IS_BEHIND.format(distance="label.distance")} ORDER BY t.id DESC LIMIT $7
"""
# By the category a wish is found sooner than its task.
OF_CATEGORY = f"""
    SELECT t.id FROM wish w JOIN task t ON t.wish_id = w.id
    WHERE w.area_id = place.id AND w.status = 'published' AND w.category = $13::text AND asked.kind = 'wish'
        AND t.longitude IS NULL AND {IS_ASKED_FOR} AND {IS_BEHIND.format(distance="label.distance")}
    ORDER BY t.id DESC LIMIT $7
"""
# What has a place by the index over places, as far as there are rows to show; what has none by the index over labels,
# and at each label by the one over areas, kinds and ids. A page costs what it shows, however many tasks there are.
AROUND = f"""(
    SELECT t.id, t.distance FROM (
        SELECT *, {SPOT} <-> {HERE} AS distance FROM task t
        WHERE t.status = 'open' AND t.longitude IS NOT NULL AND {SPOT} <@ {REACH}
        ORDER BY {SPOT} <-> {HERE} {AS_FAR_AS_NEEDED}
    ) AS t
    WHERE NOT $10::text[] <@ {NEVER_PLACED} AND $13::text IS NULL
        AND {IS_ASKED_FOR} AND t.kind = ANY ($10) AND {{is_own_task}}
        AND {IS_BEHIND.format(distance="t.distance")}
    ORDER BY t.distance FETCH FIRST $7 ROWS WITH TIES
) UNION ALL (
    SELECT near.id, label.distance FROM (
        SELECT s.area_id, {LABEL_SPOT} <-> {HERE} AS distance FROM area_shape s
        WHERE {LABEL_SPOT} <@ {REACH} AND {LABEL_SPOT} <-> {HERE} >= $8::float8 AND {{is_own_label}}
        ORDER BY {LABEL_SPOT} <-> {HERE} {AS_FAR_AS_NEEDED}
    ) AS label CROSS JOIN LATERAL (
        SELECT here.id FROM ({PLACES}) AS place CROSS JOIN unnest($10::text[]) AS asked (kind)
        CROSS JOIN LATERAL ({{of_place}}) AS here WHERE {{is_own_place}} ORDER BY here.id DESC LIMIT $7
    ) AS near ORDER BY label.distance FETCH FIRST $7 ROWS WITH TIES
)"""
# Words lead to few tasks as a rule: these are found first, each with its distance, and put in order then. OFFSET lets
# nothing of the conditions, which the planner takes for sharper than they are, into how they are found.
WORDED = f"""
    SELECT t.id, t.distance FROM (
        SELECT t.*, coalesce({SPOT} <-> {HERE}, label.distance) AS distance
        FROM task_text x CROSS JOIN LATERAL (SELECT * FROM task t WHERE t.id = x.task_id OFFSET 0) AS t
        LEFT JOIN label ON label.area_id = t.area_id
        WHERE x.tokens @> $16::text[] OFFSET 0
    ) AS t
    WHERE t.distance <= $3::float8 AND {IS_ASKED_FOR} AND t.kind = ANY ($10::text[]) AND {{is_own_task}}
        AND ($13::text IS NULL OR EXISTS (SELECT FROM wish w WHERE w.id = t.wish_id AND w.category = $13))
        AND {IS_BEHIND.format(distance="t.distance")}
"""
# Others than those whom an errand or a complaint concerns see no picture of it: it may tell where somebody lives.
COVER = COVER_SQL.format(subject_id="seen.wish_id", kind="wish")
LABELS = f"""
    label AS MATERIALIZED (
        SELECT a.id AS area_id, {LABEL_SPOT} <-> {HERE} AS distance FROM area a JOIN area_shape s ON s.area_id = a.id
        WHERE s.label_longitude IS NOT NULL
        UNION ALL
        SELECT a.id, {LABEL_SPOT} <-> {HERE} FROM area a JOIN area_shape s ON s.area_id = a.parent_id
        WHERE a.kind = 'post' AND NOT EXISTS (
            SELECT FROM area_shape drawn WHERE drawn.area_id = a.id AND drawn.label_longitude IS NOT NULL
        )
    ),
"""


async def list_near(
    reads: Reads, links: Links, secret: str, caller: Caller | None, wanted: NearQuery
) -> dict[str, Any]:
    """Return the open tasks with a free seat around a point, the nearest first, those as near newest first.

    Raises ``cursor-invalid`` for a cursor of another question, ``token-missing`` when somebody asks for their own grid,
    branch or team and does not say who they are.
    """
    if wanted.whose is not None and caller is None:
        raise Problem("token-missing")
    request = PageRequest(wanted.cursor, wanted.limit)
    filters = ("tasks-near", *wanted.model_dump(exclude={"cursor", "limit"}).values())
    after_m, after_id = request.after(DISTANCES, *filters) or (-1.0, HIGHEST)
    asked_words = None if wanted.q is None else await task_words.tokens_of(wanted.q)
    if asked_words == []:
        return {"items": [], "next_cursor": None}
    scale = 1 / math.cos(math.radians(wanted.latitude))
    radius_m = wanted.radius_m or (RADIUS_M if wanted.whose is None else RADIUS_MAX_M)
    rows = await reads.fetch(
        statement(wanted.whose, has_category=wanted.category is not None, has_words=asked_words is not None),
        *geometry.mercator(wanted.longitude, wanted.latitude),
        radius_m * scale,
        *tasks.arguments(caller, secret),
        request.rows,
        after_m,
        after_id,
        _kinds(wanted),
        wanted.minutes_max,
        wanted.skill,
        wanted.category,
        now(),
        wanted.tag,
        *([] if asked_words is None else [asked_words]),
    )
    return page(rows, request, lambda row: _card(links, row, caller, scale), *filters, key="distance", order=DISTANCES)


@cache
def statement(whose: Whose | None, *, has_category: bool, has_words: bool) -> str:
    own = "" if whose is None else OWN.format(areas=AREAS_OF[whose])
    found = (WORDED if has_words else AROUND).format(
        of_place=OF_CATEGORY if has_category else OF_PLACE,
        is_own_task=IS_OWN.format(area_id="t.area_id") if own else "true",
        is_own_place=IS_OWN.format(area_id="place.id") if own else "true",
        is_own_label=IS_LABEL_OF_OWN if own else "true",
    )
    return f"""
        WITH {own} {LABELS if has_words else ""}
        found AS MATERIALIZED (SELECT id, distance FROM ({found}) AS near ORDER BY distance, id DESC LIMIT $7)
        SELECT seen.*, found.distance, {COVER} AS cover
        FROM found CROSS JOIN LATERAL ({tasks.VIEW_OF_OPEN} WHERE t.id = found.id) AS seen
        ORDER BY found.distance, found.id DESC
    """


def _kinds(wanted: NearQuery) -> list[TaskKind]:
    """Return the kinds in which anything can be found; what they lack is not looked for among all that there is."""
    kinds = [wanted.kind] if wanted.kind else list(TaskKind)
    if wanted.minutes_max is not None or wanted.skill is not None:
        kinds = [kind for kind in kinds if kind not in UNPLANNED_KINDS]
    if wanted.tag is not None:
        untagged = UNTAGGED_KINDS if wanted.tag in TAGS_OF_WISHES else (*UNTAGGED_KINDS, TaskKind.WISH)
        kinds = [kind for kind in kinds if kind not in untagged]
    if wanted.category is not None:
        kinds = [kind for kind in kinds if kind == TaskKind.WISH]
    return kinds


def _card(links: Links, row: Record, caller: Caller | None, scale: float) -> dict[str, Any]:
    """Return a task with its distance on the ground in metres."""
    distance_m = row["distance"] / scale
    step_m = LABEL_STEP_M if row["longitude"] is None else 1
    return tasks.view(row, caller) | {
        "cover": links.cover(row["cover"]),
        "distance_m": round(distance_m / step_m) * step_m,
        "seats_left": row["seats"] - row["seats_taken"],
    }
