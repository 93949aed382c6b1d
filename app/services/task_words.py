"""What tasks say, as it is searched: noted when they are made and edited, forgotten when they end."""

from uuid import UUID

from asyncpg import Connection

from app.domain import words
from app.services import dictionary

NOTE = """
    INSERT INTO task_text (task_id, tokens) VALUES ($1, $2)
    ON CONFLICT (task_id) DO UPDATE SET tokens = excluded.tokens
"""
NOTE_MANY = """
    INSERT INTO task_text (task_id, tokens) SELECT task_id, $2 FROM unnest($1::uuid[]) AS n (task_id)
    ON CONFLICT (task_id) DO UPDATE SET tokens = excluded.tokens
"""
FIND_UNREAD = """
    SELECT t.id, t.title, t.body, t.place, t.skills, w.body AS wish_body
    FROM task t LEFT JOIN wish w ON w.id = t.wish_id
    WHERE t.status IN ('draft', 'open') AND NOT EXISTS (SELECT FROM task_text x WHERE x.task_id = t.id)
    ORDER BY t.id LIMIT $1
"""
FORGET = """
    DELETE FROM task_text x USING task t WHERE t.id = x.task_id AND t.status NOT IN ('draft', 'open')
"""


async def note(connection: Connection, task_id: UUID, *texts: str | None) -> None:
    """Note what a task says, so that others find it, in place of what was noted before."""
    await connection.execute(NOTE, task_id, await tokens_of(" ".join(filter(None, texts))))


async def note_many(connection: Connection, task_ids: list[UUID], *texts: str | None) -> None:
    """Note what many tasks say that all say the same."""
    if task_ids:
        await connection.execute(NOTE_MANY, task_ids, await tokens_of(" ".join(filter(None, texts))))


async def tokens_of(text: str) -> list[str]:
    """Return the words of a text by which it is found, or which it asks for."""
    await dictionary.ready()
    return words.tokens_of(words.normalise(text))


async def read_unread(connection: Connection, limit: int) -> int:
    """Note what tasks say that came in another way than by being made; return of how many."""
    rows = await connection.fetch(FIND_UNREAD, limit)
    for row in rows:
        await note(connection, row["id"], row["title"], row["body"], row["wish_body"], row["place"], *row["skills"])
    return len(rows)


async def forget_ended(connection: Connection) -> int:
    """Drop the words of tasks that nobody can claim any more; return of how many."""
    tag: str = await connection.execute(FORGET)
    return int(tag.rpartition(" ")[2])
