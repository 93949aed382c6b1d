"""Reading the review queue: held and sampled words of every kind in the caller's areas, in one statement (I8).

Where a thing lies, what it says and whose it is are read from the thing itself, as they are now; so what is out of
reach of a decision, because the thing has moved on, is not in the queue either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.shielding import mask_text
from app.domain.texts import (
    CHECK_UNAVAILABLE,
    LIST_SEPARATOR,
    REVIEW_FOUND,
    REVIEW_LABELS,
    REVIEW_OF_RULE,
    REVIEW_SAMPLED,
    REVIEW_SUGGESTED,
)
from app.services.complainants import HAS_PART_SQL, hash_of
from app.services.content_checks import writers
from app.services.media.attaching import told
from app.services.media.links import Links
from app.services.pages import PageRequest, page

IS_COMPLAINANT = HAS_PART_SQL.format(complaint_id="c.id", person_hash="$4")
STAFF, ALLIANCE = "a.lineage && $2::uuid[]", "a.lineage && $3::uuid[]"
PUBLIC_WISH = "('published', 'claimed', 'delivered', 'disputed', 'fulfilled')"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of words in the queue: of which check, from which rows, and what holds of them.

    ``held`` and ``sampled`` say of which things the words are still to be decided: whatever their state, a reject takes
    them from the public (the decision on taking words down says how).
    """

    subject: str
    part: str
    rows: str
    title: str
    words: str
    is_own: str
    held: str
    sampled: str = "false"
    scope: str = STAFF
    path: str | None = None
    pictures: str = "NULL::record[]"


WISH_ROWS = "JOIN wish w ON w.id = k.subject_id JOIN area a ON a.id = w.area_id"
COMPLAINT_ROWS = "JOIN complaint c ON c.id = k.subject_id JOIN area a ON a.id = c.handler_id"
# Whose member or volunteer somebody is reads the name they chose; of who is neither, staff of the whole.
HOME = """
    JOIN "user" u ON u.id = k.subject_id LEFT JOIN person p ON p.user_id = u.id
    LEFT JOIN member m ON m.person_id = p.id LEFT JOIN volunteer v ON v.person_id = p.id
    LEFT JOIN area a ON a.id = coalesce(m.home_area_id, v.home_area_id)
"""
IN_REACH = """CASE WHEN a.id IS NOT NULL THEN a.lineage && $2::uuid[] ELSE EXISTS (
    SELECT FROM area r WHERE r.parent_id IS NULL AND r.id = ANY ($2::uuid[])
) END"""
PARTS = """(
    SELECT string_agg(E'\\n' || s.answer, '' ORDER BY s.id) FROM complaint_step s
    WHERE s.complaint_id = c.id AND s.is_told
)"""

# What a picture shows lies where it may be decided on: a complaint where it is handled, an offer at its alliance.
PICTURE_ROWS = """
    JOIN media y ON y.id = k.subject_id
    LEFT JOIN wish w ON w.id = y.subject_id AND y.subject_kind = 'wish'
    LEFT JOIN errand e ON e.id = y.subject_id AND y.subject_kind = 'errand'
    LEFT JOIN complaint c ON c.id = y.subject_id AND y.subject_kind IN ('complaint', 'answer')
    LEFT JOIN claim h ON h.id = y.subject_id AND y.subject_kind = 'claim' LEFT JOIN task t ON t.id = h.task_id
    LEFT JOIN complaint tc ON tc.id = t.complaint_id
    LEFT JOIN offer o ON o.id = y.subject_id AND y.subject_kind = 'offer'
    JOIN area a ON a.id = coalesce(w.area_id, e.area_id, c.handler_id, tc.handler_id, t.area_id, o.area_id)
"""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "wish": Kind(
            *("wish", "words", WISH_ROWS, "w.title", "w.body", "w.author_id = $1"),
            held="w.status = 'reviewing'",
            sampled=f"w.status IN {PUBLIC_WISH} AND w.hidden_at IS NULL",
            path="/v1/wishes/{}",
        ),
        "errand": Kind(
            *("errand", "words", "JOIN errand w ON w.id = k.subject_id JOIN area a ON a.id = w.area_id"),
            *("w.title", "w.body", "w.author_id = $1"),
            held="w.status = 'reviewing'",
            path="/v1/errands/{}",
        ),
        "complaint": Kind(
            *("complaint", "words", COMPLAINT_ROWS, "c.title", "c.body", IS_COMPLAINANT),
            held="c.status = 'reviewing'",
            sampled="c.is_on_wall",
            path="/v1/complaints/{}",
        ),
        "answer": Kind(
            *("complaint", "answer", COMPLAINT_ROWS, "c.title", f"c.answer || coalesce({PARTS}, '')"),
            f"{writers.of_answer('c.id')} = $1 OR {IS_COMPLAINANT}",
            held="c.answer IS NOT NULL AND c.echo_id IS NULL",
            sampled="c.echo_id IS NOT NULL",
            path="/v1/complaints/{}",
        ),
        "task": Kind(
            *("task", "words"),
            """
                JOIN task t ON t.id = k.subject_id LEFT JOIN complaint c ON c.id = t.complaint_id
                JOIN area a ON a.id = coalesce(c.handler_id, t.area_id)
            """,
            *("t.title", "concat_ws(E'\\n', t.body, t.place, nullif(array_to_string(t.skills, '、'), ''))"),
            f"$1 IN (t.author_id, {writers.of_task('t.id')}) OR coalesce({IS_COMPLAINANT}, false)",
            held="t.status = 'draft' AND t.passed_at IS NULL",
            sampled="t.status IN ('open', 'closed')",
            path="/v1/tasks/{}",
        ),
        "task_series": Kind(
            *("task_series", "words", "JOIN task_series t ON t.id = k.subject_id JOIN area a ON a.id = t.area_id"),
            *("t.title", "concat_ws(E'\\n', t.body, t.place)", f"$1 IN (t.author_id, {writers.of_series('t.id')})"),
            held="t.status = 'draft'",
            sampled="t.status = 'open'",
            path="/v1/task-series/{}",
        ),
        "offer": Kind(
            *("offer", "words"),
            """
                JOIN offer o ON o.id = k.subject_id JOIN merchant m ON m.id = o.merchant_id
                JOIN area a ON a.id = o.area_id
            """,
            *("o.title", "concat_ws(E'\\n', o.description, o.terms)", "m.owner_id = $1"),
            held="o.status = 'reviewing'",
            sampled="o.status IN ('listed', 'paused')",
            scope=ALLIANCE,
            path="/v1/offers/{}",
        ),
        "nickname": Kind(
            *("user", "nickname", HOME, "NULL", "coalesce(u.pending_nickname, u.nickname)", "u.id = $1"),
            held="u.pending_nickname IS NOT NULL",
            sampled="u.pending_nickname IS NULL",
            scope=IN_REACH,
        ),
        "thanks": Kind(
            *("wish", "thanks", WISH_ROWS, "w.title", "w.thanks", "w.author_id = $1"),
            held="w.thanks IS NOT NULL",
            sampled="w.thanks IS NOT NULL",
            path="/v1/wishes/{}",
        ),
        "note": Kind(
            *("claim", "note"),
            """
                JOIN claim h ON h.id = k.subject_id JOIN task t ON t.id = h.task_id
                LEFT JOIN complaint c ON c.id = t.complaint_id JOIN area a ON a.id = coalesce(c.handler_id, t.area_id)
            """,
            *("t.title", "h.note", "h.user_id = $1 OR t.author_id = $1 AND t.wish_id IS NOT NULL"),
            held="h.note IS NOT NULL",
            sampled="h.note IS NOT NULL",
            path="/v1/claims/{}",
        ),
        "picture": Kind(
            *("media", "picture", PICTURE_ROWS, "coalesce(w.title, e.title, c.title, t.title, o.title)", "NULL"),
            f"y.owner_id = $1 OR {IS_COMPLAINANT}",
            held="y.status = 'held'",
            sampled="y.status = 'passed'",
            scope=f"CASE WHEN o.id IS NULL THEN {STAFF} ELSE {ALLIANCE} END",
            pictures="ARRAY[(y.id, y.status, y.width, y.height)]",
        ),
    }
)

PAGE_ROWS_MAX = 51
# $1 is the caller, $2 and $3 where they act as staff and for the alliance, $4 the hash under which they complain. The
# open checks of a kind are gone through in their order, each with its thing, until a page is full. Left to itself the
# planner takes an area for a rare find, begins there and reads every thing of a district: it is told the length of a
# page, and not shown into the CASE.
BRANCH = """
    SELECT k.id, '{name}' AS kind, k.status, k.subject_kind, k.subject_id, k.suggest, k.label, k.found, k.created_at,
        a.id AS area_id, a.name AS area_name, {title} AS title, {words} AS words, coalesce({is_own}, false) AS is_own,
        {pictures} AS pictures
    FROM (
        SELECT * FROM content_check
        WHERE subject_kind = '{subject}' AND part = '{part}' AND status IN ('held', 'sampled') AND {{which}}
        ORDER BY id OFFSET 0
    ) AS k {rows}
    WHERE CASE k.status WHEN 'held' THEN {held} ELSE {sampled} END AND CASE WHEN {scope} THEN {{where}} END
"""
BRANCHES = {
    name: BRANCH.format(name=name, **{field: getattr(kind, field) for field in Kind.__dataclass_fields__})
    for name, kind in KINDS.items()
}
IN_AREA = "$6::uuid IS NULL OR a.lineage @> ARRAY[$6::uuid]"
LISTS = {
    name: f"{branch.format(which='id > $5', where=IN_AREA)} ORDER BY k.id LIMIT {PAGE_ROWS_MAX}"
    for name, branch in BRANCHES.items()
}
# Named though not asked for: not every kind asks for all of them, and each must have a type.
ASKER = "WITH asker AS (SELECT $1::uuid, $2::uuid[], $3::uuid[], $4::bytea)"
LIST = f"{ASKER} SELECT * FROM ({{}}) AS waiting ORDER BY id LIMIT $7"
LIST_OF: Mapping[str | None, str] = {name: LIST.format(one) for name, one in LISTS.items()} | {
    None: LIST.format(" UNION ALL ".join(f"({one})" for one in LISTS.values()))
}
FIND = " UNION ALL ".join(branch.format(which="id = $5", where="true") for branch in BRANCHES.values())


async def list_waiting(
    reads: Reads,
    links: Links,
    secret: str,
    caller: Caller,
    area_id: UUID | None,
    kind: str | None,
    request: PageRequest,
) -> dict[str, Any]:
    """Return what waits in the caller's areas, or in one of them and all below it, oldest first.

    Whoever acts for no area finds nothing there.
    """
    filters = ("reviews", area_id, kind)
    above = request.above(*filters)
    rows = await reads.fetch(LIST_OF[kind], *_asker(secret, caller), above, area_id, request.rows)
    return page(rows, request, lambda row: _view(links, row), *filters)


async def find(reads: Reads, secret: str, caller: Caller, check_id: UUID) -> Record:
    """Return one that waits. Raises ``not-found`` for one that does not, or not for the caller (I8)."""
    row = await reads.fetchrow(FIND, *_asker(secret, caller), check_id)
    if row is None:
        raise Problem("not-found")
    return row


def _asker(secret: str, caller: Caller) -> tuple[object, ...]:
    return caller.id, caller.scope(Role.STAFF), caller.scope(Role.ALLIANCE), hash_of(secret, caller.id)


def _view(links: Links, row: Record) -> dict[str, Any]:
    path = KINDS[row["kind"]].path
    return {
        "id": row["id"],
        "kind": row["kind"],
        "status": row["status"],
        "subject": {
            "kind": row["subject_kind"],
            "id": path and row["subject_id"],  # nobody is told who somebody is by an id
            "path": path and path.format(row["subject_id"]),
        },
        "area": row["area_id"] and {"id": row["area_id"], "name": row["area_name"]},
        "title": row["title"] and mask_text(row["title"]),
        "pictures": told(links, row["pictures"], to_insider=True),
        "words": mask_text(row["words"] or row["title"]),
        "reason": reason_of(row),
        "suggest": row["suggest"],
        "label": row["label"],
        "found": row["found"],
        "created_at": row["created_at"],
        "actions": [] if row["is_own"] else ["pass", "reject"],
    }


def reason_of(row: Record) -> str:
    """Return in words why people have to look."""
    if row["status"] == "sampled":
        return REVIEW_SAMPLED
    said = []
    if row["suggest"] in {"review", "risky"}:
        said.append(REVIEW_SUGGESTED.format(label=REVIEW_LABELS.get(row["label"], REVIEW_LABELS[None])))
    if row["found"]:
        said.append(REVIEW_FOUND.format(kinds=LIST_SEPARATOR.join(row["found"])))
    return "".join(said) or (CHECK_UNAVAILABLE if row["suggest"] is None else REVIEW_OF_RULE)
