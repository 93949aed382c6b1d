"""Proposing where a complaint belongs: its category and the unit that the area's rules name, with the reason.

The words that speak for a category are data of administrators; what staff have dealt with under a category adds to
them (``sorting``). Nothing is decided here: people choose, and staff correct.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.clock import now
from app.core.db import Reads
from app.domain import sorting, words
from app.domain.errors import Problem
from app.domain.kinds import Urgency
from app.domain.sorting import Learned
from app.domain.topics import LIFE_AND_PROPERTY
from app.services import dictionary, handling_rules

LISTS = """
    SELECT c.code, c.name, c.words, c.learned, EXISTS (SELECT FROM area WHERE id = $2) AS has_area, ARRAY(
        SELECT (w.word, w.complaints) FROM category_word w WHERE w.category = c.code AND w.word = ANY ($1)
    ) AS seen
    FROM complaint_category c WHERE c.is_active ORDER BY c.position, c.code
"""
UNIT_NAME = "SELECT name FROM unit WHERE id = $1"
# A complaint counts under the category that it has once staff have taken it up; corrected later, it moves over.
LEARN = """
    WITH due AS (
        SELECT t.complaint_id, t.tokens, t.learned_as, c.category FROM complaint_text t
        JOIN complaint c ON c.id = t.complaint_id
        WHERE t.learned_as IS DISTINCT FROM c.category AND c.status IN ('accepted', 'waiting', 'answered', 'closed')
        ORDER BY t.complaint_id LIMIT $1 FOR UPDATE OF t SKIP LOCKED
    ), turned AS (
        SELECT category, tokens, 1 AS step FROM due
        UNION ALL SELECT learned_as, tokens, -1 FROM due WHERE learned_as IS NOT NULL
    ), counted AS (
        SELECT category, word, sum(step)::int AS step FROM turned, unnest(tokens) AS word GROUP BY category, word
    ), noted AS (
        INSERT INTO category_word AS known (category, word, complaints)
        SELECT category, word, step FROM counted WHERE step > 0 ORDER BY category, word
        ON CONFLICT (category, word) DO UPDATE SET complaints = known.complaints + excluded.complaints
    ), moved AS (
        UPDATE category_word known SET complaints = known.complaints + c.step FROM counted c
        WHERE c.step < 0 AND known.category = c.category AND known.word = c.word
    ), totals AS (
        UPDATE complaint_category c SET learned = c.learned + t.step
        FROM (SELECT category, sum(step)::int AS step FROM turned GROUP BY category) AS t WHERE t.category = c.code
    )
    UPDATE complaint_text t SET learned_as = due.category FROM due WHERE t.complaint_id = due.complaint_id
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where a complaint would go, and the words that say so; ``category`` is None where nothing speaks for any."""

    category: str | None
    name: str | None
    urgency: Urgency | None
    unit_id: UUID | None
    words: tuple[str, ...]


async def propose(reads: Reads, area_id: UUID, title: str, body: str) -> Proposal:
    """Return the category that the words of a complaint speak for, among those that can be chosen.

    Urgency and unit are what the rules of the area say of it; what endangers life cannot wait whatever they say.
    Raises ``area-unknown``.
    """
    await dictionary.ready()
    title, body = words.normalise(title), words.normalise(body)
    tokens = words.tokens_of(f"{title} {body}")
    rows = {row["code"]: row for row in await reads.fetch(LISTS, tokens, area_id)}
    if not all(row["has_area"] for row in rows.values()):
        raise Problem("area-unknown")
    learned = Learned(
        {(code, word): complaints for code, row in rows.items() for word, complaints in row["seen"]},
        {code: row["learned"] for code, row in rows.items()},
    )
    choice = sorting.choose(title, body, tokens, {code: row["words"] for code, row in rows.items()}, learned)
    if choice.category is None:
        return Proposal(None, None, None, None, ())
    chosen = rows[choice.category]
    cannot_wait = any(word in f"{title} {body}" for word in LIFE_AND_PROPERTY)
    urgency = Urgency.CRITICAL if cannot_wait else None
    rules = await handling_rules.find(reads, area_id, choice.category, now(), urgency)
    return Proposal(choice.category, chosen["name"], rules.urgency, rules.unit_id, choice.words)


async def view(reads: Reads, proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as an answer has it."""
    unit_name = None if proposal.unit_id is None else await reads.fetchval(UNIT_NAME, proposal.unit_id)
    return {
        "category": proposal.category and {"code": proposal.category, "name": proposal.name},
        "urgency": proposal.urgency,
        "unit": proposal.unit_id and {"id": proposal.unit_id, "name": unit_name},
        "words": proposal.words,
    }


async def learn(connection: Connection, limit: int) -> int:
    """Count the words of complaints under the categories that staff left them in; return of how many complaints."""
    tag: str = await connection.execute(LEARN, limit)
    return int(tag.rpartition(" ")[2])
