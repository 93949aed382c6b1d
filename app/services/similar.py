"""Finding what others complained of before: the most alike among the open and lately closed complaints nearby.

A few words of the text, the rarest, find candidates through one index over place and words; the candidates are then
compared in full. How rare a word is the database knows from its own statistics of the column, which it renews by
itself: nothing is counted twice, and a table that was never analysed only makes all words count alike.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain import likeness
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.likeness import Reading
from app.services import dictionary
from app.services.complaint_views import CARD, arguments, card

FOUND_MAX = 5
LIKENESS_MIN = 0.18
LIKENESS_MIN_FAR = 0.5
"""Of complaints of another community: what is said must be nearly the same."""
LATELY = timedelta(days=90)
CANDIDATES_MAX = 150
ASKED_MAX = 24
"""Words to look for; those of the title come first, then the rarest."""
EXPECTED_MAX = 800
"""Complaints that the chosen words may lead to, as far as statistics tell; each costs some ten microseconds."""
UNKNOWN_SHARE = 0.001
"""Of all complaints, for a word of which the database knows nothing."""
SAME_CATEGORY, SAME_GRID, CLOSE_BY = 0.04, 0.03, 0.04
CLOSE_BY_DEGREES = Decimal("0.003")
"""Some 300 metres."""

READ = """
    INSERT INTO complaint_text (complaint_id, lineage, tokens, title_tokens, beginning)
    SELECT $1, a.lineage, $3, $4, $5 FROM area a WHERE a.id = $2
    ON CONFLICT (complaint_id) DO NOTHING
"""
# Where the place is, and how common it and the words are: of the elements of an array column, statistics hold the
# shares of the most common, followed by the lowest and highest of these shares and that of nulls.
SURVEY = """
    WITH place AS (
        SELECT a.lineage, coalesce(
            (SELECT c.id FROM area c WHERE c.id = ANY (a.lineage) AND c.kind = 'community'), a.id
        ) AS community_id
        FROM area a WHERE a.id = $1
    )
    SELECT place.lineage, place.community_id,
        (SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'complaint_text'::regclass)::float8 AS total,
        (
            SELECT known.share FROM pg_stats s,
                unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS known (element, share)
            WHERE s.schemaname = current_schema() AND s.tablename = 'complaint_text' AND s.attname = 'lineage'
                AND known.element = place.community_id::text
        )::float8 AS community_share,
        ARRAY(
            SELECT (known.element, known.share::float8) FROM pg_stats s,
                unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS known (element, share)
            WHERE s.schemaname = current_schema() AND s.tablename = 'complaint_text' AND s.attname = 'tokens'
                AND known.element = ANY ($2)
        ) AS shares
    FROM place
"""
CANDIDATES = f"""
    SELECT t.complaint_id, t.tokens, t.title_tokens, t.beginning, c.area_id, c.category, c.longitude, c.latitude
    FROM complaint_text t JOIN complaint c ON c.id = t.complaint_id
    WHERE t.lineage @> ARRAY[$1::uuid] AND t.tokens && $2::text[] AND t.complaint_id <> ALL ($4)
        AND c.is_on_wall AND (c.status <> 'closed' OR c.closed_at > $3)
    ORDER BY (
            SELECT sum(asked.weight) FROM unnest($2::text[], $5::float8[]) AS asked (word, weight)
            WHERE asked.word = ANY (t.tokens)
        ) DESC, t.complaint_id DESC
    LIMIT {CANDIDATES_MAX}
"""
CARDS = f"{CARD} WHERE c.id = ANY ($3)"
FIND_UNREAD = """
    SELECT c.id, c.area_id, c.title, c.body FROM complaint c
    WHERE (c.status NOT IN ('rejected', 'withdrawn', 'merged', 'closed') OR c.status = 'closed' AND c.closed_at > $1)
        AND NOT EXISTS (SELECT FROM complaint_text t WHERE t.complaint_id = c.id)
    ORDER BY c.id LIMIT $2
"""
FORGET = """
    DELETE FROM complaint_text t USING complaint c WHERE c.id = t.complaint_id
        AND (c.status IN ('rejected', 'withdrawn', 'merged') OR c.status = 'closed' AND c.closed_at <= $1)
"""


async def read(title: str, body: str) -> Reading:
    """Return a complaint as it is compared; the first time, the dictionary is read in a thread."""
    await dictionary.ready()
    return likeness.read(title, body)


async def remember(connection: Connection, complaint_id: UUID, area_id: UUID, title: str, body: str) -> None:
    """Note what a complaint says, so that others find it. Only masked text comes in here."""
    reading = await read(title, body)
    await connection.execute(READ, complaint_id, area_id, reading.tokens, reading.title_tokens, reading.beginning)


async def find(
    reads: Reads,
    secret: str,
    caller: Caller | None,
    *,
    area_id: UUID,
    title: str,
    body: str,
    category: str | None = None,
    point: tuple[Decimal, Decimal] | None = None,
) -> list[dict[str, Any]]:
    """Return up to five complaints that everybody may see and that say much the same, the most alike first.

    Those of the community come first; when they are fewer, the same is looked for in the whole district. Raises
    ``area-unknown``.
    """
    reading = await read(title, body)
    survey = await reads.fetchrow(SURVEY, area_id, reading.tokens)
    if survey is None:
        raise Problem("area-unknown")
    shares = _shares(survey)
    since = now() - LATELY
    found: dict[UUID, float] = {}
    root_id = survey["lineage"][0]
    for place_id, share, threshold in (
        (survey["community_id"], survey["community_share"] or UNKNOWN_SHARE, LIKENESS_MIN),
        (root_id, 1.0, LIKENESS_MIN_FAR),
    ):
        asked = _telling(reading, shares, survey["total"] * share)
        if not asked or len(found) >= FOUND_MAX:
            continue
        weights = [_weight(word, shares) for word in asked]
        for row in await reads.fetch(CANDIDATES, place_id, asked, since, list(found), weights):
            score = likeness_of(reading, _noted(row), shares) + _nearness(row, area_id, category, point)
            if score >= threshold:
                found[row["complaint_id"]] = score
    best = sorted(found, key=lambda complaint_id: -found[complaint_id])[:FOUND_MAX]
    if not best:
        return []
    cards = {row["id"]: card(row, caller) for row in await reads.fetch(CARDS, *arguments(caller, secret), best)}
    return [cards[complaint_id] for complaint_id in best if complaint_id in cards]


def reading_of(row: Record) -> Reading:
    """Return a complaint as it is compared: as it was noted, or read anew where nothing is noted any more.

    The dictionary is to be ready.
    """
    return likeness.read(row["title"], row["body"]) if row["tokens"] is None else _noted(row)


async def rarity(reads: Reads, area_id: UUID, tokens: Sequence[str]) -> dict[str, float]:
    """Return in which share of all complaints each of these words stands, as far as the database knows."""
    return _shares(await reads.fetchrow(SURVEY, area_id, tokens))


def likeness_of(one: Reading, other: Reading, shares: dict[str, float]) -> float:
    """Return how alike two complaints are, from 0 to 1, with words weighed by how rare they are."""
    return likeness.score(one, other, lambda word: _weight(word, shares))


async def read_unread(connection: Connection, limit: int) -> int:
    """Note what complaints say that came in another way than by posting; return of how many."""
    rows = await connection.fetch(FIND_UNREAD, now() - LATELY, limit)
    for row in rows:
        await remember(connection, row["id"], row["area_id"], row["title"], row["body"])
    return len(rows)


async def forget_old(connection: Connection) -> int:
    """Drop the words of complaints that nobody would be offered any more; return of how many."""
    tag: str = await connection.execute(FORGET, now() - LATELY)
    return int(tag.rpartition(" ")[2])


def _telling(reading: Reading, shares: dict[str, float], complaints: float) -> list[str]:
    """Return the words to look for, as many as lead to no more complaints than can be compared."""
    title = set(reading.tokens[: reading.title_tokens])
    expected = 0.0
    chosen: list[str] = []
    for word in sorted(reading.tokens, key=lambda word: (word not in title, shares.get(word, 0.0)))[:ASKED_MAX]:
        expected += shares.get(word, UNKNOWN_SHARE) * complaints
        if expected <= EXPECTED_MAX:
            chosen.append(word)
    return chosen


def _weight(word: str, shares: dict[str, float]) -> float:
    return likeness.weight(shares.get(word, UNKNOWN_SHARE))


def _shares(survey: Record) -> dict[str, float]:
    return dict(tuple(pair) for pair in survey["shares"])


def _noted(row: Record) -> Reading:
    return Reading(row["beginning"], row["tokens"], row["title_tokens"])


def _nearness(row: Record, area_id: UUID, category: str | None, point: tuple[Decimal, Decimal] | None) -> float:
    """Return what place and topic add to the likeness of the words."""
    bonus = SAME_GRID if row["area_id"] == area_id else 0.0
    if category is not None and row["category"] == category:
        bonus += SAME_CATEGORY
    if point is not None and row["longitude"] is not None and _is_close(point, (row["longitude"], row["latitude"])):
        bonus += CLOSE_BY
    return bonus


def _is_close(one: Iterable[Decimal], other: Iterable[Decimal]) -> bool:
    return all(abs(ours - theirs) <= CLOSE_BY_DEGREES for ours, theirs in zip(one, other, strict=True))
