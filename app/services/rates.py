"""Rates of complaints: counted from events alone, published once a day, shown as they were published.

``app.domain.rates`` says what is counted. A publication is a whole, of one month as of one midnight, and is never
changed; what is shown is always a publication, so that whoever doubts it can have it counted again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import from_json

from app.core.clock import local_date
from app.core.db import Database, Reads
from app.core.ids import new_id
from app.domain import months, rates
from app.domain.errors import Problem
from app.domain.rates import COUNTED, DEFINITIONS, Counts, Group, Happening, Reckoning, Standing

MONTHS_KEPT_OPEN = 3
"""A month's figures are published for so many months after it, then they are final."""

SETTLING = timedelta(minutes=5)
"""So long after midnight every transaction that began before it is over: none lasts half a minute."""

GROUPS_MAX = 100
EVENTS_AT_ONCE = 5_000
ROWS_AT_ONCE = 2_000

OF_POSTED = """
    FROM event p JOIN event e ON e.subject_kind = 'complaint' AND e.subject_id = p.subject_id
    WHERE p.subject_kind = 'complaint' AND p.action = 'create' AND p.created_at >= $1 AND p.created_at < $2
        AND e.created_at <= $3 AND ($4::text[] IS NULL OR p.facts->>'area_id' = ANY($4))
"""
"""What happened until $3 to the complaints that were posted in a month, in all grids or in some."""
COUNT_EVENTS = f"SELECT count(*) {OF_POSTED}"
EVENTS = f"""
    SELECT e.subject_id, e.created_at, e.action, e.to_state, e.party, e.facts {OF_POSTED} ORDER BY e.created_at, e.id
"""
IS_PUBLISHED = "SELECT EXISTS (SELECT FROM rate_publication WHERE month = $1 AND as_of = $2)"
PUBLISH = """
    INSERT INTO rate_publication (as_of, month, definitions) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING true
"""
INSERT = f"""
    INSERT INTO rate_count (id, as_of, month, area_id, category, unit_id, {", ".join(COUNTED)})
    SELECT x.id, $1, $2, x.area_id, x.category, x.unit_id, {", ".join(f"x.{name}" for name in COUNTED)}
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], {
    ", ".join(f"${place}::int[]" for place, _ in enumerate(COUNTED, start=7))
}) AS x (id, area_id, category, unit_id, {", ".join(COUNTED)})
"""
AREAS_BELOW = "SELECT id FROM area WHERE lineage @> ARRAY[$1::uuid]"
PUBLICATIONS = """
    SELECT DISTINCT ON (month) month, as_of FROM rate_publication
    WHERE month BETWEEN $1 AND $2 AND as_of <= $3 AND definitions = $4 ORDER BY month, as_of DESC
"""
"""What counts of the months $1 to $2 as of $3: figures of other definitions than $4 are not added to these."""
PUBLISHED = f"""
    SELECT month, area_id, category, unit_id, {", ".join(COUNTED)} FROM rate_count
    WHERE month = $1 AND as_of = $2 AND area_id = ANY($3)
"""
SUMS = ", ".join(f"coalesce(sum(c.{name}), 0)::bigint AS {name}" for name in COUNTED)
# The area is $5. A confidential category is shown to nobody, in no sum.
VIEW = f"""
    WITH place AS MATERIALIZED (
        SELECT id, name, cardinality(lineage) AS depth FROM area WHERE id = $5
    ), published AS MATERIALIZED ({PUBLICATIONS}), counted AS MATERIALIZED (
        SELECT c.*, a.lineage, k.name AS category_name, k.position
        FROM published p JOIN area a ON a.lineage @> ARRAY[$5::uuid]
        JOIN rate_count c ON c.as_of = p.as_of AND c.month = p.month AND c.area_id = a.id
        JOIN complaint_category k ON k.code = c.category AND NOT k.is_confidential
    ), grouped AS ({{groups}})
    SELECT place.name AS place_name, published.months, grouped.*
    FROM place
    CROSS JOIN (SELECT array_agg((month, as_of) ORDER BY month) AS months FROM published) AS published
    LEFT JOIN grouped ON true ORDER BY grouped.is_total DESC, grouped.position, grouped.name, grouped.key
"""
GROUPS = {
    "area": """
        SELECT false AS is_total, g.id::text AS key, g.name, 0 AS position, {sums}
        FROM counted c CROSS JOIN place JOIN area g ON g.id = coalesce(c.lineage[place.depth + 1], place.id)
        GROUP BY g.id, g.name
    """,
    "category": """
        SELECT false AS is_total, c.category AS key, c.category_name AS name, c.position, {sums}
        FROM counted c GROUP BY c.category, c.category_name, c.position
    """,
    "unit": """
        SELECT false AS is_total, u.id::text AS key, u.name, 0 AS position, {sums}
        FROM counted c JOIN unit u ON u.id = c.unit_id
        GROUP BY u.id, u.name ORDER BY sum(c.received) DESC, u.id LIMIT {limit}
    """,
}
TOTAL = "SELECT true, NULL, NULL, 0, {sums} FROM counted c"
VIEWS = {
    by: VIEW.format(groups=f"({group}) UNION ALL ({TOTAL})".format(sums=SUMS, limit=GROUPS_MAX))
    for by, group in GROUPS.items()
}

Advance = Callable[[int, int], None]
"""Told how many of how many events are counted."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The figures of a month as of a moment; ``is_published`` unless nothing was and they are only counted."""

    month: date
    as_of: datetime
    is_published: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A group whose published counts are not those of the events."""

    publication: Publication
    group: Group
    published: Counts
    derived: Counts


async def publish(database: Database, moment: datetime) -> int:
    """Publish what is not published yet as of the last midnight before ``moment``; return how many months.

    The months are that of the midnight and those still open to change. Each is read in one moment of the database and
    written in a transaction of its own; whoever comes second writes nothing (I11).
    """
    as_of = months.start(local_date(moment - SETTLING))
    month, published = months.of(local_date(as_of - timedelta(microseconds=1))), 0
    for _ in range(MONTHS_KEPT_OPEN + 1):
        if not await database.reads.fetchval(IS_PUBLISHED, month, as_of):
            async with database.snapshot() as connection:
                counted = rates.count((await reckon(connection, month, as_of)).values())
            async with database.transaction() as connection:
                published += await _write(connection, month, as_of, counted)
        month = months.before(month)
    return published


async def reckon(
    connection: Connection,
    month: date,
    as_of: datetime,
    area_ids: Sequence[UUID] | None = None,
    advance: Advance | None = None,
) -> dict[UUID, Standing]:
    """Return where the complaints that were posted in a month stood, from their events alone.

    ``connection`` is in a transaction: the events are read in pieces.
    """
    grids = None if area_ids is None else [str(area_id) for area_id in area_ids]
    arguments = (*months.bounds(month), as_of, grids)
    total = await connection.fetchval(COUNT_EVENTS, *arguments) if advance else 0
    reckoning, done = Reckoning(as_of), 0
    cursor = await connection.cursor(EVENTS, *arguments)
    while rows := await cursor.fetch(EVENTS_AT_ONCE):
        for row in rows:
            reckoning.take(row["subject_id"], _happening(row))
        done += len(rows)
        if advance:
            advance(done, total)
    return reckoning.standings()


async def find_publications(reads: Reads, first: date, last: date, as_of: datetime) -> list[Publication]:
    """Return, of each month, what was published last as of a moment by the definitions of now, or that nothing was."""
    rows = {row["month"]: row for row in await reads.fetch(PUBLICATIONS, first, last, as_of, DEFINITIONS)}
    found, month = [], first
    while month <= last:
        row = rows.get(month)
        found.append(Publication(month, row["as_of"] if row else as_of, row is not None))
        month = months.after(month)
    return found


async def derive(
    connection: Connection, publication: Publication, area_ids: Sequence[UUID], advance: Advance | None = None
) -> tuple[dict[Group, Counts], list[Difference]]:
    """Return the counts of a month in some areas from events alone, and where the published ones differ."""
    standings = await reckon(connection, publication.month, publication.as_of, area_ids, advance)
    derived = rates.count(standings.values())
    if not publication.is_published:
        return derived, []
    rows = await connection.fetch(PUBLISHED, publication.month, publication.as_of, area_ids)
    published = {
        Group(row["month"], row["area_id"], row["category"], row["unit_id"]): Counts(*(row[name] for name in COUNTED))
        for row in rows
    }
    groups = sorted(derived.keys() | published.keys(), key=lambda group: tuple(map(str, group)))
    pairs = [(group, published.get(group, rates.NOTHING), derived.get(group, rates.NOTHING)) for group in groups]
    return derived, [Difference(publication, *pair) for pair in pairs if pair[1] != pair[2]]


async def list_areas_below(reads: Reads, area_id: UUID) -> list[UUID]:
    """Return an area and all below it; nothing for one that is not there."""
    return [row["id"] for row in await reads.fetch(AREAS_BELOW, area_id)]


async def get(reads: Reads, area_id: UUID, first: date, last: date, by: str, as_of: datetime) -> dict[str, Any]:
    """Return the rates of an area over some months, in groups, as they were published last as of a moment.

    No group is ordered by a rate; a group too small has counts and no rate. Raises ``not-found``.
    """
    rows = await reads.fetch(VIEWS[by], first, last, as_of, DEFINITIONS, area_id)
    if not rows:
        raise Problem("not-found")
    total, *groups = rows
    return {
        "area": {"id": str(area_id), "name": total["place_name"]},
        "definitions": DEFINITIONS,
        "by": by,
        "months": [
            {"month": months.write(month), "as_of": published_as_of} for month, published_as_of in total["months"] or ()
        ],
        "total": _figures(total),
        "items": [{"key": row["key"], "name": row["name"], **_figures(row), "actions": []} for row in groups],
        "actions": [],
    }


async def _write(connection: Connection, month: date, as_of: datetime, counted: Mapping[Group, Counts]) -> int:
    """Write a publication as a whole; return 1, or 0 when somebody has."""
    if not await connection.fetchval(PUBLISH, as_of, month, DEFINITIONS):
        return 0
    groups = list(counted.items())
    for start in range(0, len(groups), ROWS_AT_ONCE):
        part = groups[start : start + ROWS_AT_ONCE]
        columns = zip(*(asdict(counts).values() for _, counts in part), strict=True)
        await connection.execute(
            INSERT,
            as_of,
            month,
            [new_id() for _ in part],
            [group.area_id for group, _ in part],
            [group.category for group, _ in part],
            [group.unit_id for group, _ in part],
            *map(list, columns),
        )
    return 1


def _happening(row: Record) -> Happening:
    facts = {} if row["facts"] is None else from_json(row["facts"])
    return Happening(row["created_at"], row["action"], row["to_state"], row["party"], facts)


def _figures(row: Record) -> dict[str, Any]:
    """Return the counts of a row, and its rates where the group is large enough."""
    return {name: row[name] for name in ("received", "rejected", "merged", "withdrawn", "overdue")} | {
        "response": _rate(row["responded"], row["response_due"]),
        "resolution": _rate(row["resolved"], row["resolution_due"]),
        "satisfaction": _rate(row["satisfied"], row["rated"]),
    }


def _rate(numerator: int, denominator: int) -> dict[str, int | None]:
    return {
        "numerator": numerator,
        "denominator": denominator,
        "per_mille": rates.per_mille(numerator, denominator),
    }
