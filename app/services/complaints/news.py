"""Telling people what becomes of their complaints, so that no table says whose a complaint is (I9).

A message names neither the complaint nor its number, and is not written when the complaint changes: by their times the
two would be found to belong together. The change leaves a note, in its own transaction; a sweep every ten minutes tells
all that was noted in one go.
"""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.kinds import ComplaintPart
from app.domain.message_kinds import MessageKind
from app.services import complainants, messages

NOTE = "INSERT INTO complaint_news (id, complaint_id, kind) VALUES ($1, $2, $3)"
# Two workers never have the same ones: whoever comes second waits and finds them gone.
TAKE = """
    DELETE FROM complaint_news WHERE id IN (SELECT id FROM complaint_news ORDER BY id LIMIT $1 FOR UPDATE)
    RETURNING id, complaint_id, kind
"""
TOLD_TO_JOINERS = frozenset({MessageKind.OWN_COMPLAINT_ANSWERED})
"""What those are told as well who said "me too"."""


async def note(connection: Connection, complaint_id: UUID, kind: MessageKind) -> None:
    """Leave a note that the people of a complaint are to be told something, as part of the change."""
    await connection.execute(NOTE, new_id(), complaint_id, kind)


async def tell(connection: Connection, secret: str, limit: int) -> int:
    """Tell the people of complaints what became of them, up to ``limit`` notes; return of how many.

    Told once: the note goes in the same transaction. Who complained without the app is told by staff.
    """
    rows = sorted(await connection.fetch(TAKE, limit), key=lambda row: row["id"])
    people = await complainants.find_users(connection, secret, [row["complaint_id"] for row in rows])
    told: dict[MessageKind, list[UUID]] = {}
    for row in rows:
        kind = MessageKind(row["kind"])
        for part, user_id in people.get(row["complaint_id"], ()):
            if part == ComplaintPart.AUTHOR or kind in TOLD_TO_JOINERS:
                told.setdefault(kind, []).append(user_id)
    for kind, users in told.items():
        # About their own complaints, whichever: the subject is they themselves.
        await messages.tell_each(connection, [(user_id, user_id) for user_id in users], kind)
    return len(rows)
