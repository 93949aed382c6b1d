"""The categories of complaints: everybody reads them, whoever administers a whole district changes them."""

from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from asyncpg import Connection

from app.core.db import Reads
from app.domain import words
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.schemas.complaint_topics import CategoryIn
from app.services import dictionary, transitions
from app.services.complaints.posting import FALLBACK_CATEGORY
from app.services.transitions import Mover

# A category is everybody's: whoever changes it administers a district and not a part of one.
LIST = """
    SELECT c.code, c.name, c.urgency, c.is_confidential, c.is_active, c.words, c.learned,
        EXISTS (SELECT FROM area a WHERE a.id = ANY ($1) AND a.parent_id IS NULL) AS may_change
    FROM complaint_category c ORDER BY c.position, c.code
"""
ADMINISTERS = "SELECT true FROM area WHERE id = ANY ($1) AND parent_id IS NULL LIMIT 1"
CHANGE = """
    UPDATE complaint_category SET name = $2, urgency = $3, words = $4, is_active = $5 WHERE code = $1 RETURNING code
"""


async def list_all(reads: Reads, caller: Caller | None) -> dict[str, Any]:
    """Return all categories in their order, with their words for whoever may change them."""
    rows = await reads.fetch(LIST, caller.scope(Role.ADMINISTRATOR) if caller else [])
    public = ("code", "name", "urgency", "is_confidential", "is_active")
    return {
        "items": [
            {name: row[name] for name in public}
            | {"actions": ["change"] if row["may_change"] else []}
            | ({"words": row["words"], "learned": row["learned"]} if row["may_change"] else {})
            for row in rows
        ]
    }


async def change(connection: Connection, caller: Caller, code: str, form: CategoryIn) -> dict[str, Any]:
    """Change a category; return it. Complaints that have it keep it, also when it is chosen no more.

    Its words are kept in the one form in which texts are read. Raises ``not-found``, ``not-allowed``,
    ``category-name-taken``, and ``category-needed`` for the one that takes what fits nowhere else.
    """
    if not await connection.fetchval(ADMINISTERS, caller.scope(Role.ADMINISTRATOR)):
        raise Problem("not-allowed")
    if code == FALLBACK_CATEGORY and not form.is_active:
        raise Problem("category-needed")
    await dictionary.ready()
    listed = list(dict.fromkeys(words.normalise(word) for word in form.words))
    if await connection.fetchval(CHANGE, code, form.name, form.urgency, listed, form.is_active) is None:
        raise Problem("not-found")
    state = "active" if form.is_active else "inactive"
    mover = Mover(Party.STAFF, caller.id)
    facts = {"code": code, "name": form.name, "urgency": form.urgency, "words": listed}
    await transitions.log(connection, "complaint_category", subject_id(code), "change", state, mover, facts=facts)
    changed = await list_all(connection, caller)
    return next(item for item in changed["items"] if item["code"] == code)


def subject_id(code: str) -> UUID:
    """Return under which id the events of a category stand, which has none but its code."""
    return uuid5(NAMESPACE_OID, f"complaint_category/{code}")
