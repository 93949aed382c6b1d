"""Messages to people in the app: told in the transaction of the change, listed, and marked as read.

Whoever tells something calls ``tell`` and nothing else; what rings a phone beside it is ordered from here too.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads
from app.domain import messages as wordings
from app.domain.caller import Caller
from app.domain.message_kinds import MessageKind
from app.services.pages import PageRequest, page

UNREAD_SHOWN_MAX = 100
"""So many unread ones are counted: beyond that a badge says 99+, and nothing has to be read through."""

# Nobody is told twice in one go, and a user who is blocked cannot open the app.
TELL = """
    INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
    SELECT uuid_v7(), u.id, $2, $3, $4, $5, $6, clock_timestamp()
    FROM "user" u WHERE u.id = ANY($1::uuid[]) AND NOT u.is_blocked ORDER BY u.id
"""
TELL_EACH = """
    INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
    SELECT uuid_v7(), u.id, $3, $4, told.subject_id, $5, $6, clock_timestamp()
    FROM unnest($1::uuid[], $2::uuid[]) AS told (user_id, subject_id) JOIN "user" u ON u.id = told.user_id
    WHERE NOT u.is_blocked ORDER BY u.id, told.subject_id
"""
TELL_FROM = """
    INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
    SELECT uuid_v7(), u.id, '{kind}', '{subject_kind}', told.subject_id, {title}, {body}, clock_timestamp()
    FROM ({source}) AS told JOIN "user" u ON u.id = told.user_id WHERE NOT u.is_blocked
"""
LIST = """
    SELECT id, kind, subject_kind, subject_id, title, body, created_at, read_at
    FROM message WHERE user_id = $1 AND id < $2 AND (NOT $3 OR read_at IS NULL) ORDER BY id DESC LIMIT $4
"""
COUNT_UNREAD = f"""
    SELECT count(*)::int FROM (
        SELECT FROM message WHERE user_id = $1 AND read_at IS NULL LIMIT {UNREAD_SHOWN_MAX}
    ) AS unread
"""
# The last one that was seen may be any of the user's own; what came after it stays unread.
READ = """
    UPDATE message SET read_at = clock_timestamp()
    WHERE user_id = $1 AND read_at IS NULL AND (id = ANY($2::uuid[]) OR id <= $3::uuid)
"""


async def tell(
    connection: Connection, user_ids: Sequence[UUID], kind: MessageKind, subject_id: UUID, **words: str
) -> None:
    """Tell people something about one thing, all of them in one statement, as part of the transaction of the change.

    ``words`` stand in the places of the text; nothing that is private to anybody belongs there (I12).
    """
    wording = wordings.word(kind, words)
    await connection.execute(TELL, user_ids, kind, wording.subject_kind, subject_id, wording.title, wording.body)


async def tell_each(connection: Connection, told: Sequence[tuple[UUID, UUID]], kind: MessageKind, **words: str) -> None:
    """Tell people the same, each about a thing of their own: ``told`` are users and those things. As ``tell``."""
    wording = wordings.word(kind, words)
    user_ids, subject_ids = [user_id for user_id, _ in told], [subject_id for _, subject_id in told]
    await connection.execute(TELL_EACH, user_ids, subject_ids, kind, wording.subject_kind, wording.title, wording.body)


def tell_sql(kind: MessageKind, source: str, **words: str) -> str:
    """Return the INSERT that tells each row of ``source`` something, for a statement that decides and tells in one go.

    ``source`` is a SELECT of ``user_id`` and ``subject_id``, and ``words`` are expressions of type text over it, which
    is ``told`` there. As ``tell``.
    """
    wording = wordings.word_in_sql(kind, words)
    return TELL_FROM.format(
        kind=kind, subject_kind=wording.subject_kind, title=wording.title, body=wording.body, source=source
    )


async def list_own(reads: Reads, caller: Caller, request: PageRequest, *, unread: bool) -> dict[str, Any]:
    """Return what the caller was told, newest first, or of that what they have not read."""
    filters = ("messages", unread)
    rows = await reads.fetch(LIST, caller.id, request.below(*filters), unread, request.rows)
    return page(rows, request, _view, *filters)


async def count_unread(reads: Reads, caller: Caller) -> dict[str, Any]:
    """Return how many messages the caller has not read, at most ``UNREAD_SHOWN_MAX``."""
    unread = await reads.fetchval(COUNT_UNREAD, caller.id)
    return {"unread": unread, "actions": ["read"] if unread else []}


async def read(
    connection: Connection, caller: Caller, message_ids: Sequence[UUID] | None, up_to_id: UUID | None
) -> dict[str, Any]:
    """Mark these of the caller's messages as read, or all up to one; return what is left. Others' are left alone."""
    await connection.execute(READ, caller.id, message_ids or [], up_to_id)
    return await count_unread(connection, caller)


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "kind", "title", "body", "created_at", "read_at")
    return {
        **{name: row[name] for name in kept},
        "subject": {
            "kind": row["subject_kind"],
            "id": row["subject_id"],
            "path": wordings.path_of(row["subject_kind"], row["subject_id"]),
        },
        "actions": [] if row["read_at"] else ["read"],
    }
